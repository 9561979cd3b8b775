import * as z from 'zod/mini';
import type { PlannedNode } from '../plan/types.ts';

export const settingsSchema = z.record(z.string(), z.string());
/** Sysctls by name. */
export type Settings = z.infer<typeof settingsSchema>;

/** Sysctls that decide where packets go, and that students set; the plan's own are looked at beside these. */
const DEVICE_SETTINGS = [
  'accept_local',
  'accept_redirects',
  'arp_accept',
  'arp_announce',
  'arp_filter',
  'arp_ignore',
  'forwarding',
  'proxy_arp',
  'route_localnet',
  'rp_filter',
  'send_redirects',
];
const NODE_SETTINGS = [
  'net/ipv4/icmp_echo_ignore_all',
  'net/ipv4/ip_forward',
  'net/ipv4/ip_no_pmtu_disc',
  'net/ipv4/ip_nonlocal_bind',
  'net/ipv4/tcp_mtu_probing',
  'net/ipv6/conf/*/disable_ipv6',
  'net/ipv6/conf/*/forwarding',
];
const IPVS_SETTINGS = 'net/ipv4/vs/*';

/** Words of a shell command that prints a node's settings, for `readSettings`. */
export function settingsCommand(node: PlannedNode): string {
  const planned = node.steps.flatMap((s) => (s.kind === 'sysctl' ? [s.key.replaceAll('.', '/')] : []));
  const files = [
    ...NODE_SETTINGS,
    ...DEVICE_SETTINGS.map((name) => `net/ipv4/conf/*/${name}`),
    ...(node.role === 'director' ? [IPVS_SETTINGS] : []),
    ...planned.filter((path) => !NODE_SETTINGS.includes(path) && !/^net\/ipv4\/(conf|vs)\//.test(path)),
  ];
  const device = planned.filter(
    (path) => /^net\/ipv4\/conf\//.test(path) && !DEVICE_SETTINGS.includes(path.split('/').at(-1) ?? ''),
  );
  // `-H` names the file even where there is but one.
  return `grep -sH . ${[...new Set([...files, ...device])].map((path) => `/proc/sys/${path}`).join(' ')}`;
}

/** Reads what the command printed. */
export function readSettings(output: string): Settings {
  return Object.fromEntries(
    output.split('\n').flatMap((row) => {
      const [, path = '', value = ''] = /^\/proc\/sys\/([^:]+):(.*)$/.exec(row) ?? [];
      return path === '' ? [] : [[path.replaceAll('/', '.'), settingValue(value)]];
    }),
  );
}

/** The kernel separates several numbers of one setting by tabs, people by spaces. */
export function settingValue(value: string): string {
  return value.trim().split(/\s+/).join(' ');
}
