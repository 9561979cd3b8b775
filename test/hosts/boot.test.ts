import { expect, it } from 'vitest';
import { bootMachine } from './machine.ts';
import { DEBIAN } from './systems.ts';

it.each([DEBIAN])('$name boots, and runs what it is sent', async (system) => {
  const machine = await bootMachine(system);
  try {
    expect(await machine.run('echo one; echo two >&2; exit 7')).toEqual({ code: 7, output: 'one\ntwo\n' });
    expect((await machine.run('uname -m')).output).toBe('x86_64\n');
  } finally {
    await machine.end();
  }
});
