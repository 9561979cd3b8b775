import { execa } from 'execa';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, leftOf, user } from './cli.ts';

const VIP = '203.0.113.100';

describe('a director', () => {
  const me = user('watch');
  const { lab, on } = me;

  beforeAll(async () => {
    const up = await lab(['up', 'nat']);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    expect((await lab(['down', 'nat'])).code).toBe(0);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
  });

  describe('keeps a table', () => {
    const table = () => on('director', 'ipvsadm -Sn');
    const restore = (input: string, ...more: string[]) => lab(['ipvs', 'restore', 'nat', ...more], { input });

    it('saves it in ipvsadm’s own format, and puts it back', async () => {
      const before = await table();
      const saved = await lab(['ipvs', 'save', 'nat']);
      expect(saved).toEqual({ code: 0, stdout: before, stderr: '' });
      await on('director', `ipvsadm -C; ipvsadm -A -t ${VIP}:81 -s lc`);
      expect(await table()).not.toBe(before);
      const restored = await restore(saved.stdout);
      expect(restored).toMatchObject({ code: 0, stdout: 'director: 1 service and 2 real servers restored' });
      expect(await table()).toBe(before);
      // ipvsadm itself takes what was saved.
      expect(
        (
          await lab(['exec', 'director', '--', 'ipvsadm', '-R'], {
            input: `-D -t ${VIP}:80\n${saved.stdout}\n`,
          })
        ).code,
      ).toBe(0);
      expect(await table()).toBe(before);
    });

    it.each([
      ['an empty file', '', 'has no service in it'],
      ['blank lines', '\n\n', 'has no service in it'],
      [
        'something else',
        'garbage here\n-A -t 1.2.3.4:80 -x\n',
        'standard input:1:1: ipvsadm has no garbage here\nstandard input:2:1: -x needs a value',
      ],
      ['another command', `-A -t ${VIP}:80 -s rr\n-C\n`, 'standard input:2:1: ipvsadm has no -C here'],
      [
        'a scheduler that the kernel has not',
        `-A -t ${VIP}:80 -s rr\n-A -t ${VIP}:81 -s nonsuch\n-A -t ${VIP}:82 -s rr\n`,
        `standard input:2: ipvsadm on director refuses -A -t ${VIP}:81 -s nonsuch: Scheduler`,
      ],
      [
        'a server without its service',
        `-A -t ${VIP}:80 -s rr\n-a -t ${VIP}:81 -r 10.0.0.11:80 -m\n`,
        `standard input:2: ipvsadm on director refuses -a -t ${VIP}:81`,
      ],
      ['a service twice', `-A -t ${VIP}:80 -s rr\n-A -t ${VIP}:80 -s rr\n`, 'ipvsadm on director refuses'],
      [
        'an address that is none',
        `-A -t 1.2.3.4.5:80 -s rr\n`,
        'standard input:1: ipvsadm on director refuses',
      ],
    ])('loses nothing by %s', async (_, input, said) => {
      const before = await table();
      expect(before).toContain('10.0.0.12:80');
      const ran = await restore(input);
      expect(ran.code, ran.stderr).toBe(2);
      expect(ran.stderr).toContain(said);
      expect(await table()).toBe(before);
    });

    it('keeps an empty table too', async () => {
      await on('director', 'ipvsadm -C');
      expect(await lab(['ipvs', 'save', 'nat'])).toEqual({ code: 0, stdout: '', stderr: '' });
      expect((await restore('-A -t 1.2.3.4.5:80\n')).code).toBe(2);
      expect(await table()).toBe('');
      await lab(['reset', 'nat']);
    });

    it('wants to know which director', async () => {
      expect((await lab(['ipvs', 'save', 'nat', '--director', 'rs1'])).stderr).toContain(
        'its directors: director',
      );
      expect((await lab(['ipvs', 'save', 'nat', '--director', 'director'])).code).toBe(0);
      expect((await lab(['ipvs', 'drop'])).code).toBe(2);
    });
  });

  describe('can be watched', () => {
    interface WatchLine {
      schema: string;
      lab: string;
      directors: {
        director: string;
        services: {
          service: string;
          counters: { connections: number };
          rates: { connections: number };
          servers: { node: string; weight: number; active: number; inactive: number }[];
        }[];
      }[];
      changes: { text: string }[];
    }
    /** Starts a watch, does something once it shows, and takes what it printed until it ends. */
    const watching = async (argv: string[], shellStep: () => Promise<unknown>): Promise<string> => {
      const child = execa('node', [BIN, 'watch', 'nat', ...argv], { env: me.env, reject: false });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await shellStep();
      const ended = await child;
      expect(ended.exitCode, ended.stderr).toBe(0);
      expect(ended.stderr).toBe('');
      return ended.stdout;
    };
    const requests = (count: number) =>
      on('client', `for i in $(seq ${count}); do curl -so /dev/null http://vip/; done`);

    it('as lines for machines, with what changes meanwhile, and what does not', async () => {
      const output = await watching(['--json', '-i', '0.5', '-n', '24'], async () => {
        await requests(20);
        await on(
          'director',
          `ipvsadm -e -t vip:80 -r 10.0.0.11:80 -m -w 0; ipvsadm -d -t vip:80 -r 10.0.0.12:80`,
        );
      });
      const lines = output.split('\n').map((text) => JSON.parse(text) as WatchLine);
      expect(lines).toHaveLength(24);
      expect(new Set(lines.map((line) => line.schema))).toEqual(new Set(['lvslab/watch/1']));
      const [first, last] = [lines[0]?.directors[0]?.services[0], lines.at(-1)?.directors[0]?.services[0]];
      expect(first?.servers.map((s) => [s.node, s.weight])).toEqual([
        ['rs1', 1],
        ['rs2', 1],
      ]);
      expect(last?.servers.map((s) => [s.node, s.weight])).toEqual([['rs1', 0]]);
      // The kernel sums up every two seconds, and the watch went on for long after.
      expect((last?.counters.connections ?? 0) - (first?.counters.connections ?? 0)).toBe(20);
      expect(
        Math.max(...lines.map((line) => line.directors[0]?.services[0]?.rates.connections ?? 0)),
      ).toBeGreaterThan(1);
      expect(lines.flatMap((line) => line.changes.map((c) => c.text)).sort()).toEqual([
        `tcp ${VIP}:80: rs1 weight 1 → 0`,
        `tcp ${VIP}:80: rs2 removed`,
      ]);
      await lab(['reset', 'nat']);
      const quiet = await watching(['--json', '-i', '0.3', '-n', '5'], () => requests(3));
      expect(quiet.split('\n').flatMap((text) => (JSON.parse(text) as WatchLine).changes)).toEqual([]);
    });

    it('counts connections that are open now', async () => {
      const active = async () => {
        const line = JSON.parse((await lab(['watch', 'nat', '--json', '-n', '1'])).stdout) as WatchLine;
        return line.directors[0]?.services[0]?.servers.reduce((sum, s) => sum + s.active, 0);
      };
      expect(await active()).toBe(0);
      const held = execa('node', [BIN, 'exec', 'client', '--', 'nc', 'vip', '80'], {
        env: me.env,
        reject: false,
        stdin: 'pipe',
      });
      for (let tries = 0; (await active()) !== 1 && tries < 50; tries += 1) await sleep(100);
      expect(await active()).toBe(1);
      held.stdin.end();
      held.kill();
      await held;
    });

    it('in a pipe, as blocks of text without escape codes', async () => {
      const output = await watching(['-n', '3'], () => requests(1));
      expect(output.match(/^lab nat {2}\d\d:\d\d:\d\d$/gm)).toHaveLength(3);
      expect(output).toMatch(/10\.0\.0\.11:80 +rs1 +nat +1 +\d+ +\d+/);
      // eslint-disable-next-line no-control-regex -- they are what is looked for
      expect(output).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
      const head = await execa('bash', ['-c', `node ${BIN} watch nat -i 0.2 | head -3`], {
        env: me.env,
        timeout: 60_000,
      });
      expect(head.stdout).toContain('director');
    });

    it('on a terminal that is resized, and leaves it as it was on Ctrl-C', async () => {
      // `script` is the terminal, and writes down what it is sent. What runs in it waits for a first picture, makes the
      // terminal smaller, waits for a picture that is cut, interrupts, and says how the terminal is then.
      const folder = mkdtempSync(join(tmpdir(), 'lvslab-watch-'));
      const inner = `shows() { until grep -q "$1" ${folder}/typescript; do sleep 0.1; done; }
        stty rows 30 cols 100; before=$(stty -a); node ${BIN} watch nat -i 0.3 & trap : INT
        shows SERVER; stty rows 6 cols 40; kill -WINCH $!; shows 'more lines'; kill -INT $!; wait $!; code=$?; echo; echo "code $code"
        stty rows 30 cols 100; [ "$before" = "$(stty -a)" ] && echo same`;
      writeFileSync(join(folder, 'inner'), inner);
      const { stdout } = await execa('script', ['-qfec', `bash ${folder}/inner`, `${folder}/typescript`], {
        env: { ...me.env, NO_COLOR: '1' },
        reject: false,
        timeout: 100_000,
      });
      rmSync(folder, { recursive: true });
      const [screen = '', after = ''] =
        stdout.split('\x1b[?1049h\x1b[?25l')[1]?.split('\x1b[?25h\x1b[?1049l') ?? [];
      const pictures = screen
        .split('\x1b[H')
        .slice(1)
        .map((p) => p.split('\x1b[J')[0]?.replaceAll('\x1b[K', '').split(/\r?\n/) ?? []);
      const [large = [], small = []] = [pictures[0], pictures.at(-1)];
      expect(large.join('\n')).toMatch(/SERVER +NODE +METHOD +WEIGHT +ACTIVE +INACTIVE +CONNS +CONN\/S/);
      expect(small.length).toBeLessThanOrEqual(6);
      expect(Math.max(...small.map((line) => line.replaceAll('\r', '').length))).toBe(39);
      expect(Math.max(...large.map((line) => line.replaceAll('\r', '').length))).toBeGreaterThan(40);
      expect(after).toContain('code 0');
      expect(after).toContain('same');
    });

    it('ends when it is told to, and when its director does, with the code of that', async () => {
      const child = execa('node', [BIN, 'watch', 'nat', '--json', '-i', '0.3'], {
        env: me.env,
        reject: false,
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      child.kill('SIGTERM');
      expect((await child).exitCode).toBe(143);
      expect(await on('director', "ps -e -o args= | grep -c '[i]pvsadm -Ln --stats --exact' || :")).toBe('0');
      const other = execa('node', [BIN, 'watch', 'nat', '--json', '-i', '0.3'], {
        env: me.env,
        reject: false,
      });
      await new Promise((resolve) => other.stdout.once('data', resolve));
      expect((await lab(['down', 'nat'])).code).toBe(0);
      expect(await other).toMatchObject({
        exitCode: 4,
        stderr: expect.stringContaining('director does not answer any more') as string,
      });
      expect((await lab(['watch', 'nat', '-i', '0'])).code).toBe(2);
      expect((await lab(['watch', 'moon'])).code).toBe(2);
    });
  });
});
