import { makePlan } from '../../../src/plan/plan.ts';
import { MODES, SCHEDULERS } from '../../../src/topology/types.ts';
import { parseTopology } from '../../../src/topology/parse.ts';

/** Every option of a service that changes what its directors do. */
const AXES = {
  mode: MODES.filter((mode) => mode !== 'proxy'),
  kind: ['http', 'https', 'udp', 'one-packet'],
  scheduler: SCHEDULERS,
  persistence: ['none', 'by client', 'by network'],
  mark: ['none', 'one port', 'two ports'],
  health: ['none', 'ldirectord', 'keepalived'],
  weights: ['equal', 'unequal'],
} as const;
type Axes = typeof AXES;
type Axis = keyof Axes;
export type Mode = Axes['mode'][number];
/** One value of each. */
export type Combination = { [A in Axis]: Axes[A][number] };

const NAMES = Object.keys(AXES) as Axis[];

/** The networks and nodes that a mode's services share: three real servers, one more for when all are out. */
const HOUSES: Record<Mode, { vips: string; yaml: string }> = {
  nat: {
    vips: '203.0.113.',
    yaml: `networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes:
  client: { on: { front: [203.0.113.129-203.0.113.134, 203.0.113.145-203.0.113.148] } }
  director: { on: { front: 203.0.113.1, back: 10.0.0.1 } }
  rs: { on: back, count: 3 }
  sorry: { on: back, role: real-server }`,
  },
  dr: {
    vips: '192.0.2.',
    yaml: `networks: { lan: 192.0.2.0/24 }
nodes:
  client: { on: { lan: [192.0.2.129-192.0.2.134, 192.0.2.145-192.0.2.148] } }
  director: { on: { lan: 192.0.2.1 } }
  rs: { on: lan, count: 3 }
  sorry: { on: lan, role: real-server }`,
  },
  tun: {
    vips: '198.51.100.',
    yaml: `networks: { clients: 203.0.113.0/24, core: 198.51.100.0/24, far: 10.0.0.0/24 }
nodes:
  client: { on: { clients: [203.0.113.129-203.0.113.134, 203.0.113.145-203.0.113.148] } }
  router: { on: [clients, core, far] }
  director: { on: { core: 198.51.100.1 } }
  rs: { on: far, count: 3 }
  sorry: { on: far, role: real-server }`,
  },
};

/** The file of a lab whose services are these combinations, all of one mode, each with a VIP of its own. */
export function labOf(mode: Mode, combinations: Combination[]): string {
  const services = combinations.map((combination, index) =>
    JSON.stringify(serviceOf(combination, `${HOUSES[mode].vips}${20 + index}`, index)),
  );
  return `lvslab: 1\nmode: ${mode}\n${HOUSES[mode].yaml}\nservices:\n${services.map((s) => `  - ${s}\n`).join('')}`;
}

function serviceOf(
  { kind, scheduler, persistence, mark, health, weights }: Combination,
  vip: string,
  index: number,
) {
  const port = { http: 80, https: 443, udp: 53, 'one-packet': 53 }[kind];
  const udp = port === 53;
  return {
    vip,
    ...(udp ? { protocol: 'udp' } : {}),
    ...(kind === 'one-packet' ? { 'one-packet': true } : {}),
    ...(mark === 'two ports'
      ? { ports: [udp ? '53/udp' : port, udp ? '53/tcp' : port === 80 ? 443 : 80] }
      : { port }),
    ...(mark === 'none' ? {} : { mark: index + 1 }),
    scheduler,
    ...(['sh', 'mh'].includes(scheduler) && persistence === 'none' ? { flags: [`${scheduler}-port`] } : {}),
    ...(persistence === 'none'
      ? {}
      : { persistence: { timeout: 30, ...(persistence === 'by network' ? { netmask: 28 } : {}) } }),
    ...(health === 'none'
      ? {}
      : {
          health: {
            by: health,
            interval: 2,
            timeout: 1,
            fallback: 'sorry',
            ...(udp ? { check: 'ping' } : {}),
          },
        }),
    servers: ['rs1', 'rs2', 'rs3'].map((node, place) => ({
      node,
      weight: weights === 'equal' ? 1 : place + 1,
    })),
  };
}

/** Whether a file with this service alone is valid. */
function isValid(combination: Combination): boolean {
  const key = JSON.stringify(combination);
  let valid = known.get(key);
  if (valid === undefined) {
    try {
      makePlan(parseTopology(labOf(combination.mode, [combination]), 'lab.yaml', 'lab'));
      valid = true;
    } catch {
      valid = false;
    }
    known.set(key, valid);
  }
  return valid;
}
const known = new Map<string, boolean>();

/** How many ways of filling up a pair are tried; more make fewer combinations, and take longer. */
const TRIES = 12;

/**
 * Combinations in which every two values of different options occur together at least once, where any valid file has
 * them together. Always the same ones.
 */
export function pairwise(): Combination[] {
  const random = numbers(20_261_128);
  const pick = <T>(values: readonly T[]): T => values[random() % values.length] as T;
  const open = new Set(NAMES.flatMap((a, i) => NAMES.slice(i + 1).flatMap((b) => pairsOf(a, b))));
  const chosen: Combination[] = [];
  while (open.size > 0) {
    const [pair = ''] = open;
    let best: { combination: Combination; covers: string[] } | undefined;
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const combination = {
        ...Object.fromEntries(NAMES.map((name) => [name, pick<string>(AXES[name])])),
        ...(JSON.parse(pair) as Partial<Combination>),
      } as Combination;
      if (!isValid(combination)) continue;
      const covers = pairsIn(combination).filter((each) => open.has(each));
      if (best === undefined || covers.length > best.covers.length) best = { combination, covers };
    }
    // No valid file has both: the two are refused together, whatever is beside them.
    for (const covered of best?.covers ?? [pair]) open.delete(covered);
    if (best !== undefined) chosen.push(best.combination);
  }
  return chosen;
}

function pairsOf(a: Axis, b: Axis): string[] {
  return AXES[a].flatMap((x) => AXES[b].map((y) => JSON.stringify({ [a]: x, [b]: y })));
}

function pairsIn(combination: Combination): string[] {
  return NAMES.flatMap((a, i) =>
    NAMES.slice(i + 1).map((b) => JSON.stringify({ [a]: combination[a], [b]: combination[b] })),
  );
}

/** The same numbers in every run (MINSTD, Park and Miller 1988). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647);
}
