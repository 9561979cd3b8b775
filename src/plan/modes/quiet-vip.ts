import type { Step } from '../types.ts';

/**
 * The VIP on a real server that must not answer ARP for it. The sysctls come first: set after the address, they
 * leave a window in which the neighbours learn the wrong MAC. The prefix is 32 because a shorter one on `lo` would
 * make the whole subnet local.
 */
export function quietVip(vip: string, device: string): Step[] {
  return [
    { kind: 'sysctl', key: 'net.ipv4.conf.all.arp_ignore', value: '1' },
    { kind: 'sysctl', key: 'net.ipv4.conf.all.arp_announce', value: '2' },
    { kind: 'address', device, address: vip, prefix: 32 },
  ];
}
