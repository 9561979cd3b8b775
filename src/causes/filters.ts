import { addressFamily, hostPrefix, inNetwork } from '../plan/addresses.ts';
import { transportOf, type Ip, type Packet } from '../proof/packet.ts';

/** A rule that drops packets, or a queue that loses them. */
export interface PacketFilter {
  /** Where it stands: with tc `in` or `out` of a device; with netfilter the chain. */
  at: { hook: 'in' | 'out'; device: string } | { hook: Chain };
  /** How a person names it: `tc filter on eth0 ingress (dst_port 80)`. */
  text: string;
  /** What packets must be like, as far as it is understood. */
  match: Match;
  /** Packets that it has dropped; undefined where it does not count. */
  dropped: number | undefined;
}

export type Chain = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';

export interface Match {
  /** Of tc: the kind of packet, `ip`, `ipv6`, `arp` or `all`. */
  ether?: string;
  protocol?: string;
  source?: string;
  destination?: string;
  sourcePort?: string;
  destinationPort?: string;
  in?: string;
  out?: string;
}

/** Numbers of protocols that rules name by words. */
const PROTOCOLS: Record<string, number> = {
  icmp: 1,
  ipip: 4,
  ipencap: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  gre: 47,
  icmpv6: 58,
  'ipv6-icmp': 58,
};

/** A rule of tc, as `tc -s -json filter show` has it. */
interface TcRule {
  protocol?: string;
  kind: string;
  options?: {
    keys?: Record<string, string | number>;
    match?: { value: string; mask: string; off: number };
    actions?: { kind: string; control_action?: { type?: string }; stats?: { packets?: number } }[];
  };
}

/** What drops packets among the rules of one device. */
export function tcFilters(hook: 'in' | 'out', device: string, text: string): PacketFilter[] {
  const rules = text.trim() === '' ? [] : (JSON.parse(text) as TcRule[]);
  return rules.flatMap(({ kind, options, protocol }): PacketFilter[] => {
    const drop = options?.actions?.find(
      (a) => ['drop', 'shot', 'stolen'].includes(a.control_action?.type ?? '') && a.kind !== 'skbedit',
    );
    if (options === undefined || drop === undefined) return [];
    const keys = Object.entries(options.keys ?? {}).filter(([key]) => key !== 'eth_type');
    const words = [
      ...(protocol === undefined || protocol === 'all' ? [] : [protocol]),
      ...keys.map(([key, value]) => `${key} ${value}`),
      ...(options.match === undefined ? [] : [`match ${options.match.value} at ${options.match.off}`]),
    ];
    const of = (name: string) => keys.find(([key]) => key === name)?.[1]?.toString();
    const dropped = drop.stats?.packets;
    return [
      {
        at: { hook, device },
        text: `a tc filter on ${device} ${hook === 'in' ? 'ingress' : 'egress'} (${[kind, ...words].join(' ')}) drops it`,
        match: {
          ...named('ether', protocol),
          ...named('protocol', of('ip_proto')),
          ...named('source', of('src_ip')),
          ...named('destination', of('dst_ip')),
          ...named('sourcePort', of('src_port')),
          ...named('destinationPort', of('dst_port')),
        },
        dropped,
      },
    ];
  });
}

function named<K extends keyof Match>(key: K, value: string | undefined): Pick<Match, K> | object {
  return value === undefined ? {} : { [key]: value };
}

/** What drops or refuses packets among the rules that `iptables-save -c` prints. */
export function netfilterRules(text: string): PacketFilter[] {
  let table = '';
  return text.split('\n').flatMap((line): PacketFilter[] => {
    table = /^\*(\S+)/.exec(line)?.[1] ?? table;
    const [, chain = '', policy, count] = /^:(\S+) (\S+) \[(\d+):\d+\]/.exec(line) ?? [];
    if (policy === 'DROP' && isChain(chain))
      return [
        {
          at: { hook: chain },
          text: `the policy of ${table} ${chain} is DROP`,
          match: {},
          dropped: Number(count),
        },
      ];
    const [, packets, own = '', rule = ''] = /^\[(\d+):\d+\] -A (\S+) (.*)$/.exec(line) ?? [];
    if (packets === undefined || !/ ?-j (DROP|REJECT)\b/.test(` ${rule}`) || !isChain(own)) return [];
    const word = (option: string) => new RegExp(`(?:^|[^!] )${option} (\\S+)`).exec(rule)?.[1];
    return [
      {
        at: { hook: own },
        text: `${table} ${own} drops it: ${rule}`,
        match: {
          ...named('protocol', word('-p')),
          ...named('source', word('-s')),
          ...named('destination', word('-d')),
          ...named('sourcePort', word('--sport')),
          ...named('destinationPort', word('--dport')),
          ...named('in', word('-i')),
          ...named('out', word('-o')),
        },
        dropped: Number(packets),
      },
    ];
  });
}

function isChain(name: string): name is Chain {
  return ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'].includes(name);
}

/** What of this `nft -j list ruleset` drops: policies and rules, with their counters where they have one. */
export function nftRules(text: string): PacketFilter[] {
  const { nftables = [] } = JSON.parse(text) as { nftables?: Record<string, NftObject>[] };
  const chains = nftables.flatMap(({ chain }) => (chain?.hook === undefined ? [] : [chain]));
  const hookOf = (hook: string | undefined): Chain | undefined => {
    const name = hook?.toUpperCase() ?? '';
    return isChain(name) ? name : undefined;
  };
  const policies = chains.flatMap((chain): PacketFilter[] => {
    const hook = hookOf(chain.hook);
    return chain.policy === 'drop' && hook !== undefined
      ? [
          {
            at: { hook },
            text: `the policy of nft chain ${chain.table ?? ''} ${chain.name ?? ''} is drop`,
            match: {},
            dropped: undefined,
          },
        ]
      : [];
  });
  const rules = nftables.flatMap(({ rule }): PacketFilter[] => {
    const chain = chains.find((c) => c.name === rule?.chain && c.table === rule?.table);
    const hook = hookOf(chain?.hook);
    const parts = rule?.expr ?? [];
    if (rule === undefined || hook === undefined || !parts.some((e) => 'drop' in e || 'reject' in e))
      return [];
    const counter = parts.flatMap((e) => ('counter' in e ? [e['counter'] as { packets?: number }] : []))[0];
    return [
      {
        at: { hook },
        text: `a rule of nft chain ${rule.table ?? ''} ${rule.chain ?? ''} (handle ${rule.handle ?? '?'}) drops it`,
        match: {},
        dropped: counter?.packets,
      },
    ];
  });
  return [...rules, ...policies];
}

interface NftObject {
  name?: string;
  table?: string;
  chain?: string;
  hook?: string;
  policy?: string;
  handle?: number;
  expr?: Record<string, unknown>[];
}

/** Whether a rule is about a packet; what of it is not understood, might be. */
export function matches({ match, at }: PacketFilter, packet: Packet | undefined): boolean {
  // Chains of netfilter see what is inside a tunnel only after it is taken off, and that is the packet in question.
  const ip = at.hook === 'in' || at.hook === 'out' ? packet?.ip : innermostOf(packet?.ip);
  if (ip === undefined) return false;
  const ports = transportOf(ip);
  return (
    [undefined, 'all', ip.version === 4 ? 'ip' : 'ipv6'].includes(match.ether) &&
    isProtocol(match.protocol, ip.protocol) &&
    isWithin(match.source, ip.source) &&
    isWithin(match.destination, ip.destination) &&
    isPort(match.sourcePort, ports?.source) &&
    isPort(match.destinationPort, ports?.destination)
  );
}

function innermostOf(ip: Ip | undefined): Ip | undefined {
  return ip?.inner === undefined ? ip : innermostOf(ip.inner);
}

function isProtocol(wanted: string | undefined, is: number): boolean {
  return wanted === undefined || (PROTOCOLS[wanted] ?? Number(wanted)) === is;
}

function isPort(wanted: string | undefined, is: number | undefined): boolean {
  if (wanted === undefined) return true;
  const [from = '', to = from] = wanted.split(/[:-]/);
  return is !== undefined && Number(from) <= is && is <= Number(to);
}

function isWithin(wanted: string | undefined, is: string): boolean {
  if (wanted === undefined) return true;
  const [address = '', prefix] = wanted.split('/');
  const subnet = `${address}/${prefix ?? hostPrefix(address)}`;
  return addressFamily(address) === addressFamily(is) && inNetwork({ subnets: [subnet] }, is);
}
