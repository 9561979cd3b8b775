import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { agentBy } from '../../../src/runtime/agent.ts';

function agentOf(script: string) {
  return agentBy('rs1', () => spawn('sh', ['-c', script], { stdio: 'pipe' }));
}

describe('a conversation with an agent', () => {
  it('takes the answers in order, however they are cut', async () => {
    const agent = agentOf(
      'read a; read b; printf "ok 5\\nab"; sleep 0.1; printf "cde"; read c; printf "ok 0\\n"; cat',
    );
    const answers = await Promise.all([agent.request([['run']]), agent.request([])]);
    expect(answers.map(String)).toEqual(['abcde', '']);
  });

  it('reports an error in the words of the agent', async () => {
    await expect(agentOf('printf "error 9\\nno device"; cat').request([])).rejects.toThrow(
      'on rs1: no device',
    );
  });

  it('takes what follows an answer and is none for no answer', async () => {
    const agent = agentOf('printf "ok 4\nfineend\nor so\n"; read a; exit 1');
    expect(String(await agent.request([]))).toBe('fine');
    await expect(agent.request([])).rejects.toThrow('on rs1: end\nor so');
  });

  it.each([
    ['OCI runtime exec failed: exec failed: container is not running\\n', 'container is not running'],
    ['what is no answer at all', 'no answer at all'],
  ])('ends with what an engine says in its place', async (said, expected) => {
    await expect(agentOf(`printf "${said}"`).request([])).rejects.toThrow(expected);
  });

  it('ends where it stops answering', async () => {
    await expect(agentOf('exit 1').request([])).rejects.toThrow('it stopped answering');
  });

  it.each([
    [
      'announces more than any answer has',
      'printf "ok 99999999999\\nab"; cat',
      'an answer of 99999999999 bytes',
    ],
    ['says what is no answer and never ends', 'yes nonsense', 'what came is no answer: nonsense'],
    [
      'complains without end before it stops',
      'yes because | head -c 3000000 >&2; echo at last >&2',
      'at last',
    ],
  ])('ends where an agent %s', async (_, script, expected) => {
    const agent = agentOf(script);
    const said = await agent.request([]).then(
      () => 'an answer',
      (error: unknown) => (error as Error).message,
    );
    expect(said).toContain(expected);
    expect(said.length).toBeLessThan(70_000);
    // What is said to the next one goes to a new agent.
    await expect(agent.request([])).rejects.toThrow(expected);
  });

  it('takes a large answer in the time that its bytes take', async () => {
    const agent = agentOf('read a; printf "ok 200000000\\n"; head -c 200000000 /dev/zero; cat');
    expect((await agent.request([])).length).toBe(200_000_000);
  });
});
