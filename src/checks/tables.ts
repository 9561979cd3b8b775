import { aboutService } from '../drift/about-service.ts';
import { tableScript } from '../drift/dump.ts';
import type { FactKind } from '../drift/facts.ts';
import { markName } from '../drift/fact-names.ts';
import { isProxied } from '../plan/haproxy.ts';
import { isSameService, serviceName } from '../plan/service-name.ts';
import type { PlannedNode, PlannedService } from '../plan/types.ts';
import type { Check } from '../proof/check.ts';
import { judgeShared, judgeTable, type TableLook } from '../proof/judge-table.ts';
import { inspect, type Inspection } from '../lifecycle/differences.ts';
import type { RunningLab } from '../lifecycle/existing.ts';

/** The directors' tables held against the plan. */
export interface TableChecks {
  /** A row for each service of a table: of those that share a mark one, with the first of them. */
  of: { services: PlannedService[]; check: Check }[];
  /** What differs and belongs to all services. */
  shared: Check[];
}

/** Reads the directors' tables and compares them with the plan, before anything is judged that rests on them. */
export async function checkTables(lab: RunningLab): Promise<TableChecks> {
  const { plan } = lab.record;
  const states = await lab.runtime.states();
  const running = states.filter(({ state }) => state === 'running').map(({ node }) => node);
  const directors = plan.nodes.filter(
    ({ name }) =>
      running.includes(name) &&
      plan.services.some((service) => !isProxied(service) && service.directors.includes(name)),
  );
  const inspections = directors.length === 0 ? [] : await inspect(lab, directors, tableScript);
  const groups = plan.services
    .filter((service) => !isProxied(service))
    .reduce<PlannedService[][]>(grouped, []);
  return {
    of: groups.flatMap((services) => {
      const looks = looksAt(services, inspections);
      return [{ services, check: judgeTable(services, looks) }];
    }),
    shared: judgeShared(
      inspections.flatMap(({ node, differences }) =>
        plan.services
          .filter((service) => service.directors.includes(node.name))
          .slice(0, 1)
          .map((service) => ({
            director: node.name,
            differences: aboutService(node, service, differences).shared,
          })),
      ),
    ),
  };
}

/** The row that a service's promises rest on. */
export function tableOf({ of }: TableChecks, service: PlannedService): Check | undefined {
  return of.find(({ services }) => services.some((s) => isSameService(s, service)))?.check;
}

/** Services with one mark and the same directors are one to those. */
function grouped(groups: PlannedService[][], service: PlannedService): PlannedService[][] {
  const group = groups.find(
    ([first]) =>
      service.mark !== undefined &&
      first?.mark === service.mark &&
      first.directors.join() === service.directors.join(),
  );
  if (group === undefined) return [...groups, [service]];
  group.push(service);
  return groups;
}

/** One look for each director that runs: one that does not is said by what follows from it. */
function looksAt(services: PlannedService[], inspections: Inspection[]): TableLook[] {
  const [service] = services;
  if (service === undefined) return [];
  const asked: FactKind[] = [
    'service',
    'real server',
    ...(service.mark === undefined ? [] : ['mark' as const]),
  ];
  return inspections
    .filter(({ node }) => service.directors.includes(node.name))
    .map(({ node, found, differences }) => {
      const { name = '', own } = aboutService(node, service, differences);
      return {
        director: node.name,
        differences: own,
        unread: found.unread
          .filter(({ kinds }) => kinds.some((kind) => asked.includes(kind)))
          .map(({ why }) => why),
        marks: marksOf(node),
        lines: found.facts
          .filter((fact) => fact.name === name || fact.name.startsWith(`${name} → `))
          .map((fact) => [fact.name, ...Object.entries(fact.attributes).flat()].join(' ')),
      };
    });
}

function marksOf(node: PlannedNode): TableLook['marks'] {
  return Object.fromEntries(
    node.steps.flatMap((step) =>
      step.kind === 'mark'
        ? [[markName(step.device, step.rule), `mark ${step.mark} for ${serviceName(step)} on ${step.device}`]]
        : [],
    ),
  );
}
