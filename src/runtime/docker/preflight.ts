import { orEmbedded } from '../../embedded-here.ts';
import { EXIT, LabError } from '../../errors.ts';
import type { Plan, PlannedInterface } from '../../plan/types.ts';
import type { Runtime } from '../runtime.ts';

const PROBE = '/usr/lib/lvslab/frame-probe';

/** Packets that must come through on a network, from one node to another. */
export interface Crossing {
  network: string;
  from: string;
  to: string;
  device: { from: string; to: string };
  mac: { from: string; to: string };
  /** `source,destination` of each packet; neither lies on this network. */
  packets: string[];
}

/** Packets that did not come through. */
export interface Eaten extends Crossing {
  missing: string[];
}

/**
 * What a lab's networks must carry: on each network with two nodes or more, both ways, packets from and to every address
 * of the lab that lies elsewhere, the VIPs included. These are what NAT's directors and DR's pass on.
 */
export function crossings(plan: Plan): Crossing[] {
  return plan.networks.flatMap((network) => {
    const on = plan.nodes.flatMap((node) =>
      node.interfaces.filter((i) => i.network === network.name).map((own) => ({ node: node.name, own })),
    );
    const [one, two] = on;
    const elsewhere = foreignAddresses(plan, network.name);
    const [first = ''] = elsewhere;
    if (one === undefined || two === undefined || elsewhere.length === 0) return [];
    const packets = elsewhere.map((address) => `${elsewhere.find((a) => a !== address) ?? first},${address}`);
    return [
      [one, two],
      [two, one],
    ].map(([from, to]) => crossing(network.name, from as End, to as End, packets));
  });
}

interface End {
  node: string;
  own: PlannedInterface;
}

function crossing(network: string, from: End, to: End, packets: string[]): Crossing {
  const device = { from: from.own.name, to: to.own.name };
  const mac = { from: from.own.mac, to: to.own.mac };
  return { network, from: from.node, to: to.node, device, mac, packets };
}

function foreignAddresses(plan: Plan, network: string): string[] {
  const nodes = plan.nodes.flatMap((node) =>
    node.interfaces.filter((i) => i.network !== network).flatMap((i) => i.addresses.map((a) => a.address)),
  );
  const all = [...plan.services.map((service) => service.vip), ...nodes];
  // The probe speaks IPv4; what an engine does to IPv6, the claims tell.
  return [...new Set(all)].filter((address) => !address.includes(':'));
}

/** Sends what the networks must carry, and tells what did not arrive. */
export async function probe(plan: Plan, runtime: Pick<Runtime, 'exec'>): Promise<Eaten[]> {
  const all = crossings(plan);
  // Each end sends what the other waits for, so that what one receives tells of the way from the other.
  const results = await runtime.exec(
    all.map((c) => ({
      node: c.to,
      argv: ['perl', PROBE, c.device.to, c.mac.from, '5', ...c.packets],
    })),
  );
  const failed = results.find((result) => result.code !== 0);
  if (failed !== undefined)
    throw new LabError(EXIT.labFailed, `the networks could not be probed: ${failed.stderr.trim()}`);
  return all.flatMap((c, index) => {
    const arrived = new Set(results[index]?.stdout.toString().trim().split('\n'));
    const missing = c.packets.filter((packet) => !arrived.has(packet));
    return missing.length === 0 ? [] : [{ ...c, missing }];
  });
}

/** Rules of `iptables-save -c` whose counters rose between two dumps and that end a packet's way, or rewrite it. */
export function rulesThatCounted(before: string, after: string, packets: number): string[] {
  const counts = new Map(ruleRows(before).map((row) => [row.rule, row.packets]));
  return ruleRows(after)
    .filter((row) => / -j (DROP|REJECT|MASQUERADE|SNAT)\b| policy DROP/.test(row.rule))
    .filter((row) => row.packets - (counts.get(row.rule) ?? 0) >= packets)
    .map((row) => row.rule);
}

/** Each rule and each chain's policy, with its table, and how many packets it has seen. */
function ruleRows(dump: string): { rule: string; packets: number }[] {
  let table = '';
  return dump.split('\n').flatMap((row) => {
    if (row.startsWith('*')) table = row.slice(1);
    const rule = /^\[(\d+):\d+\] (-A .*)$/.exec(row);
    if (rule !== null) return [{ rule: `iptables -t ${table} ${rule[2] ?? ''}`, packets: Number(rule[1]) }];
    const policy = /^:(\S+) (\w+) \[(\d+):\d+\]$/.exec(row);
    return policy === null
      ? []
      : [
          {
            rule: `iptables -t ${table}: chain ${policy[1] ?? ''} policy ${policy[2] ?? ''}`,
            packets: Number(policy[3]),
          },
        ];
  });
}

/** The error that names what was eaten, and by which rules. */
export function eatenError(eaten: Eaten[], rules: string[]): LabError {
  const rows = eaten.map(
    (e) =>
      `network ${e.network}: from ${e.from} to ${e.to} no packet ${e.missing.slice(0, 3).join(' or ').replaceAll(',', ' > ')}${e.missing.length > 3 ? ` or ${e.missing.length - 3} more` : ''}`,
  );
  const by =
    rules.length === 0
      ? "no rule of the engine host's iptables counted them"
      : `eaten by:\n  ${rules.join('\n  ')}`;
  return new LabError(
    EXIT.machineCannot,
    `the engine's networks do not carry what LVS sends:\n  ${rows.join('\n  ')}\n${by}`,
    {
      mend:
        rules.length === 0
          ? orEmbedded("look at the engine host's firewall (nft list ruleset)")
          : orEmbedded('remove that rule on the engine’s host'),
    },
  );
}
