import { endpoint } from '../topology/endpoint.ts';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, LabError } from '../errors.ts';
import { clientsOf } from '../plan/clients.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import { chosenServer } from '../proof/evidence.ts';
import { observe } from '../proof/observe.ts';
import { walks, type Walk } from '../proof/path.ts';
import { claimsFor } from '../proof/promises.ts';
import { judge, type Verdict } from '../proof/verdict.ts';
import { describeWalk, type WalkLine } from '../proof/walk.ts';
import { captureDuring } from '../traffic/capture.ts';
import { ask } from '../traffic/requests.ts';
import type { RunningLab } from './existing.ts';

export interface Trace {
  plan: Plan;
  service: PlannedService;
  /** The connection as the captures have it; undefined where they have none. */
  walk: Walk | undefined;
  lines: WalkLine[];
  /** Real server that answered by its own account; undefined where none did. */
  answered: string | undefined;
  /** Each promise, held against this one connection. */
  verdicts: Verdict[];
  /** Capture files that were kept. */
  kept: string[];
}

/**
 * Follows one real connection through a lab.
 * @param options.service `VIP:PORT`, else the first service; `client`: a node, else the first client; `pcap`: a
 * folder for the captures
 * @throws LabError badInput where the lab has no such service or client
 */
export async function trace(
  { record, runtime }: RunningLab,
  options: { service: string | undefined; client: string | undefined; pcap: string | undefined },
): Promise<Trace> {
  const { plan } = record;
  const service = pickService(plan, options.service);
  const client = pickClient(plan, service, options.client);
  const { result: replies, captures } = await captureDuring(runtime, plan, () =>
    ask(runtime, client, service, 1),
  );
  const kept = options.pcap === undefined ? [] : keep(options.pcap, captures);
  const { observations, captures: health } = observe(captures);
  const walk = walks(plan, observations)
    .filter((w) => w.service.vip === service.vip && w.service.port === service.port)
    .at(-1);
  // One connection comes to one server: what is promised of the others, it cannot show.
  const server = walk === undefined ? undefined : chosenServer(service, walk)?.node;
  const claims = claimsFor(plan)
    .filter((claim) => claim.service.vip === service.vip && claim.service.port === service.port)
    .map((claim) => ({
      ...claim,
      servers: claim.servers.filter((s) => server === undefined || s.node === server),
    }))
    .filter((claim) => claim.servers.length > 0);
  return {
    plan,
    service,
    walk,
    lines: walk === undefined ? [] : describeWalk(walk),
    answered: replies[0]?.server,
    verdicts: judge(plan, claims, observations, health),
    kept,
  };
}

function pickService(plan: Plan, wanted: string | undefined): PlannedService {
  const names = plan.services.map((s) => endpoint(s.vip, s.port));
  const service = plan.services.find((s, index) =>
    wanted === undefined ? index === 0 : wanted === names[index] || wanted === s.vip,
  );
  if (service !== undefined) return service;
  throw new LabError(
    EXIT.badInput,
    wanted === undefined
      ? `lab ${plan.name} has no virtual service to trace`
      : `lab ${plan.name} has no service ${wanted}`,
    names.length === 0 ? {} : { mend: `its services: ${names.join(', ')}` },
  );
}

function pickClient(plan: Plan, service: PlannedService, wanted: string | undefined): string {
  const names = clientsOf(plan, service).map((node) => node.name);
  const client = wanted === undefined ? names[0] : names.find((name) => name === wanted);
  if (client !== undefined) return client;
  throw new LabError(
    EXIT.badInput,
    wanted === undefined
      ? `lab ${plan.name} has no client that can ask ${service.vip}`
      : `lab ${plan.name} has no client ${wanted} that can ask ${service.vip}`,
    names.length === 0 ? {} : { mend: `its clients: ${names.join(', ')}` },
  );
}

function keep(folder: string, captures: { node: string; device: string; pcap: Buffer }[]): string[] {
  try {
    mkdirSync(folder, { recursive: true });
    return captures.map(({ node, device, pcap }) => {
      const file = join(folder, `${node}-${device}.pcap`);
      writeFileSync(file, pcap);
      return file;
    });
  } catch (error) {
    throw new LabError(EXIT.badInput, `cannot keep the captures in ${folder}: ${(error as Error).message}`);
  }
}
