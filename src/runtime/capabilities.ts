/**
 * Capabilities that a node's root keeps: Docker's default set without MKNOD, and NET_ADMIN for ip, ipvsadm and tc.
 * Without SYS_ADMIN it cannot mount, so neither reach the host's files by hostfs nor undo what is mounted read-only.
 * Numbers: linux/capability.h.
 */
export const NODE_CAPABILITIES = {
  chown: 0,
  dac_override: 1,
  fowner: 3,
  fsetid: 4,
  kill: 5,
  setgid: 6,
  setuid: 7,
  setpcap: 8,
  net_bind_service: 10,
  net_admin: 12,
  net_raw: 13,
  sys_chroot: 18,
  audit_write: 29,
  setfcap: 31,
} as const;
