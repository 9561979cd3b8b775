/** Prints the packet filters of the network that it runs in, with counters, and whether bridged packets meet them. */
export const RULES_SCRIPT = `
echo '== iptables'; iptables-nft-save -c
echo '== iptables-legacy'; iptables-legacy-save -c
echo '== nft'; nft -a list ruleset
echo '== bridged'; cat /proc/sys/net/bridge/bridge-nf-call-iptables
true`;

/** A rule or policy, and how many packets it has seen. */
interface Row {
  rule: string;
  packets: number;
}

/**
 * Rules and policies whose counters rose between two dumps by what was eaten, and that end a packet's way or rewrite it.
 * @param before what RULES_SCRIPT printed, or `iptables-save -c`
 * @param packets that each of them has seen at least
 * @param flows that one which rewrites has seen at least: it sees the first packet of each alone; absent: nothing was
 * rewritten
 */
export function rulesThatCounted(before: string, after: string, packets: number, flows?: number): string[] {
  const counts = new Map(countedRows(before).map((row) => [row.rule, row.packets]));
  const rose = countedRows(after).map(({ rule, packets: now }) => ({
    rule,
    by: now - (counts.get(rule) ?? 0),
  }));
  return rose
    .filter(
      ({ rule, by }) =>
        (/ -j (DROP|REJECT)\b| policy DROP|^nftables .*\b(drop|reject)\b/.test(rule) &&
          by >= Math.max(packets, 1)) ||
        (/ -j (MASQUERADE|SNAT|DNAT|REDIRECT|NETMAP)\b|^nftables .*\b(masquerade|snat|dnat|redirect)\b/.test(
          rule,
        ) &&
          flows !== undefined &&
          by >= flows),
    )
    .map(({ rule }) => rule);
}

function countedRows(dump: string): Row[] {
  const parts = sections(dump);
  return [
    ...iptablesRows('iptables', parts.get('iptables') ?? ''),
    ...iptablesRows('iptables-legacy', parts.get('iptables-legacy') ?? ''),
    ...nftChains(dump).flatMap(({ place, rules }) =>
      rules.flatMap((rule) => {
        const packets = /\bcounter packets (\d+) bytes \d+/.exec(rule)?.[1];
        return packets === undefined
          ? []
          : [
              {
                rule: `nftables ${place}: ${rule.replace(/ bytes \d+| packets \d+/g, '')}`,
                packets: Number(packets),
              },
            ];
      }),
    ),
  ];
}

/** What is before the first heading is of `iptables-save`. */
function sections(dump: string): Map<string, string> {
  const [first = '', ...more] = dump.split(/^== /m);
  const parts = more.map((part): [string, string] => {
    const end = part.indexOf('\n');
    return [part.slice(0, end), part.slice(end + 1)];
  });
  return new Map([['iptables', first], ...parts]);
}

/** Each rule and each chain's policy, with its table. */
function iptablesRows(program: string, dump: string): Row[] {
  let table = '';
  return dump.split('\n').flatMap((row) => {
    if (row.startsWith('*')) table = row.slice(1);
    const rule = /^\[(\d+):\d+\] (-A .*)$/.exec(row);
    if (rule !== null) return [{ rule: `${program} -t ${table} ${rule[2] ?? ''}`, packets: Number(rule[1]) }];
    const policy = /^:(\S+) (\w+) \[(\d+):\d+\]$/.exec(row);
    if (policy === null) return [];
    const text = `${program} -t ${table}: chain ${policy[1] ?? ''} policy ${policy[2] ?? ''}`;
    return [{ rule: text, packets: Number(policy[3]) }];
  });
}

/** A chain of nftables. */
interface Chain {
  family: string;
  table: string;
  name: string;
  /** `inet firewalld filter_FORWARD`: as `nft list chain` takes it. */
  place: string;
  /** Undefined where packets come to it from other chains only. */
  hook: string | undefined;
  drops: boolean;
  rules: string[];
}

/** The chains of `nft -a list ruleset`, without those that iptables shows. */
function nftChains(dump: string): Chain[] {
  const parts = sections(dump);
  const shown = new Set(Array.from((parts.get('iptables') ?? '').matchAll(/^\*(\S+)/gm), ([, name]) => name));
  const chains: Chain[] = [];
  let [family, table]: string[] = [];
  let chain: Chain | undefined;
  for (const line of (parts.get('nft') ?? '').split('\n')) {
    const text = line.trim();
    const head = /^table (\S+) (\S+) \{/.exec(line);
    if (head !== null) [, family, table] = head;
    const name = /^\tchain (\S+) \{/.exec(line)?.[1];
    if (line === '\t}') chain = undefined;
    else if (name !== undefined && family !== undefined && table !== undefined) {
      const place = `${family} ${table} ${name}`;
      chain = { family, table, name, place, hook: undefined, drops: false, rules: [] };
      if (!(family === 'ip' && shown.has(table))) chains.push(chain);
    } else if (chain !== undefined) {
      const base = /^type \S+ hook (\S+) .*?(policy drop)?;?$/.exec(text);
      if (base === null) chain.rules.push(text);
      else [chain.hook, chain.drops] = [base[1], base[2] !== undefined];
    }
  }
  return chains;
}

/** A chain of nftables that may drop packets without a counter that would tell. */
export interface Suspect {
  /** The rule or policy, with its chain. */
  rule: string;
  /** The chain by which packets come to it, as `nft` takes it: `bridge filter forward`. */
  base: string;
}

/** What may drop packets that are forwarded, or bridged, and has no counter. */
export function uncountedDrops(dump: string): Suspect[] {
  const chains = nftChains(dump);
  const bridged = meetsFirewall(dump);
  const bases = chains.filter(
    ({ family, hook }) =>
      /^(prerouting|forward|postrouting)$/.test(hook ?? '') &&
      (family === 'bridge' || (bridged && /^(ip|inet)$/.test(family))),
  );
  const found = bases.flatMap((base) => {
    const policy = base.drops ? [`nftables ${base.place}: policy drop`] : [];
    const rules = reachable(base, chains).flatMap(({ place, rules: own }) =>
      own.filter(mayDrop).map((rule) => `nftables ${place}: ${rule}`),
    );
    return [...policy, ...rules].map((rule): Suspect => ({ rule, base: base.place }));
  });
  return [...new Map(found.map((suspect) => [suspect.rule, suspect])).values()];
}

/** Whether bridged packets meet the rules that are for routed ones. */
export function meetsFirewall(dump: string): boolean {
  return sections(dump).get('bridged')?.trim() !== '0';
}

/** Packets of the probe are never invalid to connection tracking. */
function mayDrop(rule: string): boolean {
  return /\b(drop|reject)\b/.test(rule) && !/\bcounter\b|ct state (\{ )?invalid/.test(rule);
}

/** A chain, and all that it leads to. */
function reachable(base: Chain, chains: Chain[]): Chain[] {
  const found = new Set([base]);
  for (const { family, table, rules } of found)
    for (const [, name] of rules.join('\n').matchAll(/\b(?:jump|goto) ([\w-]+)/g)) {
      const next = chains.find((c) => c.family === family && c.table === table && c.name === name);
      if (next !== undefined) found.add(next);
    }
  return [...found];
}
