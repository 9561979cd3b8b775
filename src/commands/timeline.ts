import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, LabError } from '../errors.ts';
import { clientsOf } from '../plan/clients.ts';
import { isProxied } from '../plan/haproxy.ts';
import { noticedWithin } from '../plan/health.ts';
import { webServicesOf } from '../plan/name-services.ts';
import { serviceName } from '../plan/service-name.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import { noticed, type Noticed } from '../proof/noticed.ts';
import { outageFinder, type Outage } from '../proof/outages.ts';
import type { Following } from '../traffic/lines.ts';
import { askNameSteadily, askSteadily, type Pace, type SteadyRequest } from '../traffic/steady.ts';
import type { RunningLab } from '../lifecycle/existing.ts';
import { openJournal, type Journal, type TimelineEvent } from '../timeline/journal.ts';
import { followAnnouncements, followLogs, lookAtTables } from '../timeline/observers.ts';
import { checkStep, doStep, type ScenarioStep } from '../timeline/scenario.ts';
import { vantageBefore } from '../timeline/vantage.ts';
import { counted } from '../topology/counted.ts';

/** What a client saw that asked a service all the time. */
export interface SteadyReport {
  client: string;
  /** The service, or the name, that it asked. */
  service: string;
  sent: number;
  failed: number;
  /** How many each real server answered. */
  servers: Record<string, number>;
  outages: Outage[];
  /** Every request, in order. */
  requests: SteadyRequest[];
}

export interface TimelineReport {
  lab: string;
  /** ISO 8601. */
  from: string;
  until: string;
  events: TimelineEvent[];
  clients: SteadyReport[];
  /** What each thing that was done changed in the directors' tables. */
  noticed: Noticed[];
  /** Of services whose real servers are looked after: seconds in which a failure is noticed at worst. */
  promised: { service: string; by: string; within: number }[];
}

export interface TimelineOptions extends Pace {
  /** Seconds; undefined: until the signal. */
  seconds: number | undefined;
  steps: ScenarioStep[];
  signal: AbortSignal;
  /** @param from when the timeline began; milliseconds since 1970 */
  onEvent: (event: TimelineEvent, from: number) => void;
}

/** Milliseconds for which a request may be under way when something is done, and fail by it. */
const UNDER_WAY = 150;

/**
 * Lets a client of each web service ask all the time, does to the lab what it is told, and notes what happens: at the
 * clients, in the directors' tables, in daemons' logs, and who announces which address.
 * @throws LabError badInput where a step names what the lab does not have
 */
export async function timeline(lab: RunningLab, options: TimelineOptions): Promise<TimelineReport> {
  for (const step of options.steps) checkStep(lab, step);
  const { plan } = lab.record;
  const { clock, directors, holders } = await vantageBefore(lab);
  const from = Date.now();
  const journal = openJournal((event) => {
    options.onEvent(event, from);
  });
  const { events, note } = journal;
  const asking = whoAsks(lab, options);
  const reports = asking.map(({ client, service }): SteadyReport => ({
    client,
    service,
    sent: 0,
    failed: 0,
    servers: {},
    outages: [],
    requests: [],
  }));
  const followed = [
    ...asking.map(({ client, ask }, index) => {
      const report = reports[index] as SteadyReport;
      const tell = (text: string, time: number) => {
        note('requests', client, `${report.service}: ${text}`, { time });
      };
      const finder = outageFinder(
        ({ from, until, errors }) => {
          // One that was under way when something was done fails because of it, and is told of after it.
          const begun = journal.begunBetween(from, Math.min(until, from + UNDER_WAY));
          tell(`requests fail: ${errors[0] ?? ''}`, begun ?? from);
        },
        ({ from, failed }, answered) => {
          const seconds = ((answered - from) / 1000).toFixed(1);
          tell(`answered again after ${seconds} s, ${counted(failed, 'request')} failed`, answered);
        },
      );
      report.outages = finder.found;
      return ask((request) => {
        report.requests.push(request);
        finder.next(request);
      });
    }),
    ...followLogs(lab, note, clock),
    ...followAnnouncements(lab, note, clock),
  ];
  const looking = lookAtTables(lab, note, options.signal);
  try {
    await play(lab, options, journal);
  } finally {
    await Promise.all([...followed.map((each) => each.end()), looking.end()]);
  }
  for (const report of reports) summarise(report);
  events.sort((a, b) => a.time.localeCompare(b.time));
  return {
    lab: lab.record.name,
    from: new Date(from).toISOString(),
    until: new Date().toISOString(),
    events,
    clients: reports,
    // Where no director has a table, that none changed says nothing.
    noticed: plan.services.every(isProxied) ? [] : noticed(events, { directors, holders, clients: reports }),
    promised: promised(plan),
  };
}

/** A client that asks, and how it is set going. */
interface Asking {
  client: string;
  service: string;
  ask: (onRequest: (request: SteadyRequest) => void) => Following;
}

/** A client of each web service, and one of each name that leads to web services. */
function whoAsks({ record: { plan }, runtime }: RunningLab, pace: Pace): Asking[] {
  const first = (service: PlannedService) => clientsOf(plan, service).slice(0, 1);
  const services = plan.services
    .filter((service) => service.application !== 'dns')
    .flatMap((service) =>
      first(service).map(({ name: client }): Asking => ({
        client,
        service: serviceName(service),
        ask: (onRequest) => askSteadily(runtime, client, service, pace, onRequest),
      })),
    );
  const names = (plan.names ?? []).flatMap((name) => {
    const [led] = webServicesOf(plan, name) ?? [];
    if (led === undefined) return [];
    return first(led.service).map(({ name: client }): Asking => ({
      client,
      service: name.name,
      ask: (onRequest) => askNameSteadily(runtime, client, name.name, led.service, pace, onRequest),
    }));
  });
  return [...services, ...names];
}

async function play(
  lab: RunningLab,
  { steps, seconds, signal }: TimelineOptions,
  { act }: Journal,
): Promise<void> {
  const began = performance.now();
  const until = async (at: number) => {
    await sleep(Math.max(0, began + at * 1000 - performance.now()), undefined, { signal });
  };
  try {
    for (const step of steps.toSorted((a, b) => a.at - b.at)) {
      await until(step.at);
      await act(step, () => doStep(lab, step));
    }
    // Timers end at about 24 days.
    await until(seconds ?? 1_000_000);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function promised({ services }: Plan): TimelineReport['promised'] {
  return services.flatMap((service) => {
    const within = noticedWithin(service);
    return within === undefined
      ? []
      : [{ service: serviceName(service), by: service.health?.by ?? '', within }];
  });
}

function summarise(report: SteadyReport): void {
  report.sent = report.requests.length;
  for (const { server } of report.requests)
    if (server === undefined) report.failed += 1;
    else report.servers[server] = (report.servers[server] ?? 0) + 1;
}

/** @throws LabError badInput where a lab has nothing to look at */
export function assertVisible({ record }: RunningLab): void {
  if (record.plan.services.length === 0)
    throw new LabError(EXIT.badInput, `lab ${record.name} has no virtual service`, {
      fix: 'a timeline is of requests to virtual services; take another lab',
    });
}
