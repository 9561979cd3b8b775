import type { Family, Mode, Topology } from '../topology/types.ts';
import { EXIT, LabError } from '../errors.ts';
import { withServers } from '../topology/with-servers.ts';
import { serverArguments, serviceArguments } from '../plan/ipvsadm.ts';
import { addressFamily } from '../plan/addresses.ts';
import { replyWays } from '../plan/transit.ts';
import { waysOf } from '../plan/ways.ts';
import { clientsOf } from '../plan/clients.ts';
import { isProxied } from '../plan/haproxy.ts';
import { MODE_RULES, ipvsWords } from '../plan/modes/registry.ts';
import { makePlan } from '../plan/plan.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import type { Progress } from '../terminal/progress.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { observe } from '../proof/observe.ts';
import { addressWithOwner, serverView, type ServerView } from '../proof/server-view.ts';
import { captureDuring } from '../traffic/capture.ts';
import { ask } from '../traffic/requests.ts';
import { download } from '../traffic/transfer.ts';
import { runtimeOf } from '../wire.ts';
import { down } from './down.ts';
import { readTopology } from '../files/topology-file.ts';
import { readRecord } from '../records/lab.ts';
import { up } from './up.ts';

/** Numbers of real servers that the modes are compared with. */
export const SERVER_COUNTS = [1, 2, 4, 8];
/** Bytes that each real server delivers. */
const PER_SERVER = 512 * 1024;

export interface ModeFigures {
  topology: string;
  mode: Mode;
  /** Of the VIP. */
  family: Family;
  /** A request as it came to a real server; addresses with whose they are. */
  request: ServerView;
  /** Whether the director's interfaces carried what was delivered. */
  repliesPassDirector: boolean;
  /** Bytes that the method adds to each packet between director and real server. */
  overhead: number;
  serverNeeds: string;
  serverGateway: string;
  /** For each of SERVER_COUNTS. */
  measured: { servers: number; delivered: number; throughDirector: number }[];
}

/** What each mode demands of a real server; in IPv6, where a device answers only for its own addresses, as well. */
const NEEDS: Record<Mode, { needs: Record<Family, string>; gateway: string }> = {
  nat: { needs: { 4: 'nothing: any system', 6: 'nothing: any system' }, gateway: 'the director' },
  tun: {
    needs: { 4: 'decapsulates; VIP on the tunnel device', 6: 'decapsulates; VIP on lo' },
    gateway: 'its own router',
  },
  proxy: { needs: { 4: 'nothing: any system', 6: 'nothing: any system' }, gateway: 'none needed' },
  dr: { needs: { 4: 'VIP on a device that does not answer ARP', 6: 'VIP on lo' }, gateway: 'its own router' },
};

/**
 * Brings up each topology with eight real servers, downloads the same through 1, 2, 4 and 8 of them, and reads from
 * the director's interfaces how much of it the director had to carry.
 */
export async function compare(references: string[], progress: Progress): Promise<ModeFigures[]> {
  const figures: ModeFigures[] = [];
  for (const reference of references) {
    const topology = withServers(readTopology(reference), Math.max(...SERVER_COUNTS));
    figures.push(await measureOne(reference, topology, progress));
  }
  return figures;
}

async function measureOne(reference: string, topology: Topology, progress: Progress): Promise<ModeFigures> {
  const plan = makePlan(topology, `compare-${topology.name}`.slice(0, 32));
  const service = plan.services.find((s) => s.application !== 'dns');
  const [server] = service?.servers ?? [];
  if (service === undefined || server === undefined)
    throw new LabError(
      EXIT.badInput,
      `${reference} has no web service to compare: what the director carries is measured with downloads`,
    );
  const { mode } = server;
  await up({ topology: reference, plan, planAround: () => plan, reconfigure: true, strict: true }, progress);
  try {
    const record = readRecord(plan.name);
    if (record === undefined) throw new LabError(EXIT.labFailed, `lab ${plan.name} is gone`);
    const runtime = runtimeOf(record);
    const request = await lookAtOne(runtime, plan, service);
    const measured: ModeFigures['measured'] = [];
    for (const servers of SERVER_COUNTS) measured.push(await measure(runtime, plan, service, servers));
    return {
      topology: reference,
      mode,
      family: addressFamily(service.vip),
      request,
      // More than requests and acknowledgements went through it.
      repliesPassDirector: measured.every((m) => m.throughDirector > m.delivered),
      overhead: MODE_RULES[mode].overhead(service, server),
      serverNeeds: NEEDS[mode].needs[addressFamily(service.vip)],
      serverGateway:
        replyWays(waysOf(plan), service, server).passing.length > 0 ? 'the director' : NEEDS[mode].gateway,
      measured,
    };
  } finally {
    await down(plan.name, { all: false, forget: false }, progress);
  }
}

/** Sends one request, and reads from the packets what the real server saw of it. */
async function lookAtOne(runtime: Runtime, plan: Plan, service: PlannedService): Promise<ServerView> {
  const client = clientsOf(plan, service)[0]?.name ?? '';
  const { captures } = await captureDuring(runtime, plan, () => ask(runtime, client, service, 1));
  const view = serverView(service, observe(captures).observations);
  if (view === undefined)
    throw new LabError(EXIT.labFailed, `a request to ${service.vip} came to no real server`);
  return {
    ...view,
    source: addressWithOwner(plan, view.source),
    destination: addressWithOwner(plan, view.destination),
  };
}

/** Weight 0 takes a real server out without touching the rest. */
function weightsFor(service: PlannedService, servers: number): string {
  return service.servers
    .map((server, index) =>
      [
        'ipvsadm -e',
        ...serviceArguments(service),
        ...serverArguments(server.address, server.port, service.mark),
        ipvsWords(server.mode).flag,
        `-w ${index < servers ? 1 : 0}`,
      ].join(' '),
    )
    .join('\n');
}

async function measure(runtime: Runtime, plan: Plan, service: PlannedService, servers: number) {
  const client = clientsOf(plan, service)[0]?.name ?? '';
  const director = service.directors[0] ?? '';
  // A proxy takes turns: so many downloads go to so many real servers.
  if (!isProxied(service))
    await runtime.exec([{ node: director, argv: ['sh', '-ec', weightsFor(service, servers)] }]);
  const before = await carried(runtime, director);
  const delivered = await download(runtime, client, service, servers, PER_SERVER);
  const after = await carried(runtime, director);
  if (delivered !== servers * PER_SERVER)
    throw new LabError(
      EXIT.labFailed,
      `${delivered} of ${servers * PER_SERVER} bytes came through ${service.vip}`,
    );
  return { servers, delivered, throughDirector: after - before };
}

/** Bytes in and out of all of a node's interfaces so far. */
async function carried(runtime: Runtime, node: string): Promise<number> {
  const [result] = await runtime.exec([{ node, argv: ['cat', '/proc/net/dev'] }]);
  return (result?.stdout.toString() ?? '')
    .split('\n')
    .filter((row) => /^\s*eth\d+:/.test(row))
    .map((row) => row.replace(/^.*:/, '').trim().split(/\s+/))
    .reduce((sum, fields) => sum + Number(fields[0]) + Number(fields[8]), 0);
}
