import { execa } from 'execa';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, leftOf, user } from './cli.ts';

describe('at a terminal', { timeout: 200_000 }, () => {
  const me = user('terminal');
  const { lab } = me;

  beforeAll(async () => {
    const up = await lab(['up', 'nat']);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    expect((await lab(['down', 'nat'])).code).toBe(0);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
  });

  /** A shell with job control at a terminal of its own, where one types and waits for what is to be seen. */
  async function atShell(
    work: (type: (text: string, seen: RegExp | number) => Promise<void>) => Promise<void>,
  ): Promise<string> {
    // `script` is the terminal of the person who types.
    const shell = execa('script', ['-qec', 'bash --norc --noprofile -i', '/dev/null'], {
      env: { ...me.env, TERM: 'dumb' },
      stdin: 'pipe',
      reject: false,
      timeout: 150_000,
      forceKillAfterDelay: 100,
    });
    let shown = '';
    shell.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    const fresh = (from: number) => shown.slice(from).replaceAll('\r', '');
    await work(async (text, seen) => {
      const from = shown.length;
      shell.stdin.write(text);
      if (typeof seen === 'number') await sleep(seen);
      else await expect.poll(() => fresh(from), { timeout: 15_000, interval: 50 }).toMatch(seen);
    });
    shell.stdin.write('exit\n');
    await shell;
    return shown.replaceAll('\r', '');
  }

  const run = (...argv: string[]) => `node ${BIN} ${argv.join(' ')}`;
  const exec = (...argv: string[]) => run('exec', 'client', '--', ...argv);

  it('a command in the background leaves what is typed to the shell', async () => {
    await atShell(async (type) => {
      await type(`${exec('sh', '-c', "'cat; echo began; sleep 8; echo ended-$((40+2))'")} &\n`, /began$/m);
      for (const n of [1, 2, 3, 4, 5, 6])
        await type(`echo typed-$((20+${n}))\n`, new RegExp(`^typed-2${n}$`, 'm'));
      await type('wait; echo code-$?\n', /ended-42[^]*^code-0$/m);
    });
  });

  it('a command in the foreground gets what is typed, its end and Ctrl-C', async () => {
    await atShell(async (type) => {
      await type(`${exec('sh', '-c', "'echo began; cat'")}\n`, /^began$/m);
      await type('to the command\n', /^to the command\nto the command$/m);
      await type('\x04', /# $/);
      await type('echo code-$?\n', /^code-0$/m);
      await type(`${exec('sh', '-c', "'echo began; sleep 6200'")}\n`, /^began$/m);
      await type('\x03', /# $/);
      await type('echo code-$?\n', /^code-130$/m);
      await type(`echo piped | ${exec('cat')}\n`, /^piped$/m);
    });
  });

  it('a command that is stopped and goes on in the background reads nothing until it is in the foreground', async () => {
    await atShell(async (type) => {
      await type(`${exec('sh', '-c', "'echo began; cat'")}\n`, /^began$/m);
      await type('\x1a', /Stopped/);
      await type('echo typed-$((20+1))\n', /^typed-21$/m);
      await type('bg\n', 300);
      await type('echo typed-$((20+2))\n', /^typed-22$/m);
      await type('fg\n', 500);
      await type('again\n', /^again\nagain$/m);
      await type('\x04', /# $/);
    });
  });

  it('a shell in the background waits for the foreground', async () => {
    await atShell(async (type) => {
      await type(`${run('shell', 'client')} &\n`, 1500);
      await type('echo typed-$((20+1))\n', /^typed-21$[^]*Stopped/m);
      await type('fg\n', /nat\/client:~# $/);
      await type('hostname; exit 3\n', /^client\nexit\n[^]*# $/m);
      await type('echo code-$?\n', /^code-3$/m);
    });
  });

  it.each(['test', 'trace', 'load', 'check'])('Ctrl-C in %s says that it was interrupted', async (verb) => {
    if (verb === 'check') expect((await lab(['break', 'nat', 'weight-zero'])).code).toBe(0);
    expect((await lab(['link', 'client', '--delay', '700ms'])).code).toBe(0);
    const shown = await atShell(async (type) => {
      await type(`${run(verb)}\n`, 1500);
      await type('\x03', /error: interrupted by SIGINT$/m);
      await type('echo code-$?\n', /^code-130$/m);
    });
    expect(shown).not.toContain('stopped answering');
    expect((await lab(['reset', 'nat'])).code).toBe(0);
  });
});
