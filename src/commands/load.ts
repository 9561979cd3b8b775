import { EXIT, LabError } from '../errors.ts';
import { interruptSignal } from '../host/interrupt.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import { endpoint } from '../topology/endpoint.ts';
import type { Progress } from '../terminal/progress.ts';
import { loadFigures, type LoadFigures } from '../traffic/load-figures.ts';
import { driveLoad } from '../traffic/load.ts';
import type { RunningLab } from '../lifecycle/existing.ts';
import { serviceName } from '../plan/service-name.ts';
import { pickClients, pickService } from '../lifecycle/pick.ts';
import { counted } from '../topology/counted.ts';

export interface LoadRequest {
  /** `VIP:PORT`; undefined: the first that speaks TCP. */
  service: string | undefined;
  /** A node; undefined: every client. */
  client: string | undefined;
  /** Whole seconds. */
  seconds: number;
  /** Open at once, from each client. */
  connections: number;
  /** Use a connection again after its first answer. */
  keepAlive: boolean;
}

export interface LoadReport extends LoadFigures {
  lab: string;
  /** `VIP:PORT` */
  service: string;
  clients: string[];
  /** Open at once, from each client. */
  connections: number;
  keepAlive: boolean;
}

/** Longest load, in seconds. */
export const LONGEST = 3600;
/** What the web servers of a lab can hold open, and a node's limit of open files. */
export const MOST_CONNECTIONS = 1000;

/**
 * Drives a virtual service with wrk.
 * @throws LabError badInput where there is nothing to drive or nobody to drive it; labFailed where wrk does not run
 */
export async function load(
  { record, runtime }: RunningLab,
  request: LoadRequest,
  progress: Progress,
): Promise<LoadReport> {
  const { plan } = record;
  const { seconds, connections, keepAlive } = request;
  const service = drivable(plan, request.service);
  const clients = pickClients(plan, service, request.client);
  const where = endpoint(service.vip, service.port);
  const scheme = service.application === 'https' ? 'https' : 'http';
  const task = progress.start('load', `${where} from ${clients.join(', ')}`);
  try {
    const order = { url: `${scheme}://${where}/`, connections, seconds, keepAlive };
    const loads = await driveLoad(runtime, clients, order, {
      second: (second, answers) => {
        task.update(`${second} of ${seconds} s, ${answers} answers`);
      },
      signal: interruptSignal,
    });
    const servers = service.servers.map((server) => server.node);
    const figures = loadFigures(loads, servers, seconds);
    task.done(`${counted(figures.requests, 'request')} to ${where} in ${figures.seconds.toFixed(1)} s`);
    return { lab: plan.name, service: where, clients, connections, keepAlive, ...figures };
  } catch (error) {
    task.fail();
    throw error;
  }
}

/** The service that is meant, or the first that wrk, which speaks HTTP over TCP, can drive. */
function drivable(plan: Plan, wanted: string | undefined): PlannedService {
  const able = plan.services.filter(speaksHttp);
  const service = pickService(
    wanted === undefined && able.length > 0 ? { ...plan, services: able } : plan,
    wanted,
  );
  if (speaksHttp(service)) return service;
  throw new LabError(EXIT.badInput, `${serviceName(service)} is ${service.application}, and load is HTTP`, {
    fix:
      able.length === 0
        ? `lab ${plan.name} has no HTTP service to drive: ask a DNS one with drill from a client`
        : `drive another: ${able.map((s) => `--service ${serviceName(s)}`).join(', ')}`,
  });
}

function speaksHttp({ application }: PlannedService): boolean {
  return application !== 'dns';
}
