import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { textOrNothing } from '../../src/host/files.ts';
import { processTree } from '../../src/machine/processes.ts';
import { leftOf, user } from './cli.ts';

// Where there is one processor only, there is nothing to choose.
describe.skipIf(availableParallelism() < 2)('embedded labs', () => {
  const { state, lab } = user('placement');
  afterAll(async () => {
    await lab(['down', '--all']);
    expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
  });

  /** The processors on which the processes of a lab's guest may run, the kernel and those of its nodes. */
  function processorsOf(name: string): Set<string> {
    const holder = Number(readFileSync(join(state, name, 'holder'), 'utf8').split(' ')[0]);
    // The kernel is the one by whose file name it was started; what it starts has another. Some end as they are read.
    const guest = processTree(holder)
      .filter((pid) => /^(?:linux|uml)/.test(textOrNothing(`/proc/${pid}/comm`)))
      .map((pid) => /^Cpus_allowed_list:\s*(\S+)$/m.exec(textOrNothing(`/proc/${pid}/status`))?.[1])
      .filter((processors) => processors !== undefined);
    // The kernel, and the programs of four nodes.
    expect(guest.length).toBeGreaterThan(4);
    return new Set(guest);
  }

  it('are kept on one processor of the host each, the second on another one than the first', async () => {
    for (const name of ['one', 'two']) {
      const { code, stderr } = await lab(['up', 'nat', '--name', name, '--machine', 'embedded']);
      expect(code, stderr).toBe(0);
    }
    const [one, two] = [processorsOf('one'), processorsOf('two')];
    expect([...one]).toEqual([expect.stringMatching(/^\d+$/)]);
    expect([...two]).toEqual([expect.stringMatching(/^\d+$/)]);
    expect(one).not.toEqual(two);
  });
});
