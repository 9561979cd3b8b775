import { addressFamily, hostPrefix } from '../addresses.ts';
import type { Step } from '../steps.ts';

/**
 * The VIP on a real server that must not answer for it to its neighbours.
 *
 * IPv4: the sysctls come first: set after the address, they leave a window in which the neighbours learn the wrong
 * MAC. The prefix is 32 because a shorter one on `lo` would make the whole subnet local.
 *
 * IPv6 has no such sysctls and needs none: the kernel answers a neighbour solicitation only for an address of the
 * interface that it came in by (ndisc_recv_ns), and asks with an address of the interface that it goes out by
 * (ndisc_solicit). It is on `lo` in every mode, because an interface that goes down loses its IPv6 addresses.
 */
export function quietVip(vip: string, device: string): Step[] {
  if (addressFamily(vip) === 6)
    return [{ kind: 'address', device: 'lo', address: vip, prefix: hostPrefix(vip) }];
  return [
    { kind: 'sysctl', key: 'net.ipv4.conf.all.arp_ignore', value: '1' },
    { kind: 'sysctl', key: 'net.ipv4.conf.all.arp_announce', value: '2' },
    { kind: 'address', device, address: vip, prefix: hostPrefix(vip) },
  ];
}
