import type { Difference } from '../drift/compare.ts';
import { countAsHint } from '../records/exercise.ts';
import { failuresOf, type FailureAction } from '../records/failures.ts';
import type { LabRecord } from '../records/lab.ts';
import { labNames, lookUp } from '../records/lab.ts';
import { healthTroubles, type ServiceHealth } from '../proof/health.ts';
import { adoptLabs } from '../lifecycle/adopt.ts';
import { inspect, type Inspection } from '../lifecycle/differences.ts';
import { clusterState, lookAtDirectors, type ClusterState, type DirectorState } from '../checks/directors.ts';
import { findLab, healthOf, type LabHealth, type RunningLab } from '../lifecycle/existing.ts';
import { readHealth } from '../checks/health-state.ts';

export interface ListedLab {
  name: string;
  state: LabHealth;
  machine: string;
  runtime: string;
  /** What an embedded machine was booted with. */
  kernel?: NonNullable<LabRecord['kernel']>;
  topology: string;
  created: string;
  nodes: number;
  /** Of one whose record is `unreadable`, or that is `not-answering`. */
  why?: string;
}

/** Every lab, whatever has become of it. */
export async function list(): Promise<ListedLab[]> {
  await adoptLabs();
  return Promise.all(
    labNames().map(async (name): Promise<ListedLab> => {
      const found = lookUp(name);
      const nothing = { name, machine: '', runtime: '', topology: '', created: '', nodes: 0 };
      if (found === undefined) return { ...nothing, state: 'incomplete' };
      return 'record' in found
        ? { ...summary(found.record), state: await healthOf(found.record) }
        : { ...nothing, state: 'unreadable', why: found.unreadable.message };
    }),
  );
}

function summary(record: LabRecord): Omit<ListedLab, 'state'> {
  const { name, machine, runtime, kernel, topology, created, plan, unanswered } = record;
  return {
    ...{ name, machine, runtime, topology, created, nodes: plan.nodes.length },
    ...(kernel === undefined ? {} : { kernel }),
    ...(unanswered === undefined ? {} : { why: unanswered }),
  };
}

export interface StatusReport extends ListedLab {
  nodeStates: { name: string; role: string; state: string; addresses: string[]; daemons: DaemonState[] }[];
  directors: DirectorState[];
  /** Directors that stand in for one another. */
  clusters: ClusterState[];
  /** Interfaces that do not send plainly, be it the plan's doing or somebody's. */
  links: { node: string; device: string; quality: Record<string, string> }[];
  /** What failed on purpose, and was not healed. */
  failures: FailureAction[];
  /** Real servers that somebody looks after: what has become of them at each director. */
  health: HealthReport[];
  /** What the nodes have and the plan does not say, and the other way round. */
  differences: NodeDifference[];
  /** What could not be compared. */
  unread: { node: string; why: string }[];
}

/** A service's real servers at one director, and what is wrong with them, a sentence each. */
export interface HealthReport extends ServiceHealth {
  troubles: string[];
}

/** A difference without the commands that undo it. */
export type NodeDifference = { node: string } & Omit<Difference, 'fix'>;

export interface DaemonState {
  name: string;
  running: boolean;
}

/**
 * What a lab looks like now, for somebody who works at it: it counts as a hint in an exercise.
 * @param say told what it costs
 * @throws LabError badInput where there is no such lab
 */
export async function statusOfLab(
  reference: string | undefined,
  say: (text: string | undefined) => void,
): Promise<StatusReport> {
  const report = await status(await findLab(reference));
  say(await countAsHint(report.name, 'status'));
  return report;
}

/** What a lab's nodes, daemons and directors look like now. */
export async function status({ record, runtime }: RunningLab): Promise<StatusReport> {
  const { plan } = record;
  const states = new Map((await runtime.states()).map((s) => [s.node, s.state]));
  const alive = plan.nodes.filter((node) => states.get(node.name) === 'running');
  const directors = alive.filter((node) => node.role === 'director' && plan.services.length > 0);
  const [inspections, directorStates, health] = await Promise.all([
    inspect({ record, runtime }, alive),
    lookAtDirectors(plan, runtime, directors),
    readHealth(plan, runtime, directors),
  ]);
  return {
    ...summary(record),
    state: await healthOf(record),
    nodeStates: plan.nodes.map((node) => ({
      name: node.name,
      role: node.role,
      state: states.get(node.name) ?? 'dead',
      addresses: node.interfaces.flatMap((i) => i.addresses.map((a) => `${a.address}/${a.prefix}`)),
      daemons: daemonStates(inspections.find((i) => i.node === node)),
    })),
    directors: directorStates,
    clusters: (plan.clusters ?? []).map((cluster) => clusterState(cluster, inspections)),
    failures: failuresOf(record.name),
    health: health.map((each) => ({ ...each, troubles: healthTroubles(each) })),
    links: inspections.flatMap(({ node, found }) =>
      found.facts
        .filter((fact) => fact.kind === 'link quality')
        .map((fact) => ({ node: node.name, device: fact.name, quality: fact.attributes })),
    ),
    differences: nodeDifferences(inspections),
    unread: [
      ...plan.nodes.flatMap((node) => notRunning(node.name, states.get(node.name))),
      ...inspections.flatMap(({ node, found }) => found.unread.map(({ why }) => ({ node: node.name, why }))),
    ],
  };
}

/** Every node's differences, without the commands that undo them. */
export function nodeDifferences(inspections: Inspection[]): NodeDifference[] {
  return inspections.flatMap(({ node, differences }) =>
    differences.map(({ kind, name, state, changes }) => ({ node: node.name, kind, name, state, changes })),
  );
}

function notRunning(node: string, state: string | undefined): StatusReport['unread'] {
  if (state === 'running') return [];
  const why =
    state === 'restarted'
      ? 'it was restarted, and has lost its configuration; lab reset gives it back'
      : 'it does not run';
  return [{ node, why }];
}

function daemonStates(inspection: Inspection | undefined): DaemonState[] {
  const running = new Set(
    inspection?.found.facts.filter((fact) => fact.kind === 'daemon').map((fact) => fact.name),
  );
  return (inspection?.node.steps ?? []).flatMap((step) =>
    step.kind === 'daemon' ? [{ name: step.name, running: running.has(step.name) }] : [],
  );
}
