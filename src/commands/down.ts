import { classNames, holdClass, removeClass } from '../records/class.ts';
import { closeGateway } from '../records/class-gateway.ts';
import { EXIT, LabError } from '../errors.ts';
import { holdLab, labExists, labNames } from '../records/lab.ts';
import { assertLabName } from '../state/lab-names.ts';
import { seconds, type Progress } from '../terminal/progress.ts';
import { adoptLabs } from '../lifecycle/adopt.ts';
import { takeDown } from '../lifecycle/existing.ts';

/**
 * Takes labs down; one that is not up is down already.
 * @param name undefined: the only one that is up
 * @param options.forget what is on an engine or another host is left alone
 * @returns the names of the labs that were there and are no more
 */
export async function down(
  name: string | undefined,
  { all, forget }: { all: boolean; forget: boolean },
  progress: Progress,
): Promise<string[]> {
  if (name !== undefined) assertLabName(name);
  await adoptLabs(name);
  // Who brings a class up goes on with its next seat, unless that is waited for.
  const classes = all ? classNames() : [];
  const held = await Promise.all(classes.map((each) => holdClass(each)));
  for (const each of classes) await closeGateway(each);
  const names = labNames();
  if (name === undefined && !all && names.length > 1)
    throw new LabError(EXIT.badInput, `several labs are up: ${names.join(', ')}`, {
      fix: 'name the one to take down, or take down every one: lab down --all',
    });
  const wanted = all || name === undefined ? names : [name];
  const ended: string[] = [];
  for (const lab of wanted) {
    if (!labExists(lab)) continue;
    const task = progress.start(lab, 'taking down');
    const began = performance.now();
    try {
      const unknown = await endLab(lab, forget, () => {
        task.update('another command is working on it; waiting');
      });
      if (unknown !== undefined)
        progress.warn(
          `${unknown.message}; it is gone from this host; what it had on a Docker engine or another host, if anything, could still be there`,
        );
    } catch (error) {
      task.fail();
      throw error;
    }
    task.done(`down  ${seconds(performance.now() - began)}`);
    ended.push(lab);
  }
  if (ended.length === 0) progress.note(name === undefined ? 'no lab is up' : `${name} is not up`);
  for (const each of classes) removeClass(each);
  for (const lock of held) await lock.release();
  return ended;
}

/**
 * Takes one lab down, once whoever works on it is done.
 * @returns why its record could not be read, where that is so
 */
export async function endLab(
  lab: string,
  forget: boolean,
  onWait: () => void,
): Promise<LabError | undefined> {
  const lock = await holdLab(lab, onWait);
  try {
    return await takeDown(lab, { forget });
  } finally {
    await lock.release();
  }
}
