import { execa } from 'execa';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Check } from '../../src/proof/check.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { BIN, leftOf, marked, user } from './cli.ts';
import { runtimeBy } from './holder.ts';

const NODES = ['client', 'director', 'rs1', 'rs2'];
/** How long a test takes with such a link is long enough to be interrupted at any point of it. */
const SLOW = ['link', 'client', '--delay', '100ms'];
/** And a trace, which sends one request. */
const SLOWER = ['link', 'client', '--delay', '500ms'];

describe('a command that is ended before its time', { timeout: 300_000 }, () => {
  const me = user('interrupt');
  const { lab, on, json } = me;
  let runtime: Runtime;
  let before: string[];

  /** Every process of the nodes, every file where commands put some, and every socket by which frames are captured. */
  async function there(): Promise<string[]> {
    const look =
      'ps -eo args=; ls -A /run/* /tmp /srv/www /srv/www/upload 2>/dev/null; sed "1d; s/.*/packet socket/" /proc/net/packet';
    const results = await runtime.exec(NODES.map((node) => ({ node, argv: ['sh', '-c', look] })));
    return results.flatMap(({ stdout }, index) =>
      stdout
        .toString()
        .split('\n')
        .filter((row) => row !== '' && !/^(sh -c ps|ps -eo)/.test(row))
        .map((row) => `${NODES[index] ?? ''}: ${row}`),
    );
  }

  const start = (...argv: string[]) => {
    const [program, ...rest] = marked(me.state, ['node', BIN, ...argv]);
    return execa(program, rest, { env: me.env, stdin: 'ignore', reject: false, cleanup: false });
  };
  /** Waits until a command has something on a node. */
  const atWork = (what: RegExp) =>
    expect
      .poll(async () => (await there()).some((row) => what.test(row)), { timeout: 60_000, interval: 20 })
      .toBe(true);
  const nothingLeft = () => expect.poll(there, { timeout: 8_000, interval: 200 }).toEqual(before);

  beforeAll(async () => {
    const up = await lab(['up', 'nat']);
    expect(up.code, up.stderr).toBe(0);
    expect((await lab(SLOW)).code).toBe(0);
    runtime = runtimeBy({ kind: 'embedded', folder: join(me.state, 'nat') });
    // A first one leaves the number of its last client port, and the web servers' folder for uploads.
    for (const node of ['rs1', 'rs2']) await on(node, 'mkdir -p /srv/www/upload');
    expect((await lab(['test'])).code).toBe(0);
    before = await there();
  });
  beforeEach(async () => {
    await nothingLeft();
  });
  afterAll(async () => {
    expect((await lab(['down', 'nat'])).code).toBe(0);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
  });

  const ends = [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGKILL', undefined],
  ] as const;

  describe.each(ends)('by %s', (signal, code) => {
    it.each([
      ['as it begins to capture', /packet socket/, 0],
      ['in its requests', /curl (--fail-early )?-K/, 0],
      ['a little later', /curl (--fail-early )?-K/, 300],
      ['in its transfers', /: lvslab-/, 300],
    ])('a test leaves nothing, and the next one is green: %s', async (_, what, more) => {
      const test = start('test');
      await atWork(what);
      await sleep(more);
      const began = Date.now();
      test.kill(signal);
      const ended = await test;
      expect(Date.now() - began).toBeLessThan(2_000);
      expect(ended.exitCode).toBe(code);
      if (code !== undefined) expect(ended.stderr).toBe(`error: interrupted by ${signal}`);
      expect(ended.stdout).toBe('');
      const next = await lab(['test']);
      expect(next.code, next.stdout + next.stderr).toBe(0);
      await nothingLeft();
    });

    const by = (own: number) => (signal === 'SIGINT' ? own : code);
    it.each([
      ['trace', ['trace'], /packet socket/, code],
      ['load', ['load', '--duration', '60'], /wrk/, code],
      ['timeline', ['timeline'], /curl (--fail-early )?-K/, by(0)],
      ['watch', ['watch'], /ipvsadm -Ln/, by(0)],
      ['capture', ['capture', 'rs1'], /tcpdump/, by(0)],
      ['exec', ['exec', 'rs1', '--', 'sh', '-c', 'sleep 6161; true'], /sleep 6161/, code],
      [
        'exec of what does not listen',
        ['exec', 'rs1', '--', 'sh', '-c', 'trap "" HUP INT TERM; sleep 6162; sleep 6163'],
        /sleep 6162/,
        code,
      ],
    ] as const)('%s leaves nothing', async (_, argv, what, expected) => {
      expect((await lab(argv[0] === 'trace' ? SLOWER : SLOW)).code).toBe(0);
      const command = start(...argv);
      await atWork(what);
      const began = Date.now();
      command.kill(signal);
      expect((await command).exitCode).toBe(expected);
      expect(Date.now() - began).toBeLessThan(2_000);
      await nothingLeft();
    });

    it('forward leaves nothing of an open connection', async () => {
      const command = start('forward', 'nat', '0');
      const port = await new Promise<number>((resolve) => {
        command.stdout.on('data', (text: Buffer) => {
          const found = /127\.0\.0\.1:(\d+)/.exec(text.toString())?.[1];
          if (found !== undefined) resolve(Number(found));
        });
      });
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      await atWork(/nc -N/);
      command.kill(signal);
      expect((await command).exitCode).toBe(by(0));
      socket.destroy();
      await nothingLeft();
    });

    it('check leaves nothing, and is no try', async () => {
      expect((await lab(['link', 'client', '--clear'])).code).toBe(0);
      const broken = await lab(['break', 'nat', 'wrong-scheduler']);
      expect(broken.code, broken.stderr).toBe(0);
      expect((await lab(SLOW)).code).toBe(0);
      const check = start('check');
      await atWork(/curl (--fail-early )?-K/);
      check.kill(signal);
      expect((await check).exitCode).toBe(code);
      expect((await lab(['solve', 'nat', '--fix'])).code).toBe(0);
      expect((await json<{ exercises: { tries: unknown[] }[] }>(['report'])).exercises.at(-1)?.tries).toEqual(
        [],
      );
      await nothingLeft();
    });
  });

  it('two tests at once are both green, and one waits for the other', async () => {
    const both = await Promise.all([start('test'), start('test'), start('trace')]);
    for (const { exitCode, stdout, stderr } of both) expect(exitCode, stdout + stderr).toBe(0);
    const said = both.filter(({ stderr }) =>
      stderr.startsWith('lab: another command is at work in lab nat; waiting for it'),
    );
    expect(said.length).toBeGreaterThanOrEqual(1);
    await nothingLeft();
  });

  it('a capture that would fill the memory is cut, and what it should show is unknown', async () => {
    const flood = start('exec', 'director', '--', 'ping', '-f', '-q', '-s', '1400', 'rs1');
    await atWork(/ping -f/);
    const { checks } = await json<{ checks: Check[] }>(['test']);
    flood.kill('SIGTERM');
    await flood;
    const about = checks.filter(({ detail }) => detail.includes('was cut at 6.4 MB'));
    expect(about.length).toBeGreaterThan(0);
    for (const { outcome } of about) expect(outcome).toBe('unknown');
    expect(checks.filter(({ outcome }) => outcome === 'fail')).toEqual([]);
    await nothingLeft();
    expect((await lab(['test'])).code).toBe(0);
  });

  it('what an older version or a killed agent left is seen, and reset takes it away', async () => {
    const old = 'tcpdump -i eth0 -n -p -U --immediate-mode -s 2048 -B 4096 -Z root -w /run/capture/eth0.pcap';
    await on(
      'director',
      `mkdir -p /run/capture; ${old} </dev/null >/dev/null 2>/run/capture/eth0.log &
       LVSLAB_LEASE=gone sleep 6170 </dev/null >/dev/null 2>&1 &
       sleep 6171 </dev/null >/dev/null 2>&1 &
       touch -d '5 minutes ago' /tmp/lvslab-0123456789ab; touch /tmp/lvslab-of-somebody-at-work /tmp/own; sleep 1`,
    );
    const leftovers = async () =>
      (await json<{ differences: { node: string; kind: string; name: string }[] }>(['status'])).differences
        .filter(({ kind }) => kind === 'leftover')
        .map(({ node, name }) => `${node} ${name.replace(/\d+:/, 'N:')}`);
    const expected = [
      'director /run/capture',
      'director /tmp/lvslab-0123456789ab',
      'director process N: tcpdump -i eth0 -n -p -U --immediate-mode -s 2048 -B 4096 -…',
      'director process N: sleep 6170',
    ];
    expect((await leftovers()).sort()).toEqual([...expected].sort());
    // What a command at work has there is not left over, and nothing of it goes.
    const test = start('test');
    await atWork(/rs1: packet socket/);
    expect((await leftovers()).sort()).toEqual([...expected].sort());
    const [tested, reset] = await Promise.all([test, start('reset')]);
    expect(tested.exitCode, tested.stdout).toBe(0);
    expect(reset.exitCode, reset.stdout).toBe(0);
    expect(reset.stderr).toContain('waiting for it');
    expect(await leftovers()).toEqual([]);
    expect((await there()).filter((row) => !before.includes(row)).sort()).toEqual([
      'director: lvslab-of-somebody-at-work',
      'director: own',
      'director: sleep 6171',
    ]);
    await on('director', 'rm /tmp/lvslab-of-somebody-at-work /tmp/own; kill $(pgrep -f "^sleep 6171")');
    expect((await lab(SLOW)).code).toBe(0);
  });
});
