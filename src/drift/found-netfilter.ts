import type { MarkStep, Step } from '../plan/steps.ts';
import type { FoundFact } from './facts.ts';
import { markName } from './fact-names.ts';
import { plannedMark } from './planned-mark.ts';

/** What a rule of netfilter gives a mark to as it comes in; what a rule does not say is any. */
interface NetfilterMark {
  device?: string;
  destination?: string;
  protocol?: string;
  /** First and last. */
  ports?: [number, number][];
  mark: number;
}

/** What reads each program's rules: `iptables-save -t mangle`, that of ip6tables, and `nft -j list ruleset`. */
const READERS = { iptables: iptablesMarks, ip6tables: iptablesMarks, nft: nftMarks };
export const NETFILTER_PROGRAMS = ['iptables', 'ip6tables', 'nft'] as const;

/**
 * The planned marks that packets get by iptables or nft: to a director they are as good as those of tc. Rules that say
 * more than devices, VIPs and ports are passed over: what they do to a service's packets is the traffic's to tell.
 * @param text what the program prints
 * @throws Error where that is nothing that it prints
 */
export function netfilterMarkFacts(
  steps: Step[],
  program: (typeof NETFILTER_PROGRAMS)[number],
  text: string,
): FoundFact[] {
  const rules = READERS[program](text);
  return steps.flatMap((step): FoundFact[] =>
    step.kind === 'mark' && rules.some((rule) => does(rule, step))
      ? [{ kind: 'mark', name: markName(step.device, step.rule), attributes: plannedMark(step), remove: [] }]
      : [],
  );
}

function does(rule: NetfilterMark, { device, vip, protocol, port, mark }: MarkStep): boolean {
  return (
    rule.mark === mark &&
    (rule.device ?? device) === device &&
    (rule.destination ?? vip) === vip &&
    (rule.protocol ?? protocol) === protocol &&
    (rule.ports ?? [[port, port]]).some(([first, last]) => first <= port && port <= last)
  );
}

/** `-A PREROUTING -d 192.0.2.100/32 -p tcp -m multiport --dports 80,443 -j MARK --set-xmark 0x1/0xffffffff` */
function iptablesMarks(text: string): NetfilterMark[] {
  return text.split('\n').flatMap((line): NetfilterMark[] => {
    const [, rule = '', mark] =
      /^-A PREROUTING(.*) -j MARK --set-xmark 0x([0-9a-f]+)\/0xffffffff$/.exec(line) ?? [];
    const words = new Map<string, string>();
    // Pairs of an option and its value, whatever a comment says left out; a `!` is no such pair.
    const rest = rule
      .replace(/--comment ("(?:[^"\\]|\\.)*"|\S+)/, '')
      .replaceAll(/(-\S+) ([^-\s!]\S*)/g, (_, option: string, value: string) => {
        words.set(option, value);
        return '';
      });
    const known = ['-d', '-p', '-i', '-m', '--dport', '--dports'];
    const matches = Array.from(rule.matchAll(/-m (\S+)/g), ([, name = '']) => name);
    if (mark === undefined || rest.trim() !== '' || [...words.keys()].some((word) => !known.includes(word)))
      return [];
    if (matches.some((name) => !['tcp', 'udp', 'multiport', 'comment'].includes(name))) return [];
    const ports = words.get('--dports') ?? words.get('--dport');
    return [
      {
        ...given('device', words.get('-i')),
        ...given('destination', words.get('-d')?.replace(/\/(32|128)$/, '')),
        ...given('protocol', words.get('-p')),
        ...given(
          'ports',
          ports?.split(',').map((range): [number, number] => {
            const [first, last = first] = range.split(':').map(Number);
            return [first ?? 0, last ?? 0];
          }),
        ),
        mark: parseInt(mark, 16),
      },
    ];
  });
}

function given<K extends keyof NetfilterMark>(
  key: K,
  value: NetfilterMark[K] | undefined,
): Pick<NetfilterMark, K> | object {
  return value === undefined ? {} : { [key]: value };
}

/** An object of `nft -j list ruleset`; libnftables-json(5). */
interface NftObject {
  chain?: { family: string; table: string; name: string; hook?: string };
  rule?: { family: string; table: string; chain: string; expr?: NftExpression[] };
}
interface NftExpression {
  counter?: unknown;
  match?: { op: string; left: NftOperand; right: unknown };
  mangle?: { key: NftOperand; value: unknown };
  [other: string]: unknown;
}
interface NftOperand {
  payload?: { protocol: string; field: string };
  meta?: { key: string };
}

function nftMarks(text: string): NetfilterMark[] {
  if (text.trim() === '') return [];
  const objects = (JSON.parse(text) as { nftables?: NftObject[] }).nftables ?? [];
  const placed = (o: { family: string; table: string }, chain: string) => `${o.family} ${o.table} ${chain}`;
  const hooked = new Set(
    objects.flatMap(({ chain }) => (chain?.hook === 'prerouting' ? [placed(chain, chain.name)] : [])),
  );
  return objects.flatMap(({ rule }) =>
    rule !== undefined && hooked.has(placed(rule, rule.chain)) ? (nftMark(rule.expr ?? []) ?? []) : [],
  );
}

/** Undefined for a rule that sets no mark, or looks at what is not understood here. */
function nftMark(expressions: NftExpression[]): NetfilterMark | undefined {
  const found: Partial<NetfilterMark> = {};
  for (const { counter, match, mangle } of expressions) {
    if (counter !== undefined) continue;
    if (mangle?.key.meta?.key === 'mark' && typeof mangle.value === 'number') found.mark = mangle.value;
    else if (match?.op !== '==') return undefined;
    else {
      const { left, right } = match;
      const field = left.payload === undefined ? left.meta?.key : left.payload.field;
      if (field === 'dport') {
        found.protocol = left.payload?.protocol ?? '';
        found.ports = portsOf(right);
      } else if (typeof right !== 'string') return undefined;
      else if (field === 'daddr') found.destination = right;
      else if (field === 'iifname' || field === 'iif') found.device = right;
      else if (field === 'l4proto' || field === 'protocol' || field === 'nexthdr') found.protocol = right;
      else return undefined;
    }
  }
  const { mark } = found;
  return mark === undefined ? undefined : { ...found, mark };
}

/** A port, a range, or a set of both. */
function portsOf(right: unknown): [number, number][] {
  if (typeof right === 'number') return [[right, right]];
  const { set, range } = (right ?? {}) as { set?: unknown[]; range?: [number, number] };
  return range !== undefined ? [range] : (set ?? []).flatMap(portsOf);
}
