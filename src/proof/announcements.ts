import type { Plan } from '../plan/types.ts';

/** Somebody tells a whole network, unasked, at which MAC address an address is to be found. */
export interface Announcement {
  /** Milliseconds since 1970. */
  time: number;
  address: string;
  mac: string;
}

/** What a capture of announcements lets through. */
export const ANNOUNCEMENTS = 'arp or (icmp6 and ip6[40] == 136)';

/** Reads a line of `tcpdump -tt -e -n`; undefined where it is no announcement. */
export function readAnnouncement(line: string): Announcement | undefined {
  const [, time = '', mac = ''] = /^(\d+\.\d+) ([0-9a-f:]{17}) > /.exec(line) ?? [];
  // Gratuitous ARP (RFC 5227) is a request for the sender's own address, or a reply to nobody.
  const [, asked, teller] = /Request who-has (\S+?)(?: \([0-9a-f:]+\))? tell (\S+?),/.exec(line) ?? [];
  const [, told] = / > ff:ff:ff:ff:ff:ff,.* Reply (\S+) is-at/.exec(line) ?? [];
  // To all nodes: nobody had asked (RFC 4861, 7.2.6).
  const [, advertised] = / > ff02::1: .*neighbor advertisement.* tgt is ([0-9a-f:]+)/.exec(line) ?? [];
  const address = asked !== undefined && asked === teller ? asked : (told ?? advertised);
  return address === undefined ? undefined : { time: Number(time) * 1000, address, mac };
}

/** Whose interface has a MAC address, as `director2 eth0`; the address itself where nobody's has. */
export function ownerOf({ nodes }: Plan, mac: string): string {
  for (const node of nodes)
    for (const own of node.interfaces) if (own.mac === mac) return `${node.name} ${own.name}`;
  return mac;
}
