import type { Difference } from '../drift/compare.ts';
import type { FoundFact } from '../drift/facts.ts';
import type { PacketFilter } from './filters.ts';

/** What was read of a node where a packet was lost. */
export interface NodeLook {
  node: string;
  facts: FoundFact[];
  /** What of it is not as the plan says. */
  differences: Difference[];
  /** What drops packets: rules of tc and of netfilter. */
  filters: PacketFilter[];
  /** Undefined where they could not be read. */
  sockets: Socket[] | undefined;
  /** The kernel's own answers about routes, by the question's arguments. */
  routes: Map<string, RouteAnswer>;
}

/** Something that listens. */
export interface Socket {
  protocol: 'tcp' | 'udp';
  /** `0.0.0.0`, `::` or `*` for every one. */
  address: string;
  port: number;
}

/** What `ip route get` says. */
export interface RouteAnswer {
  /** Absent where there is no route: then the kernel's words are in `error`. */
  device?: string;
  gateway?: string;
  /** `local`, `unreachable` … of all that is not plain. */
  type?: string;
  error?: string;
}

/** A sysctl's value; undefined where the node has none of that name. */
export function sysctl({ facts }: NodeLook, name: string): string | undefined {
  return facts.find((f) => f.kind === 'sysctl' && f.name === name)?.attributes['value'];
}

/** A setting of IPv4 that each interface has, and `all` as well, with the name of the one that decides. */
export interface Effective {
  name: string;
  value: number;
}

/** The larger one counts, as of rp_filter, arp_ignore and arp_announce (kernel, ip-sysctl.rst). */
export function larger(state: NodeLook, setting: string, device: string): Effective | undefined {
  const values = ['all', device].flatMap((where): Effective[] => {
    const name = `net.ipv4.conf.${where}.${setting}`;
    const value = sysctl(state, name);
    return value === undefined ? [] : [{ name, value: Number(value) }];
  });
  return values.reduce<Effective | undefined>(
    (most, one) => (most === undefined || one.value > most.value ? one : most),
    undefined,
  );
}

/** Devices on which an address is, each with the prefix. */
export function devicesWith({ facts }: NodeLook, address: string): { device: string; prefix: string }[] {
  return facts.flatMap(({ kind, name }) => {
    const [, own = '', prefix = '', device = ''] = /^(\S+)\/(\d+) on (\S+)$/.exec(name) ?? [];
    return kind === 'address' && own === address ? [{ device, prefix }] : [];
  });
}

/** A network interface; undefined where there is none of that name. */
export function linkOf({ facts }: NodeLook, device: string): FoundFact | undefined {
  return facts.find((f) => f.kind === 'link' && f.name === device);
}

/** Whether links, addresses and sysctls could be read at all. */
export function wasRead({ facts }: NodeLook): boolean {
  return facts.some((f) => f.kind === 'link') && facts.some((f) => f.kind === 'sysctl');
}
