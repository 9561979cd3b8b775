import { randomBytes } from 'node:crypto';
import { explain } from '../causes/explain.ts';
import { lookScript, questionsFor, readLook } from '../causes/look.ts';
import type { NodeLook } from '../causes/state.ts';
import { LabError } from '../errors.ts';
import { interruptSignal } from '../host/interrupt.ts';
import { conclude, lossesOf, type Examined, type Verdict } from '../proof/verdict.ts';
import type { Loss } from '../proof/loss.ts';
import { inspect } from '../lifecycle/differences.ts';
import type { RunningLab } from '../lifecycle/existing.ts';

/**
 * The verdicts, with what the nodes' own settings say of each failure. Only nodes where something was lost are asked;
 * a lab in which everything holds costs nothing more.
 */
export async function concludeWith(lab: RunningLab, examined: Examined[]): Promise<Verdict[]> {
  const losses = lossesOf(examined);
  if (losses.length === 0) return conclude(examined);
  const states = await look(lab, losses).catch((error: unknown) => {
    interruptSignal.throwIfAborted();
    // The verdicts are from packets: without the nodes' settings they stand as well.
    if (!(error instanceof LabError)) throw error;
    return new Map<string, NodeLook>();
  });
  return conclude(examined, (own) => explain(lab.record.plan, own, states));
}

/** Reads the nodes where something was lost; those that cannot be read are left out. */
async function look(lab: RunningLab, losses: Loss[]): Promise<Map<string, NodeLook>> {
  const { plan } = lab.record;
  const nodes = plan.nodes.filter((node) => losses.some((loss) => loss.node === node.name));
  const marker = `end-${randomBytes(12).toString('hex')}`;
  const [inspections, looks] = await Promise.all([
    inspect(lab, nodes),
    lab.runtime.exec(
      nodes.map((node) => {
        const own = losses.filter((loss) => loss.node === node.name);
        const questions = [...new Set(own.flatMap((loss) => questionsFor(loss, plan.services)))];
        return { node: node.name, argv: ['sh'], input: lookScript(node, questions, marker) };
      }),
    ),
  ]);
  return new Map(
    inspections.map(({ node, found, differences }, index) => [
      node.name,
      {
        node: node.name,
        facts: found.facts,
        differences,
        ...readLook(looks[index]?.stdout.toString() ?? '', marker),
      },
    ]),
  );
}
