import { execa } from 'execa';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResetReport } from '../../src/commands/reset.ts';
import type { NodeDifference, StatusReport } from '../../src/commands/status.ts';
import { BIN, leftOf, user } from './cli.ts';

const VIP = '203.0.113.100';

/** What a student might do on a node, and the differences that it makes, as `NODE kind name state`. */
const DEEDS: [what: string, node: string, line: string, differences: string[]][] = [
  [
    'another scheduler and weight',
    'director',
    `ipvsadm -E -t ${VIP}:80 -s wlc -p 60; ipvsadm -e -t ${VIP}:80 -r 10.0.0.11:80 -m -w 3`,
    [`director service tcp ${VIP}:80 changed`, `director real server tcp ${VIP}:80 → 10.0.0.11:80 changed`],
  ],
  [
    'a server taken out, another service made',
    'director',
    `ipvsadm -d -t ${VIP}:80 -r 10.0.0.12:80; ipvsadm -A -u ${VIP}:53 -s rr -o; ipvsadm -a -u ${VIP}:53 -r 10.0.0.11:53 -m`,
    [
      `director service udp ${VIP}:53 extra`,
      `director real server tcp ${VIP}:80 → 10.0.0.12:80 missing`,
      `director real server udp ${VIP}:53 → 10.0.0.11:53 extra`,
    ],
  ],
  [
    'the table emptied, and other timeouts',
    'director',
    'ipvsadm -C; ipvsadm --set 60 0 0',
    [
      `director service tcp ${VIP}:80 missing`,
      `director real server tcp ${VIP}:80 → 10.0.0.11:80 missing`,
      `director real server tcp ${VIP}:80 → 10.0.0.12:80 missing`,
      'director timeouts ipvs changed',
    ],
  ],
  [
    'sysctls, of the plan and others',
    'director',
    'sysctl -qw net.ipv4.ip_forward=0 net.ipv4.vs.expire_nodest_conn=1 net.ipv4.conf.eth0.rp_filter=1',
    [
      'director sysctl net.ipv4.conf.eth0.rp_filter changed',
      'director sysctl net.ipv4.ip_forward changed',
      'director sysctl net.ipv4.vs.expire_nodest_conn changed',
    ],
  ],
  [
    'addresses',
    'director',
    `ip addr del ${VIP}/32 dev eth0; ip addr add 10.0.0.77/24 dev eth1`,
    [`director address ${VIP}/32 on eth0 missing`, 'director address 10.0.0.77/24 on eth1 extra'],
  ],
  [
    'the last address, and so every route',
    'rs1',
    'ip addr replace 10.0.0.11/16 dev eth0; ip addr del 10.0.0.11/24 dev eth0',
    [
      'rs1 address 10.0.0.11/24 on eth0 missing',
      'rs1 address 10.0.0.11/16 on eth0 extra',
      'rs1 route 10.0.0.0/24 missing',
    ],
  ],
  [
    'routes and rules',
    'rs1',
    'ip route replace default via 10.0.0.12; ip route add blackhole 198.18.0.0/15; ip route add 192.0.2.0/24 dev eth0 table 100; ip rule add fwmark 7 lookup 100',
    [
      'rs1 route default changed',
      'rs1 route blackhole 198.18.0.0/15 extra',
      'rs1 route 192.0.2.0/24 table 100 extra',
      'rs1 rule from all fwmark 0x7 lookup 100 extra',
    ],
  ],
  [
    'a link down',
    'rs1',
    'ip link set eth0 down',
    ['rs1 link eth0 changed', 'rs1 route 10.0.0.0/24 missing', 'rs1 route default missing'],
  ],
  [
    'the MTU, the MAC and ARP',
    'rs2',
    'ip link set eth0 mtu 1400 address 02:00:00:00:00:99 arp off',
    ['rs2 link eth0 changed'],
  ],
  [
    'links, tunnels and neighbours',
    'rs2',
    'ip link add dummy0 type dummy; ip link set dummy0 up; ip link add tun7 type ipip local 10.0.0.12 remote 10.0.0.11; ip neigh replace 10.0.0.1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent',
    ['rs2 link dummy0 extra', 'rs2 link tun7 extra', 'rs2 neighbour 10.0.0.1 on eth0 extra'],
  ],
  [
    'how a link sends',
    'rs2',
    'tc qdisc replace dev eth0 root tbf rate 1mbit burst 10kb latency 50ms',
    ['rs2 link quality eth0 extra'],
  ],
  [
    'a daemon stopped',
    'rs1',
    'nginx -c /etc/nginx/lab.conf -s stop; while [ -e /run/web.pid ]; do sleep 0.05; done',
    ['rs1 daemon web missing'],
  ],
  [
    'a file changed, and the daemon told',
    'rs2',
    'sed -i s/X-Real-Server/X-Other/ /etc/nginx/lab.conf; nginx -c /etc/nginx/lab.conf -s reload',
    ['rs2 file /etc/nginx/lab.conf changed'],
  ],
];

describe('a lab that somebody changes', () => {
  const me = user('manage');
  const { lab, on, json } = me;
  const differences = async () => (await json<StatusReport>(['status', 'nat'])).differences;
  const names = (found: NodeDifference[]) =>
    found.map(({ node, kind, name, state }) => `${node} ${kind} ${name} ${state}`).sort();

  beforeAll(async () => {
    const up = await lab(['up', 'nat']);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    expect((await lab(['down', 'nat'])).code).toBe(0);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
  });

  describe('shows what differs from the plan, and is put back', () => {
    it('does not differ before anything was done', async () => {
      expect(await differences()).toEqual([]);
      const status = await lab(['status', 'nat']);
      expect(status.stdout).toContain('everything is as the plan says');
      expect((await lab(['reset', 'nat'])).stdout).toBe('lab nat is as the plan says');
    });

    it.each(DEEDS)('%s', async (_, node, line, expected) => {
      await on(node, line);
      expect(names(await differences())).toEqual([...expected].sort());
      const dry = await json<ResetReport>(['reset', 'nat', '--dry-run']);
      expect(names(dry.differences)).toEqual([...expected].sort());
      expect(new Set(dry.commands.map((c) => c.node))).toEqual(new Set([node]));
      // The dry run was one.
      expect(names(await differences())).toEqual([...expected].sort());
      const reset = await lab(['reset', 'nat']);
      expect(reset.code, reset.stdout).toBe(0);
      expect(reset.stdout).toContain('lab nat is as the plan says again');
      expect(await differences()).toEqual([]);
    });

    it('of one node only, where only that is asked for', async () => {
      await on('rs1', 'ip addr add 10.0.0.77/24 dev eth0');
      await on('rs2', 'ip addr add 10.0.0.78/24 dev eth0');
      expect((await lab(['reset', 'rs1'])).code).toBe(0);
      expect(names(await differences())).toEqual(['rs2 address 10.0.0.78/24 on eth0 extra']);
      expect((await lab(['reset', 'nat', 'rs2'])).code).toBe(0);
      expect(await differences()).toEqual([]);
      expect((await lab(['reset', 'nat', 'rs9'])).code).toBe(2);
      expect((await lab(['reset', 'moon'])).code).toBe(2);
    });

    it('says what cannot be put back, and ends with 4', async () => {
      await on('rs2', 'ip link set eth0 down; ip link set eth0 name gone0');
      const reset = await lab(['reset', 'nat']);
      expect(reset.code).toBe(4);
      expect(reset.stdout).toMatch(/still differs from the plan:\n(.*\n)* +rs2 +link eth0 +missing/);
      expect((await lab(['up', 'nat', '--reconfigure'])).code).toBe(0);
    });

    it('says what could not be compared, and ends with 5', async () => {
      await on('rs1', 'mv /usr/sbin/tc /usr/sbin/tc.away || mv /sbin/tc /sbin/tc.away');
      const status = await json<StatusReport>(['status', 'nat']);
      expect(status.unread).toEqual([{ node: 'rs1', why: 'tc: exit code 127' }]);
      expect(status.differences).toEqual([]);
      expect((await lab(['reset', 'nat'])).code).toBe(5);
      await on('rs1', 'mv /usr/sbin/tc.away /usr/sbin/tc || mv /sbin/tc.away /sbin/tc');
      expect((await lab(['reset', 'nat'])).code).toBe(0);
    });

    it('works again after everything at once', async () => {
      for (const [, node, line] of DEEDS.filter(([what]) => !/link down|last address|MTU|file/.test(what)))
        await on(node, line);
      expect((await lab(['test', 'nat'])).code).toBe(1);
      const reset = await lab(['reset', 'nat']);
      expect(reset.code, reset.stdout).toBe(0);
      const test = await lab(['test', 'nat']);
      expect(test.code, test.stdout).toBe(0);
    });
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
      expect(restored).toMatchObject({ code: 0, stdout: 'director: 1 services and 2 real servers restored' });
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
    const watching = async (argv: string[], deed: () => Promise<unknown>): Promise<string> => {
      const child = execa('node', [BIN, 'watch', 'nat', ...argv], { env: me.env, reject: false });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await deed();
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
      // `script` is the terminal; what runs in it makes it smaller after a while, interrupts, and says how it is then.
      const inner = `stty rows 30 cols 100; before=$(stty -a); node ${BIN} watch nat -i 0.3 & trap : INT
        sleep 4; stty rows 6 cols 40; kill -WINCH $!; sleep 3; kill -INT $!; wait $!; echo; echo "code $?"
        stty rows 30 cols 100; [ "$before" = "$(stty -a)" ] && echo same`;
      const { stdout } = await execa(
        'script',
        ['-qec', `bash -c '${inner.replaceAll("'", `'\\''`)}'`, '/dev/null'],
        {
          env: { ...me.env, NO_COLOR: '1' },
          reject: false,
          timeout: 100_000,
        },
      );
      const [, screen = '', after = ''] =
        /\x1b\[\?1049h\x1b\[\?25l([^]*)\x1b\[\?25h\x1b\[\?1049l([^]*)/.exec(stdout) ?? [];
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

    it('ends when its director does, and when it is told to, with the code of that', async () => {
      const child = execa('node', [BIN, 'watch', 'nat', '--json', '-i', '0.3'], {
        env: me.env,
        reject: false,
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      child.kill('SIGTERM');
      expect((await child).exitCode).toBe(143);
      expect(await on('director', "ps -e -o args= | grep -c '[i]pvsadm -Ln --stats --exact' || :")).toBe('0');
      expect((await lab(['watch', 'nat', '-i', '0'])).code).toBe(2);
      expect((await lab(['watch', 'moon'])).code).toBe(2);
    });
  });
});
