import { addressFamily, addressOf, hasAddress, inNetwork } from '../plan/addresses.ts';
import { endpoint } from '../topology/endpoint.ts';
import { clusterOf } from '../plan/clusters.ts';
import { isProxied } from '../plan/haproxy.ts';
import { LDIRECTORD_CONFIG } from '../plan/ldirectord.ts';
import type { Plan, PlannedInterface, PlannedNode, PlannedService } from '../plan/types.ts';
import type { ShellStep, Fault } from './types.ts';

/** What each part of an exercise is in a lab: `server` → `rs1`. A part that the lab does not have is not in it. */
export type Bindings = Readonly<Record<string, string>>;

/** Every part that a fault may name. */
export const PARTS = [
  'vip',
  'port',
  'url',
  'mode',
  'scheduler',
  'client',
  'director',
  'director-device',
  'director-mac',
  'director-address',
  'server',
  'servers',
  'server-address',
  'server-port',
  'server-device',
  'server-mac',
  'weight',
  'vip-device',
  'method',
  'other-method',
  'other',
  'other-address',
  'asker',
  'asker-device',
  'router',
  'router-device',
  'ipip',
  'watched',
  'backup',
  'backup-device',
  'vrrp-id',
  'sync-id',
  'inside',
  'inside-address',
] as const;

const METHODS = { nat: ['-m', '-g'], tun: ['-i', '-g'], dr: ['-g', '-m'] } as const;

/**
 * Gives the parts of an exercise out.
 * @param pick which of the real servers is the one that something is done to: any number
 * @returns undefined where the lab has no service that an exercise could be about
 */
export function bindingsFor(plan: Plan, pick: number): Bindings | undefined {
  const service = plan.services.find(
    (s) =>
      s.protocol === 'tcp' && s.application !== 'dns' && addressFamily(s.vip) === 4 && s.mark === undefined,
  );
  const director = plan.nodes.find((n) => n.name === service?.directors[0]);
  const servers = service?.servers.filter((s) => s.weight > 0 && !service.directors.includes(s.node)) ?? [];
  const server = servers[Math.abs(pick) % servers.length];
  const node = plan.nodes.find((n) => n.name === server?.node);
  if (service === undefined || director === undefined || server === undefined || node === undefined)
    return undefined;
  const other = servers.find((s) => s.node !== server.node);
  const own = node.interfaces.find((i) => hasAddress(i, server.address));
  const shared = director.interfaces.find((i) => i.network === own?.network);
  const front = director.interfaces.find((i) => i.name === vipDevice(director, service));
  const asker = askerOf(plan, service);
  const router = plan.nodes.find((n) => n.role === 'router');
  const inside = insideOf(plan, service, own, shared);
  const cluster = clusterOf(plan, director.name);
  const backup = plan.nodes.find((n) => n.name === cluster?.directors[1]);
  const moving = cluster?.addresses.find(({ address }) => address === service.vip)?.network;
  const [method, otherMethod] = server.mode === 'proxy' ? [] : METHODS[server.mode];
  return present({
    vip: service.vip,
    port: String(service.port),
    url: `${service.application}://${endpoint(service.vip, service.port)}/`,
    // Where a daemon looks after the table, it would undo or hide most of what a fault does.
    mode:
      service.health === undefined && cluster === undefined && !isProxied(service) ? server.mode : undefined,
    // Where a service takes turns: what hides that can only be seen there.
    scheduler:
      service.scheduler === 'rr' &&
      !isProxied(service) &&
      other !== undefined &&
      service.persistence === undefined
        ? 'rr'
        : undefined,
    client: plan.nodes.find((n) => n.role === 'client')?.name,
    director: director.name,
    'director-device': front?.name,
    'director-mac': front?.mac,
    'director-address': shared === undefined ? undefined : addressOf(shared, 4),
    server: server.node,
    servers: servers.map((s) => s.node).join(' '),
    'server-address': server.address,
    'server-port': String(server.port),
    'server-device': own?.name,
    'server-mac': own?.mac,
    weight: String(server.weight),
    'vip-device': vipDevice(node, service),
    method,
    'other-method': otherMethod,
    other: other?.node,
    'other-address': other?.address,
    asker: asker?.node.name,
    'asker-device': asker?.device.name,
    router: router?.name,
    'router-device': router?.interfaces.find((i) => i.network === front?.network)?.name,
    ipip: server.mode === 'tun' && service.tunnel === 'ipip' ? 'ipip' : undefined,
    watched: isWatched(service) ? LDIRECTORD_CONFIG : undefined,
    backup: backup?.name,
    'backup-device': backup?.interfaces.find((i) => i.network === moving)?.name,
    'vrrp-id': cluster?.vrrp === undefined ? undefined : String(cluster.vrrp.id),
    // Where VRRP decides who is master, it also runs the sync daemons.
    'sync-id':
      cluster?.sync === undefined || cluster.vrrp !== undefined ? undefined : String(cluster.sync.id),
    inside: inside?.name,
    'inside-address': inside === undefined ? undefined : addressOn(inside, own?.network),
  });
}

/** Whether ldirectord compares what the real servers answer, and takes those out that do not pass. */
function isWatched({ health }: PlannedService): boolean {
  return health?.by === 'ldirectord' && health.receive !== undefined && !health.quiescent;
}

/** The device on which a node has a service's VIP by the plan. */
function vipDevice(node: PlannedNode, { vip }: PlannedService): string | undefined {
  const step = node.steps.find((s) => s.kind === 'address' && s.address === vip);
  return step?.kind === 'address' ? step.device : undefined;
}

/** Who asks for the VIP by ARP: a client, or the router that clients come by. */
function askerOf(
  plan: Plan,
  { vip }: PlannedService,
): { node: PlannedNode; device: PlannedInterface } | undefined {
  const network = plan.networks.find((n) => inNetwork(n, vip))?.name;
  for (const node of plan.nodes) {
    if (node.role !== 'client' && node.role !== 'router') continue;
    const device = node.interfaces.find((i) => i.network === network);
    if (device !== undefined) return { node, device };
  }
  return undefined;
}

/** A client on the network of the real servers, with the director between them and their clients. */
function insideOf(
  plan: Plan,
  { vip }: PlannedService,
  own: PlannedInterface | undefined,
  shared: PlannedInterface | undefined,
): PlannedNode | undefined {
  if (own === undefined || shared === undefined) return undefined;
  if (plan.networks.some((n) => n.name === own.network && inNetwork(n, vip))) return undefined;
  return plan.nodes.find((n) => n.role === 'client' && n.interfaces.some((i) => i.network === own.network));
}

function addressOn(node: PlannedNode, network: string | undefined): string | undefined {
  const device = node.interfaces.find((i) => i.network === network);
  return device === undefined ? undefined : addressOf(device, 4);
}

function present(parts: Record<string, string | undefined>): Bindings {
  return Object.fromEntries(
    Object.entries(parts).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** A part in braces; the shell's own `${name}` is none. */
const PART = /(?<!\$)\{([a-z][a-z-]*)\}/g;

/** The parts that a text names. */
export function partsIn(text: string): string[] {
  return Array.from(text.matchAll(PART), ([, name = '']) => name);
}

/** A text with every part's name replaced by what it is; one that the lab does not have stays. */
export function fillIn(text: string, bindings: Bindings): string {
  return text.replaceAll(PART, (whole, name: string) => bindings[name] ?? whole);
}

/** Shell steps as they are to be done in a lab: each on one node. */
export function shellStepsFor(shellSteps: readonly ShellStep[], bindings: Bindings): ShellStep[] {
  return shellSteps.flatMap(({ on, run }) =>
    fillIn(on, bindings)
      .split(' ')
      .map((node) => ({ on: node, run: fillIn(run, bindings) })),
  );
}

/** Whether a lab has all that a fault names. */
export function fits(fault: Fault, bindings: Bindings): boolean {
  return (
    (fault.modes.length === 0 || fault.modes.some((mode) => mode === bindings['mode'])) &&
    [
      ...(fault.parts ?? []),
      ...[...fault.inject, ...fault.fix, ...(fault.conditions ?? [])].flatMap(({ on, run }) => [
        ...partsIn(on),
        ...partsIn(run),
      ]),
    ].every((part) => bindings[part] !== undefined)
  );
}
