import { EXIT, LabError } from '../../errors.ts';
import type { Plan, PlannedInterface } from '../../plan/types.ts';
import type { Runtime } from '../runtime.ts';

const PROBE = '/usr/lib/lvslab/frame-probe';

/** How often any packet must have come for one that has not to be taken for eaten: some 30 ms apart, so about a second. */
const ENOUGH = 30;

/**
 * Seconds after which an end without a result gives up, from its start and again from the other's first word: that may
 * be slow to start, or be stopped.
 */
export const PATIENCE = { first: 20, again: 5 } as const;

/** Packets that must come through on a network, from one node to another. */
export interface TrialCrossing {
  network: string;
  from: string;
  to: string;
  device: { from: string; to: string };
  mac: { from: string; to: string };
  /** `source,destination` of a packet that every network carries: these two nodes' own. */
  ordinary: string;
  /** `source,destination` of each other packet; neither lies on this network. */
  packets: string[];
}

/** Packets that did not come through. */
export interface Missing extends TrialCrossing {
  /** `source,destination` of each, the ordinary one included. */
  missing: string[];
  /** `source,destination` of packets that came with other addresses than they were sent with. */
  rewritten: string[];
  /** How often the packet came that came most often. */
  heard: number;
  /** How many times every packet was sent. */
  sent: number;
}

/**
 * What a lab's networks must carry: on each network with two nodes or more, both ways, packets from and to every address
 * of the lab that lies elsewhere, the VIPs included. These are what NAT's directors and DR's pass on.
 */
export function crossings(plan: Plan): TrialCrossing[] {
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

function crossing(network: string, from: End, to: End, packets: string[]): TrialCrossing {
  const device = { from: from.own.name, to: to.own.name };
  const mac = { from: from.own.mac, to: to.own.mac };
  const ordinary = ordinaryPacket(from.own, to.own);
  return { network, from: from.node, to: to.node, device, mac, ordinary, packets };
}

/** IPv4 where both have that. */
function ordinaryPacket(from: PlannedInterface, to: PlannedInterface): string {
  const pairs = ([4, 6] as const).map((family) =>
    [from, to].map((own) => own.addresses.find((a) => a.family === family)?.address),
  );
  return pairs.find((pair) => !pair.includes(undefined))?.join(',') ?? '';
}

function foreignAddresses(plan: Plan, network: string): string[] {
  const nodes = plan.nodes.flatMap((node) =>
    node.interfaces.filter((i) => i.network !== network).flatMap((i) => i.addresses.map((a) => a.address)),
  );
  const all = [...plan.services.map((service) => service.vip), ...nodes];
  // The probe speaks IPv4; what an engine does to IPv6, the claims tell.
  return [...new Set(all)].filter((address) => !address.includes(':'));
}

/**
 * Sends what the networks must carry, all at once, and tells what did not arrive.
 * @param patience seconds for an end to be heard by the other
 * @throws LabError labFailed where a probe cannot be run
 */
export async function probe(
  plan: Plan,
  runtime: Pick<Runtime, 'exec'>,
  patience: number,
): Promise<Missing[]> {
  const all = crossings(plan);
  // Each end sends what the other waits for, so that what one receives tells of the way from the other.
  const results = await runtime.exec(
    all.map((c) => {
      const [source = '', destination = ''] = c.ordinary.split(',');
      const limits = [String(ENOUGH), String(patience)];
      const argv = ['perl', PROBE, c.device.to, c.mac.from, ...limits, `${destination},${source}`];
      return { node: c.to, argv: [...argv, ...c.packets] };
    }),
  );
  const failed = results.find((result) => result.code !== 0);
  if (failed !== undefined)
    throw new LabError(EXIT.labFailed, `the networks could not be probed: ${failed.stderr.trim()}`);
  const said = results.map((result) => readProbe(result.stdout.toString()));
  return all.flatMap((c, index) => {
    const { came = new Set(), ordinary = false, rewritten = [], heard = 0 } = said[index] ?? {};
    const missing = [...(ordinary ? [] : [c.ordinary]), ...c.packets.filter((packet) => !came.has(packet))];
    // The end that sends them is the one that waits on the way back.
    const back = all.findIndex((b) => b.network === c.network && b.to === c.from);
    return missing.length === 0 ? [] : [{ ...c, missing, rewritten, heard, sent: said[back]?.sent ?? 0 }];
  });
}

/** What `frame-probe` prints. */
function readProbe(text: string): {
  came: Set<string>;
  ordinary: boolean;
  rewritten: string[];
  heard: number;
  sent: number;
} {
  const rows = text.trim().split('\n');
  const after = (word: string) =>
    rows.filter((row) => row.startsWith(`${word} `)).map((row) => row.slice(word.length + 1));
  return {
    came: new Set(rows),
    ordinary: rows.includes('ordinary'),
    rewritten: after('as'),
    heard: Number(after('heard')[0] ?? 0),
    sent: Number(after('sent')[0] ?? 0),
  };
}

/** Whether other packets came often enough for what is missing to have been eaten. */
export function wasEaten({ heard }: Missing): boolean {
  return heard >= ENOUGH;
}
