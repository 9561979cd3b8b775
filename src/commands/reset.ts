import { fixCommands } from '../drift/compare.ts';
import { commandText, fixScript } from '../plan/script.ts';
import { inspect, type Inspection } from '../lifecycle/differences.ts';
import { healAll } from '../lifecycle/fail.ts';
import { findScope, type RunningLab } from '../lifecycle/existing.ts';
import { countAsHint, forfeit } from '../records/exercise.ts';
import { settle } from '../lifecycle/settle.ts';
import { inTurn } from '../lifecycle/turn.ts';
import { nodeDifferences, type NodeDifference } from './status.ts';

export interface ResetReport {
  lab: string;
  /** Nothing was done, only said. */
  dryRun: boolean;
  /** What differed from the plan. */
  differences: NodeDifference[];
  /** Commands that put it back, as one would type them on the node. */
  commands: { node: string; command: string }[];
  /** What still differs afterwards; empty after a dry run. */
  left: NodeDifference[];
  /** Nodes that do not run, of those that were meant. */
  dead: string[];
  /** What commands said that failed. */
  failures: { node: string; said: string }[];
  /** What could not be compared. */
  unread: { node: string; why: string }[];
}

/** Putting one thing back can take another away (the last address of a device takes its routes), so it looks again. */
const MOST_ROUNDS = 3;

/**
 * Puts a lab, or one of its nodes, back as somebody who works at it: an exercise is given up by that, and a look at what would
 * be done counts as a hint in it.
 * @param say told, before anything is done, what it costs in an exercise
 * @throws LabError badInput where there is no such lab or node
 */
export async function resetLab(
  reference: string | undefined,
  node: string | undefined,
  dryRun: boolean,
  say: (text: string | undefined) => void,
): Promise<ResetReport> {
  const scope = await findScope(reference, node);
  const { name } = scope.record;
  say(await (dryRun ? countAsHint(name, 'reset --dry-run') : forfeit(name)));
  return reset(scope, scope.node, dryRun);
}

/**
 * Puts nodes back to what the plan says, without taking the lab down: also removes what was added. Connections that
 * the director knows stay as they are; what nodes have learnt of each other's MAC addresses is forgotten.
 * @param node undefined: every node
 */
export async function reset(
  lab: RunningLab,
  node: string | undefined,
  dryRun: boolean,
): Promise<ResetReport> {
  return dryRun ? resetNow(lab, node, true) : inTurn(lab, () => resetNow(lab, node, false));
}

async function resetNow(lab: RunningLab, node: string | undefined, dryRun: boolean): Promise<ResetReport> {
  const { record, runtime } = lab;
  const isMeant = (n: { name: string }) => node === undefined || n.name === node;
  // A node that was restarted has lost all it was told: that, too, differs from the plan.
  const revived = dryRun ? [] : await runtime.revive(record.plan);
  // What failed on purpose does not all show in what a node says of itself: a frozen daemon runs.
  if (!dryRun) await healAll(lab, node);
  const running = new Set((await runtime.states()).filter((s) => s.state === 'running').map((s) => s.node));
  const alive = record.plan.nodes.filter((n) => running.has(n.name));
  const nodes = alive.filter((n) => isMeant(n) || revived.includes(n.name));
  let inspections = await inspect(lab, nodes);
  const report: ResetReport = {
    lab: record.name,
    dryRun,
    differences: nodeDifferences(inspections),
    commands: inspections.flatMap((i) =>
      fixCommands(i.differences).map((c) => ({ node: i.node.name, command: commandText(c) })),
    ),
    left: [],
    dead: record.plan.nodes.filter((n) => isMeant(n) && !running.has(n.name)).map((n) => n.name),
    failures: [],
    unread: inspections.flatMap((i) => i.found.unread.map(({ why }) => ({ node: i.node.name, why }))),
  };
  if (dryRun) return report;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const different = inspections.filter((i) => i.differences.length > 0);
    if (different.length === 0) break;
    report.failures = await fix(lab, different);
    inspections = await inspect(lab, nodes);
  }
  await settle(record.plan, runtime);
  report.left = nodeDifferences(inspections);
  // A wrong MAC for the VIP outlives the fix of what made the neighbours learn it.
  await runtime.exec(alive.map((n) => ({ node: n.name, argv: ['ip', 'neigh', 'flush', 'all'] })));
  return report;
}

async function fix({ runtime }: RunningLab, different: Inspection[]): Promise<ResetReport['failures']> {
  const results = await runtime.exec(
    different.map(({ node, differences }) => ({
      node: node.name,
      argv: ['sh'],
      input: fixScript(fixCommands(differences)),
    })),
  );
  return results.flatMap((result, index) => {
    const said = result.stderr.trim();
    return said === '' ? [] : [{ node: different[index]?.node.name ?? '', said }];
  });
}
