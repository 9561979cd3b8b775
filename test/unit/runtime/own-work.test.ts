import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { agentBy } from '../../../src/runtime/agent.ts';
import { holdBy } from '../../../src/runtime/lease.ts';
import { assertOwnWork } from '../../../src/runtime/own-work.ts';

const result = (code: number) => ({ code, stdout: Buffer.alloc(0), stderr: '' });

describe('what agents do themselves', () => {
  it.each([':capture', ':sparse'])('is told where an older one takes %s for a program', async (word) => {
    // What such a one says.
    const said = `rs1: ${word} does not go on (exit code 127): ${word}: No such file or directory`;
    const hold = (argv: string[]) => {
      const script = 'printf "error %s\\n%s" ${#0} "$0"; cat >/dev/null';
      const agent = agentBy('rs1', () => spawn('sh', ['-c', script, said], { stdio: 'pipe' }));
      return holdBy(agent, [{ node: 'rs1', argv }]);
    };
    await expect(hold([word])).rejects.toMatchObject({
      message: 'the lab was made by an older version of this tool, and cannot do this',
      fix: 'make it anew: lab down, then lab up',
    });
    await expect(hold(['tail'])).rejects.toThrow(said);
    expect(() => assertOwnWork([{ node: 'rs1', argv: [word] }], [result(127)])).toThrow('older version');
  });

  it('may fail otherwise, and a program may be missing', () => {
    const jobs = [':forget', 'tail'].map((word) => ({ node: 'rs1', argv: [word] }));
    expect(assertOwnWork(jobs, [result(1), result(127)])).toHaveLength(2);
  });
});
