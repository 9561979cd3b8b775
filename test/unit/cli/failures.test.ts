import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addFailureCommands, wayOf } from '../../../src/cli/failures.ts';

describe('the way in which something fails', () => {
  it.each([
    [undefined, undefined, 'kill'],
    ['wrong', undefined, 'wrong'],
    [undefined, 'freeze', 'freeze'],
    ['freeze', 'freeze', 'freeze'],
  ] as const)('%s and --how %s: %s', (word, option, how) => {
    expect(wayOf(word, option)).toBe(how);
  });

  it('is said once', () => {
    expect(() => wayOf('wrong', 'kill')).toThrow('by wrong or by --how kill?');
  });

  it('is one of three, also as a word', async () => {
    const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    addFailureCommands(program);
    for (const command of program.commands)
      command.exitOverride().configureOutput({ writeErr: () => undefined });
    await expect(program.parseAsync(['fail', 'rs1', 'web', 'slowly'], { from: 'user' })).rejects.toThrow(
      "'slowly' is invalid for argument 'how'. Allowed choices are kill, freeze, wrong.",
    );
  });
});
