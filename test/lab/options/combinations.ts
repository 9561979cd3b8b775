import { makePlan } from '../../../src/plan/plan.ts';
import { MODES, SCHEDULERS, TUNNELS } from '../../../src/topology/types.ts';
import { parseTopology } from '../../../src/topology/parse.ts';

/** Every option of a service that changes what its directors do. */
const AXES = {
  mode: MODES.filter((mode) => mode !== 'proxy'),
  family: ['IPv4', 'IPv6'],
  kind: ['http', 'https', 'udp', 'one-packet'],
  // Not every kernel that the suite runs on has twos, which test/lab/twos.test.ts tries.
  scheduler: SCHEDULERS.filter((scheduler) => scheduler !== 'twos'),
  persistence: ['none', 'by client', 'by network'],
  mark: ['none', 'one port', 'two ports'],
  health: ['none', 'ldirectord', 'keepalived'],
  weights: ['equal', 'unequal'],
  tunnel: TUNNELS,
} as const;
type Axes = typeof AXES;
type Axis = keyof Axes;
export type Mode = Axes['mode'][number];
/** One value of each. */
export type Combination = { [A in Axis]: Axes[A][number] };

const NAMES = Object.keys(AXES) as Axis[];

/**
 * The networks and nodes that a mode's services share: three real servers, one more for when all are out, and a client
 * with addresses in two networks of sixteen.
 */
const HOUSES: Record<Mode, { vips: Record<Combination['family'], string>; yaml: string }> = {
  nat: {
    vips: { IPv4: '203.0.113.', IPv6: '2001:db8:1::' },
    yaml: `networks: { front: [203.0.113.0/24, 2001:db8:1::/64], back: [10.0.0.0/24, 2001:db8:2::/64] }
nodes:
  client: { on: { front: [${addresses('203.0.113.', '2001:db8:1::')}] } }
  director: { on: [front, back] }
  rs: { on: back, count: 3 }
  sorry: { on: back, role: real-server }`,
  },
  dr: {
    vips: { IPv4: '192.0.2.', IPv6: '2001:db8:1::' },
    yaml: `networks: { lan: [192.0.2.0/24, 2001:db8:1::/64] }
nodes:
  client: { on: { lan: [${addresses('192.0.2.', '2001:db8:1::')}] } }
  director: { on: lan }
  rs: { on: lan, count: 3 }
  sorry: { on: lan, role: real-server }`,
  },
  tun: {
    vips: { IPv4: '198.51.100.', IPv6: '2001:db8:2::' },
    yaml: `networks:
  clients: [203.0.113.0/24, 2001:db8:1::/64]
  core: [198.51.100.0/24, 2001:db8:2::/64]
  far: [10.0.0.0/24, 2001:db8:3::/64]
nodes:
  client: { on: { clients: [${addresses('203.0.113.', '2001:db8:1::')}] } }
  router: { on: [clients, core, far] }
  director: { on: core }
  rs: { on: far, count: 3 }
  sorry: { on: far, role: real-server }`,
  },
};

/** Ten of each family, six of them in one network of sixteen and four in the next. */
function addresses(ipv4: string, ipv6: string): string {
  const hosts = [129, 130, 131, 132, 133, 134, 145, 146, 147, 148];
  return [
    ...hosts.map((host) => `${ipv4}${host}`),
    ...hosts.map((host) => `${ipv6}${host.toString(16)}`),
  ].join();
}

/** The file of a lab whose services are these combinations, all of one mode, each with a VIP of its own. */
export function labOf(mode: Mode, combinations: Combination[]): string {
  const services = combinations.map((combination, index) =>
    JSON.stringify(serviceOf(combination, `${HOUSES[mode].vips[combination.family]}${20 + index}`, index)),
  );
  return `lvslab: 1\nmode: ${mode}\n${HOUSES[mode].yaml}\nservices:\n${services.map((s) => `  - ${s}\n`).join('')}`;
}

function serviceOf(
  { mode, family, kind, scheduler, persistence, mark, health, weights, tunnel }: Combination,
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
    ...(mode === 'tun' ? { tunnel } : {}),
    ...(['sh', 'mh'].includes(scheduler) && persistence === 'none' ? { flags: [`${scheduler}-port`] } : {}),
    ...(persistence === 'none'
      ? {}
      : {
          persistence: {
            timeout: 30,
            ...(persistence === 'by network' ? { netmask: family === 'IPv4' ? 28 : 124 } : {}),
          },
        }),
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
  if (combination.mode !== 'tun' && combination.tunnel !== 'ipip') return false;
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
const TRIES = 6;

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
