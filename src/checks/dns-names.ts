import { clientsOf } from '../plan/clients.ts';
import { directorRate, webServicesOf } from '../plan/name-services.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import type { Check } from '../proof/check.ts';
import {
  judgePools,
  judgeResolution,
  judgeScale,
  judgeSpread,
  requestsByName,
  type Resolved,
} from '../proof/judge-names.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { DnsName } from '../topology/types.ts';
import { askByName, downloadAtOnce, resolveName, type NamedReply } from '../traffic/by-name.ts';
import { largeFile } from '../traffic/transfer.ts';

/** Seconds of a measurement: TCP is at the link’s rate long before. */
const MEASURED = 2;

/** What the lab’s DNS names promise: who resolves them, where clients come to, and what several directors gain. */
export async function checkNames(plan: Plan, runtime: Runtime): Promise<Check[]> {
  const checks: Check[] = [];
  for (const name of plan.names ?? []) checks.push(...(await checkName(plan, runtime, name)));
  return checks;
}

async function checkName(plan: Plan, runtime: Runtime, name: DnsName): Promise<Check[]> {
  const services = webServicesOf(plan, name);
  const clients = plan.nodes.filter(({ role }) => role === 'client');
  const resolved: Resolved[] = [];
  // One client after the other: between two that ask by turns, one could always be the first.
  for (const { name: client } of clients)
    resolved.push({
      client,
      answers: await resolveName(runtime, client, name.name, 2 * name.addresses.length),
    });
  const resolution = judgeResolution(name, resolved);
  const [first] = services ?? [];
  if (services === undefined || first === undefined) return [resolution];
  const replies: NamedReply[] = [];
  // Where the name is not known all requests fail alike, each after its whole time.
  const known = resolved.every(({ answers }) => answers.every((answer) => answer.length > 0));
  const count = known ? requestsByName(name) : 1;
  const asking = clientsOf(plan, first.service);
  for (const client of asking)
    replies.push(...(await askByName(runtime, client.name, name.name, first.service, count)));
  const checks = [resolution, judgeSpread(name, services, replies), judgePools(name, services, replies)];
  const scale = await checkScale(
    plan,
    runtime,
    name,
    services.map(({ service }) => service),
  );
  return scale === undefined ? checks : [...checks, scale];
}

/** Undefined where no link limits the directors: then nothing is promised. */
async function checkScale(
  plan: Plan,
  runtime: Runtime,
  name: DnsName,
  services: PlannedService[],
): Promise<Check | undefined> {
  const [first] = services;
  const [client] = first === undefined ? [] : clientsOf(plan, first);
  const rates = services.map((service) => directorRate(plan, service));
  const directors = new Set(services.flatMap((service) => service.directors)).size;
  const [rate] = rates;
  if (first === undefined || client === undefined || rate === undefined) return undefined;
  if (directors < 2 || directors < services.length || rates.some((each) => each !== rate)) return undefined;
  const large = await largeFile(runtime, services, Math.ceil((rate / 8) * MEASURED * 2));
  const measure = (of: typeof services) => downloadAtOnce(runtime, client.name, of, MEASURED, large.name);
  let measured;
  try {
    measured = {
      one: await measure([first]),
      crowded: await measure(services.map(() => first)),
      spread: await measure(services),
    };
  } finally {
    await large.end();
  }
  return judgeScale(name, directors, measured);
}
