import { EXIT, LabError } from '../errors.ts';
import { findNode } from '../lifecycle/existing.ts';

/**
 * The logs of a node's daemons.
 * @param daemon only this one's
 * @param lines how many of the last lines of each file
 */
export async function logs(
  reference: string,
  daemon: string | undefined,
  lines: number,
): Promise<{ file: string; text: string }[]> {
  const { record, runtime, node } = await findNode(reference);
  const daemons =
    record.plan.nodes.find((n) => n.name === node)?.steps.filter((s) => s.kind === 'daemon') ?? [];
  const wanted = daemons.filter((d) => daemon === undefined || d.name === daemon);
  if (wanted.length === 0)
    throw new LabError(
      EXIT.badInput,
      daemon === undefined ? `${node} runs no daemon` : `${node} runs no daemon ${daemon}`,
      daemons.length === 0 ? {} : { fix: `its daemons: ${daemons.map((d) => d.name).join(', ')}` },
    );
  const files = wanted.flatMap((d) => d.logs);
  const results = await runtime.exec(
    files.map((file) => ({ node, argv: ['tail', '-n', String(lines), file] })),
  );
  return files.map((file, index) => ({ file, text: results[index]?.stdout.toString() ?? '' }));
}
