import { expect, it } from 'vitest';
import { processorNamed } from '../../src/machine/processor.ts';
import { bootMachine } from './machine.ts';
import { DEBIAN, DEBIAN_ARM64 } from './systems.ts';

it.each([DEBIAN, DEBIAN_ARM64])('$name boots, and runs what it is sent', async (system) => {
  const machine = await bootMachine(system);
  try {
    expect(await machine.run('echo one; echo two >&2; exit 7')).toEqual({ code: 7, output: 'one\ntwo\n' });
    const { output } = await machine.run('uname -m');
    expect(processorNamed(output.trim())).toBe(system.processor);
  } finally {
    await machine.end();
  }
});
