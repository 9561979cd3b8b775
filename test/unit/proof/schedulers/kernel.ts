import type { PlannedService } from '../../../../src/plan/types.ts';
import type { Scheduler } from '../../../../src/topology/types.ts';
import type { Connection } from '../../../../src/traffic/connections.ts';
import type { Held, HeldEvent } from '../../../../src/traffic/held.ts';

interface Server {
  node: string;
  weight: number;
  upper: number;
  active: number;
  inactive: number;
}

type Choose = (servers: Server[]) => Server | undefined;

/** The schedulers as the kernel has them (net/netfilter/ipvs/ip_vs_*.c), each with its own memory. */
const KERNEL: Partial<Record<Scheduler, () => Choose>> = {
  rr: () => {
    let last = -1;
    return (servers) => servers[(last = (last + 1) % servers.length)];
  },
  lc: () => (servers) => first(servers, overhead, () => 1),
  wlc: () => (servers) => first(servers, overhead, (s) => s.weight),
  sed: () => (servers) =>
    first(
      servers,
      (s) => s.active + 1,
      (s) => s.weight,
    ),
  nq: () => (servers) =>
    servers.find((s) => usable(s) && s.active === 0) ??
    first(
      servers,
      (s) => s.active + 1,
      (s) => s.weight,
    ),
  fo: () => (servers) => heaviest(servers),
  ovf: () => (servers) => heaviest(servers.filter((s) => s.active <= s.weight)),
  lblc: () => {
    let own: Server | undefined;
    return (servers) => {
      if (own === undefined || own.weight === 0 || overloaded(own, servers))
        own = first(servers, overhead, (s) => s.weight) ?? own;
      return own;
    };
  },
  lblcr: () => {
    const own = new Set<Server>();
    return (servers) => {
      const least = first([...own], overhead, (s) => s.weight);
      if (least !== undefined && !overloaded(least, servers)) return least;
      const joining = first(servers, overhead, (s) => s.weight);
      if (joining !== undefined) own.add(joining);
      return joining;
    };
  },
};

/** `twos`, with lots of a seed of their own. */
function twos(seed: number): () => Choose {
  return () => {
    const random = mulberry(seed);
    return (servers) => {
      const drawn = servers.filter(usable);
      const sum = drawn.reduce((all, { weight }) => all + weight, 0);
      const lot = () => {
        let left = Math.floor(random() * (sum + 1));
        return drawn.find((server) => (left -= server.weight) <= 0);
      };
      const [one, two] = [lot(), lot()];
      if (one === undefined || two === undefined) return undefined;
      return two.weight * overhead(one) > one.weight * overhead(two) ? two : one;
    };
  };
}

/** Random numbers below one that are the same for the same seed. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export const SIMULATED = [...(Object.keys(KERNEL) as Scheduler[]), 'twos' as const];

const overhead = (s: Server) => s.active * 256 + s.inactive;
const usable = (s: Server) => s.weight > 0 && s.active + s.inactive < s.upper;

function first(
  servers: Server[],
  load: (s: Server) => number,
  size: (s: Server) => number,
): Server | undefined {
  return servers
    .filter(usable)
    .reduce<Server | undefined>(
      (best, s) => (best === undefined || load(best) * size(s) > load(s) * size(best) ? s : best),
      undefined,
    );
}

function heaviest(servers: Server[]): Server | undefined {
  return servers
    .filter(usable)
    .reduce<Server | undefined>(
      (best, s) => (best === undefined || s.weight > best.weight ? s : best),
      undefined,
    );
}

function overloaded(own: Server, servers: Server[]): boolean {
  return own.active > own.weight && servers.some((s) => s.active * 2 < s.weight);
}

/**
 * What `hold` would bring back from a director with this scheduler.
 * @param seed of the lots of `twos`
 * @param inactive connections that each server had before and that were forgotten meanwhile, half of them
 */
export function heldBy(
  scheduler: Scheduler,
  service: PlannedService,
  { first: count, then }: { first: number; then: number },
  inactive: number[] = [],
  seed = 1,
): Held {
  const choose = (scheduler === 'twos' ? twos(seed) : KERNEL[scheduler])?.();
  if (choose === undefined) throw new Error(`${scheduler} is not simulated`);
  const servers = service.servers.map(({ node, weight, upper = Infinity }, index) => ({
    node,
    weight,
    upper,
    active: 0,
    inactive: inactive[index] ?? 0,
  }));
  const events: HeldEvent[] = [];
  const open = () => {
    const server = choose(servers);
    if (server !== undefined) server.active += 1;
    events.push({ kind: 'opened', connection: connection(server?.node, events.length) });
  };
  const before = [table(service, servers)];
  for (let opened = 0; opened < count; opened += 1) open();
  const busiest = servers.reduce((most, s) => (s.active > most.active ? s : most));
  for (const event of events.filter((e) => e.connection.server === busiest.node))
    events.push({ kind: 'ended', connection: event.connection });
  busiest.inactive += busiest.active;
  busiest.active = 0;
  for (let opened = 0; opened < then; opened += 1) open();
  for (const server of servers) server.inactive -= Math.floor((inactive[servers.indexOf(server)] ?? 0) / 2);
  return { events, before, during: [table(service, servers)] };
}

export function connection(server: string | undefined, index: number): Connection {
  return {
    client: 'client',
    address: '192.0.2.101',
    port: 40000 + index,
    server,
    error: server === undefined ? 'Connection refused' : '',
  };
}

/** `ipvsadm -Ln` */
export function table(
  service: PlannedService,
  loads: { weight: number; active: number; inactive: number }[],
): string {
  return [
    'IP Virtual Server version 1.2.1 (size=4096)',
    'Prot LocalAddress:Port Scheduler Flags',
    '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
    'TCP  192.0.2.99:80 rr',
    '  -> 10.0.0.11:8080               Masq    1      77         77        ',
    `${service.protocol.toUpperCase()}  ${service.vip}:${service.port} ${service.scheduler}`,
    ...service.servers.map(
      ({ address, port }, index) =>
        `  -> ${address}:${port}   Masq    ${loads[index]?.weight ?? 0}      ${loads[index]?.active ?? 0}          ${loads[index]?.inactive ?? 0}         `,
    ),
    'FWM  1 rr',
    '  -> 10.0.0.11:0                  Masq    1      88         88        ',
    '',
  ].join('\n');
}
