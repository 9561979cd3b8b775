import { build } from 'esbuild';
import { execa } from 'execa';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply } from '../../src/runtime/apply.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { Plan } from '../../src/plan/types.ts';
import { parseTopology } from '../../src/topology/parse.ts';
import { ownWorkContract } from './contract-own-work.ts';
import { runtimeBy, type Way } from './holder.ts';

const TEXT = `lvslab: 1
title: What every runtime must make of it
mode: nat
networks: { near: 10.71.1.0/24, far: { subnet: 10.71.2.0/24, mtu: 1400 } }
nodes:
  alice: { role: client, on: near }
  between: { role: router, on: [near, far] }
  bob: { role: client, on: far }
`;

/** The lab that the contract is about. */
export const CONTRACT_PLAN: Plan = makePlan(parseTopology(TEXT, 'contract.yaml', 'contract'), 'contract');

interface Place {
  runtime: Runtime;
  /** How another process finds it. */
  way: Way;
  /** Ends what the runtime runs on. */
  end: () => Promise<void>;
}

/**
 * What every runtime keeps to, whoever carries it out.
 * @param emulated whether the nodes' programs are of another processor than this host's
 */
export function contract(name: string, begin: () => Promise<Place>, emulated = false): void {
  describe(`the contract of runtimes, kept by ${name}`, () => {
    const plan = CONTRACT_PLAN;
    let place: Place;
    let runtime: Runtime;
    const run = async (node: string, argv: string[], input?: string) => {
      const [result] = await runtime.exec([{ node, argv, ...(input === undefined ? {} : { input }) }]);
      if (result === undefined) throw new Error('no result');
      return { code: result.code, stdout: result.stdout.toString(), stderr: result.stderr };
    };
    const sh = (node: string, line: string, input?: string) => run(node, ['sh', '-c', line], input);

    beforeAll(async () => {
      place = await begin();
      ({ runtime } = place);
    });
    afterAll(async () => {
      await runtime.destroy();
      await place.end();
    });

    it('knows no node before there is one, and ends nothing without complaint', async () => {
      expect(await runtime.states()).toEqual([]);
      await runtime.destroy();
    });

    it('makes the nodes of a plan, wired, with names, MACs and MTUs', async () => {
      await runtime.create(plan);
      expect((await runtime.states()).sort((a, b) => a.node.localeCompare(b.node))).toEqual(
        ['alice', 'between', 'bob'].map((node) => ({ node, state: 'running' })),
      );
      for (const node of plan.nodes) {
        const links = JSON.parse((await run(node.name, ['ip', '-json', 'link'])).stdout) as {
          ifname: string;
          address: string;
          mtu: number;
        }[];
        const made = links.filter((l) => l.ifname.startsWith('eth'));
        expect(made.map((l) => [l.ifname, l.address, l.mtu]).sort()).toEqual(
          node.interfaces.map((i) => [i.name, i.mac, i.network === 'far' ? 1400 : 1500]),
        );
        expect((await run(node.name, ['hostname'])).stdout.trim()).toBe(node.name);
      }
    });

    it('carries a plan out, twice as well as once: packets find their way', async () => {
      await apply(plan, runtime);
      await apply(plan, runtime);
      const ping = await run('alice', ['ping', '-c', '1', '-W', '5', 'bob']);
      expect(ping.code, ping.stdout + ping.stderr).toBe(0);
      expect(ping.stdout).toContain('ttl=63');
      const addresses = await run('between', ['ip', '-4', '-brief', 'address']);
      expect(addresses.stdout.match(/10\.71\.\d\.\d+\/\d+/g)?.sort()).toEqual([
        '10.71.1.254/24',
        '10.71.2.254/24',
      ]);
      expect((await run('alice', ['ip', 'route'])).stdout.match(/^default.*$/gm)).toHaveLength(1);
    });

    it('is cut where a link is taken down, and fixed where it is put up', async () => {
      await sh('between', 'ip link set eth1 down');
      expect((await run('alice', ['ping', '-c', '1', '-W', '1', 'bob'])).code).toBe(1);
      await apply(plan, runtime);
      expect((await run('alice', ['ping', '-c', '1', '-W', '5', 'bob'])).code).toBe(0);
    });

    it('returns output, errors and codes apart, bytes as they are', async () => {
      expect(await sh('alice', 'cat; echo to stderr >&2; exit 7', 'from stdin\n')).toEqual({
        code: 7,
        stdout: 'from stdin\n',
        stderr: 'to stderr\n',
      });
      const [bytes] = await runtime.exec([
        { node: 'bob', argv: ['perl', '-e', 'print map { chr } 0 .. 255, 0 .. 255'] },
      ]);
      expect(bytes?.stdout).toEqual(Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256)));
      expect((await sh('alice', 'kill -TERM $$')).code).toBe(143);
      expect((await run('alice', ['no-such-program'])).code).toBe(127);
      expect((await run('alice', ['/etc/passwd'])).code).toBe(126);
    });

    it('runs commands at once and answers in order', async () => {
      // The first does not end before the last one on its node has begun: one after the other would be for ever.
      const wait: Record<number, string> = {
        0: 'until [ -e /tmp/met ]; do sleep 0.1; done; ',
        9: '>/tmp/met; ',
      };
      const results = await runtime.exec(
        Array.from({ length: 12 }, (_, i) => ({
          node: ['alice', 'between', 'bob'][i % 3] ?? '',
          argv: ['sh', '-c', `${wait[i] ?? ''}sleep ${i % 2 === 0 ? 1 : 0}; echo ${i}`],
        })),
      );
      expect(results.map((r) => r.stdout.toString().trim())).toEqual(
        Array.from({ length: 12 }, (_, i) => String(i)),
      );
    });

    it('keeps nodes apart: files, processes, names', async () => {
      await sh('alice', 'echo mine > /etc/own; sleep 1000 & echo');
      expect((await sh('bob', 'cat /etc/own')).code).toBe(1);
      expect((await sh('bob', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "')).stdout).not.toContain(
        'sleep 1000 ',
      );
      expect((await sh('alice', 'cat /etc/own')).stdout).toBe('mine\n');
    });

    it('lets a node set what is of its network, and nothing else', async () => {
      expect(
        (
          await sh(
            'alice',
            'sysctl -qw net.ipv4.conf.all.arp_ignore=2 && sysctl -n net.ipv4.conf.all.arp_ignore',
          )
        ).stdout,
      ).toBe('2\n');
      expect((await sh('bob', 'sysctl -n net.ipv4.conf.all.arp_ignore')).stdout).toBe('0\n');
      expect((await sh('alice', 'echo 1 > /proc/sys/kernel/panic')).code).not.toBe(0);
      expect((await sh('alice', 'mount -t tmpfs none /mnt')).code).not.toBe(0);
    });

    it('starts a command with live streams, and kills it', async () => {
      const child = runtime.start(
        'alice',
        ['sh', '-c', 'while read -r line; do echo "got $line"; done; echo end; exit 3'],
        {
          stdio: 'pipe',
        },
      );
      const seen: string[] = [];
      child.stdout?.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
      const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
      child.stdin?.write('one\n');
      await expect.poll(() => seen.join(''), { timeout: 20_000 }).toBe('got one\n');
      child.stdin?.write('two\n');
      child.stdin?.end();
      expect(await closed).toBe(3);
      expect(seen.join('')).toBe('got one\ngot two\nend\n');

      const endless = runtime.start('alice', ['sleep', '4321'], { stdio: 'pipe' });
      const sleeping = async () =>
        (await sh('alice', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "')).stdout.includes('sleep 4321 ');
      await expect.poll(sleeping, { timeout: 20_000 }).toBe(true);
      const ended = new Promise((resolve) => endless.once('exit', resolve));
      endless.kill('SIGTERM');
      await ended;
      await expect.poll(sleeping, { timeout: 20_000 }).toBe(false);
    });

    it('streams much, fast enough and whole', async () => {
      const child = runtime.start('bob', ['head', '-c', '3000000', '/dev/zero'], { stdio: 'pipe' });
      let bytes = 0;
      child.stdout?.on('data', (chunk: Buffer) => (bytes += chunk.length));
      await new Promise((resolve) => child.once('close', resolve));
      expect(bytes).toBe(3_000_000);
    });

    const running = async (node: string) =>
      (await sh(node, 'ps -eo args=')).stdout.match(/(?<=^|\/)sleep 51\d\d$/gm) ?? [];

    it('holds commands until they are released, and returns what they left behind', async () => {
      const held = await runtime.hold([
        {
          node: 'alice',
          argv: [
            'sh',
            '-c',
            'trap "echo told; exit 3" INT; echo to stderr >&2; echo out; sleep 0.2; echo at work >&2; sleep 5100 & wait',
          ],
          ready: 'at work',
        },
        {
          node: 'bob',
          argv: ['truncate', '-s', '5M', '/run/lvslab-a'],
          files: ['/run/lvslab-a', '/run/lvslab-b'],
        },
        { node: 'alice', argv: ['cat'], input: 'from stdin' },
      ]);
      expect(await running('alice')).toEqual(['sleep 5100']);
      expect((await sh('bob', 'touch /run/lvslab-b; stat -c %s /run/lvslab-a')).stdout).toBe('5242880\n');
      // Longer than a conversation in which nothing is said.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(await running('alice')).toEqual(['sleep 5100']);
      const [first, second, third] = await held.end();
      expect(first).toEqual({ code: 3, stdout: Buffer.from('out\ntold\n'), stderr: 'to stderr\nat work\n' });
      expect(second?.code).toBe(0);
      expect(third?.stdout.toString()).toBe('from stdin');
      expect(await running('alice')).toEqual([]);
      expect((await sh('bob', 'ls /run')).stdout).not.toContain('lvslab-');
    });

    it('lets what is held deal with what came before it is released', async () => {
      // As a capture does on a busy host, it has still something to do when nobody wants more of it.
      const busy = 'echo on >&2; i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; echo done; sleep 100';
      const held = await runtime.hold([{ node: 'alice', argv: ['sh', '-c', busy], ready: 'on' }]);
      const [left] = await held.end();
      expect(left?.stdout.toString()).toBe('done\n');
    });

    it('holds nothing where one command does not get to work, and says why', async () => {
      const holding = runtime.hold([
        { node: 'alice', argv: ['sh', '-c', 'echo ready >&2; sleep 5101; true'], ready: 'ready' },
        { node: 'bob', argv: ['sh', '-c', 'echo no luck >&2; exit 7'], ready: 'ready' },
      ]);
      await expect(holding).rejects.toThrow(/sh does not go on \(exit code 7\): no luck/);
      expect(await running('alice')).toEqual([]);
    });

    it('ends what would write more than it may, and what does not end by itself', async () => {
      const held = await runtime.hold([
        { node: 'alice', argv: ['sh', '-c', 'echo on >&2; exec yes'], ready: 'on', most: 100_000 },
        { node: 'bob', argv: ['sh', '-c', 'trap "" INT TERM; echo on >&2; sleep 5102; true'], ready: 'on' },
      ]);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const [full, stubborn] = await held.end();
      expect(full?.stdout.length).toBe(100_000);
      expect(stubborn?.code).toBe(137);
      expect(await running('bob')).toEqual([]);
    });

    ownWorkContract(() => runtime, sh, emulated);

    it('gives the turn to one at a time', { timeout: 60_000 }, async () => {
      const other = runtimeBy(place.way);
      const order: string[] = [];
      const first = await runtime.turn(() => order.push('first waits'));
      const second = other.turn(() => order.push('second waits'));
      await expect.poll(() => order, { timeout: 30_000 }).toEqual(['second waits']);
      order.push('first done');
      await first.end();
      const turn = await second;
      order.push('second has it');
      await turn.end();
      await (await runtime.turn(() => order.push('waits for nobody'))).end();
      expect(order).toEqual(['second waits', 'first done', 'second has it']);
    });

    it(
      'ends whatever a command had on nodes when that is killed, then gives its turn on',
      { timeout: 120_000 },
      async () => {
        const folder = mkdtempSync(join(tmpdir(), 'lvslab-holder-'));
        const file = join(folder, 'holder.mjs');
        await build({
          entryPoints: [join(import.meta.dirname, 'holder.ts')],
          ...{ outfile: file, bundle: true, platform: 'node', format: 'esm', external: ['*.node'] },
          banner: {
            js: `import { createRequire as __cr } from 'node:module'; const require = __cr('${join(import.meta.dirname, 'x.js')}'); const __dirname = '${folder}';`,
          },
          define: { 'import.meta.url': JSON.stringify(new URL('../../src/x.ts', import.meta.url).href) },
        });
        try {
          const holder = execa('node', [file, 'hold', JSON.stringify(place.way)], {
            stdin: 'ignore',
            reject: false,
            cleanup: false,
          });
          await new Promise<void>((resolve, reject) => {
            holder.stdout.on('data', (text: Buffer) => {
              if (text.includes('held')) resolve();
            });
            void holder.then(({ stderr }) => {
              reject(new Error(stderr));
            });
          });
          const all = async () => [
            ...(await running('alice')),
            ...(await running('between')),
            ...(await running('bob')),
            ...((await sh('alice', 'ls /run')).stdout.match(/lvslab-contract/g) ?? []),
          ];
          await expect
            .poll(async () => (await all()).sort(), { timeout: 20_000 })
            .toEqual(['lvslab-contract', ...['sleep 5150', 'sleep 5151', 'sleep 5153', 'sleep 5152'].sort()]);
          const began = Date.now();
          holder.kill('SIGKILL');
          const turn = await runtime.turn(() => undefined);
          // Of those whose end a conversation waits for.
          expect((await all()).filter((what) => /contract|5150|5153/.test(what))).toEqual([]);
          await turn.end();
          await expect.poll(all, { timeout: 10_000 }).toEqual([]);
          expect(Date.now() - began).toBeLessThan(15_000);
        } finally {
          rmSync(folder, { recursive: true });
        }
      },
    );

    it('says which node it is that does not exist', async () => {
      await expect(run('carol', ['true'])).rejects.toThrow(/carol/);
    });

    it('destroys everything, and again without complaint', async () => {
      await runtime.destroy();
      expect(await runtime.states()).toEqual([]);
      await runtime.destroy();
    });

    it('makes it anew, with nothing of the old', async () => {
      await runtime.create(plan);
      await apply(plan, runtime);
      expect((await sh('alice', 'cat /etc/own')).code).toBe(1);
      expect((await run('alice', ['ping', '-c', '1', '-W', '5', 'bob'])).code).toBe(0);
    });
  });
}
