import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { healScript } from '../../../src/plan/failures.ts';
import {
  hereDocument,
  line,
  fixScript,
  planScript,
  portName,
  quote,
  runScript,
} from '../../../src/plan/script.ts';
import type { Step } from '../../../src/plan/steps.ts';
import { SHIPPED, planOf, shipped } from './labs.ts';

function sh(args: string[], input: string, path?: string) {
  const env =
    path === undefined ? process.env : { ...process.env, PATH: `${path}:${process.env['PATH'] ?? ''}` };
  return spawnSync('sh', args, { input, encoding: 'utf8', env });
}

const syntax = (script: string) => {
  const { status, stderr } = sh(['-n'], script);
  return { status, stderr };
};
const RIGHT = { status: 0, stderr: '' };

describe('a word', () => {
  it.each([
    ['eth0', 'eth0'],
    ['net.ipv4.ip_forward=1', 'net.ipv4.ip_forward=1'],
    ['192.0.2.100:80', '192.0.2.100:80'],
    ['203.0.113.0/24', '203.0.113.0/24'],
    ['', "''"],
    ['two words', "'two words'"],
    ['a;b', "'a;b'"],
    ['$HOME', "'$HOME'"],
    ['*', "'*'"],
    ['~', "'~'"],
    ["it's", `'it'\\''s'`],
    ['line\n', "'line\n'"],
  ])('%j is typed as %j', (word, typed) => {
    expect(quote(word)).toBe(typed);
  });

  it('comes back from the shell as it was', () => {
    const argv = [
      '',
      ' ',
      "it's",
      '"',
      '`id`',
      '$(id)',
      '\\',
      '\n',
      '\t',
      '!',
      '#',
      '*',
      '~',
      'ä',
      '-n',
      'a=b',
    ];
    const { stdout } = sh(['-c', `printf '%s\\0' ${line(argv)}`], '');
    expect(stdout.split('\0').slice(0, -1)).toEqual(argv);
  });
});

const sysctl = (key: string): Step => ({ kind: 'sysctl', key, value: '1' });
const link = (device: string): Step => ({ kind: 'link', device });
const service: Step = {
  kind: 'virtual-service',
  vip: '192.0.2.100',
  port: 80,
  protocol: 'tcp',
  scheduler: 'rr',
};

describe('the script that up runs', () => {
  it('is one ip for what stands together, and settings by the shell itself, in order', () => {
    const script = runScript([
      sysctl('a'),
      sysctl('b'),
      link('lo'),
      { kind: 'address', device: 'lo', address: '192.0.2.100', prefix: 32 },
      { kind: 'route', to: 'default', via: '192.0.2.1' },
      sysctl('c'),
      link('eth0'),
    ]);
    expect(script.split('\n').slice(2)).toEqual([
      'set_to a a=1',
      'set_to b b=1',
      "ip -batch - <<'EOF' || fail 'one of these ip commands'",
      'link set lo up',
      'addr replace 192.0.2.100/32 dev lo',
      'route replace default via 192.0.2.1',
      'EOF',
      'set_to c c=1',
      "ip -batch - <<'EOF' || fail 'one of these ip commands'",
      'link set eth0 up',
      'EOF',
      '',
    ]);
  });

  it('keeps settings before the address that they are for', () => {
    const script = runScript(shipped('dr').nodes.find((n) => n.name === 'rs1')?.steps ?? []);
    const ignore = script.indexOf('arp_ignore=1');
    expect(ignore).toBeGreaterThan(0);
    expect(script.indexOf('192.0.2.100/32 dev lo')).toBeGreaterThan(ignore);
    expect(script).toContain('set_to net/ipv4/conf/all/arp_announce net.ipv4.conf.all.arp_announce=2\n');
  });

  it('tries to add a service, then to edit it, and keeps quiet about the first', () => {
    expect(runScript([service]).split('\n')[1]).toBe(
      "ipvsadm -A -t 192.0.2.100:80 -s rr 2>/dev/null || ipvsadm -E -t 192.0.2.100:80 -s rr || fail 'ipvsadm -A -t 192.0.2.100:80 -s rr'",
    );
  });

  it('adds a tunnel only where there is none, never in a batch', () => {
    expect(
      runScript([link('eth0'), { kind: 'tunnel', device: 'tunl0', type: 'ipip' }])
        .split('\n')
        .slice(1, -1),
    ).toEqual([
      "ip -batch - <<'EOF' || fail 'one of these ip commands'",
      'link set eth0 up',
      'EOF',
      "ip link show tunl0 >/dev/null 2>&1 || ip link add tunl0 type ipip || fail 'ip link add tunl0 type ipip'",
      "ip -batch - <<'EOF' || fail 'one of these ip commands'",
      'link set tunl0 up',
      'EOF',
    ]);
  });

  it('of no steps does nothing', () => {
    const { status, stdout, stderr } = sh([], runScript([]));
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it.each(SHIPPED)('is valid sh for every node of %s', (name) => {
    for (const node of shipped(name).nodes) expect(syntax(runScript(node.steps))).toEqual(RIGHT);
  });
});

describe('run with stand-ins for the tools', () => {
  let folder = '';
  const tool = (name: string, body: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lvslab-script-'));
    const note = `echo "\${0##*/} $*" >>${folder}/log`;
    tool('ip', `${note}; [ "$1" != -batch ] || cat >>${folder}/log\n[ ! -e ${folder}/ip-fails ]`);
    tool('sysctl', `${note}; [ ! -e ${folder}/sysctl-fails ]`);
    tool('ipvsadm', `${note}; [ ! -e ${folder}/ipvsadm$1-fails ] || { echo "refused $1" >&2; exit 2; }`);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  /** Runs steps where the named tools fail; what was called, and what was said of it. */
  const run = (steps: Step[], ...failing: string[]) => {
    writeFileSync(join(folder, 'log'), '');
    for (const name of failing) writeFileSync(join(folder, `${name}-fails`), '');
    const { status, stderr } = sh([], runScript(steps), folder);
    for (const name of failing) rmSync(join(folder, `${name}-fails`));
    return { status, stderr, log: readFileSync(join(folder, 'log'), 'utf8').trimEnd().split('\n') };
  };

  it('all commands arrive, in order', () => {
    expect(run([sysctl('a'), link('lo'), link('eth0'), service])).toEqual({
      status: 0,
      stderr: '',
      log: [
        'sysctl -qw a=1',
        'ip -batch -',
        'link set lo up',
        'link set eth0 up',
        'ipvsadm -A -t 192.0.2.100:80 -s rr',
      ],
    });
  });

  it('a setting that the shell can write takes no program', () => {
    const path = join(folder, 'setting');
    writeFileSync(path, '');
    const key = relative('/proc/sys', path);
    // Its dots, which are a path's here, would be slashes.
    const steps: Step[] = [{ kind: 'sysctl', key: key.replaceAll('/', '.'), value: '4096 87380' }];
    const script = runScript(steps).replaceAll(key.replaceAll('.', '/'), key);
    writeFileSync(join(folder, 'log'), '');
    expect(sh([], script, folder)).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(path, 'utf8')).toBe('4096 87380\n');
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('');
  });

  it('a daemon is started as it is where it has left no file, and looked for where it has', () => {
    const pidfile = join(folder, 'web.pid');
    tool('web', `echo "web $*" >>${folder}/log; : >${pidfile}`);
    tool('start-stop-daemon', `echo "start-stop-daemon $1" >>${folder}/log`);
    const daemon: Step = { kind: 'daemon', name: 'web', argv: ['web', '-c', '/x'], pidfile, logs: [] };
    expect(run([daemon, daemon])).toEqual({
      status: 0,
      stderr: '',
      log: ['web -c /x', 'start-stop-daemon --start'],
    });
  });

  it('a failed setting is named, and nothing follows it', () => {
    expect(run([sysctl('a'), service], 'sysctl')).toEqual({
      status: 1,
      stderr: 'failed: sysctl -qw a=1\n',
      log: ['sysctl -qw a=1'],
    });
  });

  it('a failed batch is named, and nothing follows it', () => {
    const { status, stderr, log } = run([link('lo'), service], 'ip');
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'failed: one of these ip commands\n' });
    expect(log).toEqual(['ip -batch -', 'link set lo up']);
  });

  it('a service that is there already is edited', () => {
    expect(run([service], 'ipvsadm-A')).toEqual({
      status: 0,
      stderr: '',
      log: ['ipvsadm -A -t 192.0.2.100:80 -s rr', 'ipvsadm -E -t 192.0.2.100:80 -s rr'],
    });
  });

  it('a service that can be neither added nor edited is named, after why', () => {
    const { status, stderr } = run([service], 'ipvsadm-A', 'ipvsadm-E');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'refused -E\nfailed: ipvsadm -A -t 192.0.2.100:80 -s rr\n',
    });
  });

  it('a file has its content to the byte, whatever the shell would make of it', () => {
    const content = `it's $HOME \`id\` $(id) \\n "quoted"\n\n  indented\nEOFX\n EOF\n`;
    const path = join(folder, 'a file');
    expect(run([{ kind: 'file', path, content }]).status).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  it('the web server of a node is written as planned', () => {
    const steps = shipped('nat').nodes.find((n) => n.name === 'rs1')?.steps ?? [];
    const file = steps.find((s) => s.kind === 'file');
    if (file === undefined) throw new Error('no file');
    const path = join(folder, 'lab.conf');
    expect(run([{ ...file, path }]).status).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe(file.content);
  });

  it('a whole plan calls the nodes by name, and carries files through both shells', () => {
    const plan = planOf(`
networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes: { client: { on: front }, director: { on: [front, back] }, rs1: { on: back } }
services: [{ vip: 203.0.113.100 }]`);
    const path = join(folder, 'planned.conf');
    const content = 'it\'s $HOME "quoted" \\n\n';
    plan.nodes[2]?.steps.splice(0, Infinity, { kind: 'file', path, content });
    tool('modprobe', `echo "modprobe $*" >>${folder}/log`);
    tool('ip', `echo "ip $*" >>${folder}/log; [ "$1 $2" != "netns exec" ] || { shift 3; "$@"; }`);
    writeFileSync(join(folder, 'log'), '');
    const { status, stderr } = sh([], planScript(plan), folder);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(path, 'utf8')).toBe(content);
    const log = readFileSync(join(folder, 'log'), 'utf8').split('\n');
    expect(log[0]).toBe('modprobe -a ip_vs ip_vs_rr');
    expect(log).toContain('ip netns exec director ipvsadm -A -t 203.0.113.100:80 -s rr');
    expect(log).toContain('ipvsadm -A -t 203.0.113.100:80 -s rr');
    expect(log).toContain('ip netns exec client ip addr replace 203.0.113.101/24 dev eth0');
  });
});

describe('the script that lab plan prints', () => {
  it.each(SHIPPED)('is valid sh for %s, and lists every node and network', (name) => {
    const plan = shipped(name);
    const script = planScript(plan);
    expect(syntax(script)).toEqual(RIGHT);
    const rows = script.split('\n');
    expect(rows.slice(0, 3)).toEqual(['#!/bin/sh', `# lab ${name}: ${plan.title}`, 'set -e']);
    for (const network of plan.networks) expect(rows).toContain(`ip link set dev ${network.name} up`);
    for (const node of plan.nodes) {
      expect(rows.filter((row) => row === `ip netns add ${node.name}`)).toHaveLength(1);
      expect(script).toContain(`\n# ${node.name} (${node.role}): eth0 `);
    }
    // Networks are there before what is plugged into them, and a node before what runs on it.
    for (const node of plan.nodes) {
      const made = rows.indexOf(`ip netns add ${node.name}`);
      expect(rows.findIndex((row) => row.startsWith(`on ${node.name} `))).toBeGreaterThan(made);
      expect(rows.indexOf(`ip link set dev ${plan.networks.at(-1)?.name ?? ''} up`)).toBeLessThan(made);
    }
  });

  it('plugs each interface into its network with the planned MAC and MTU', () => {
    const rows = planScript(shipped('full')).split('\n');
    expect(rows).toContain('ip link add name back mtu 1400 type bridge');
    expect(rows).toContain(
      'ip link add name director.1 mtu 1400 type veth peer name eth1 mtu 1400 address 02:00:00:02:00:01 netns director',
    );
    expect(rows).toContain('ip link set dev director.1 master back up');
    expect(rows).toContain(
      'ip link add name client.0 type veth peer name eth0 address 02:00:00:01:00:01 netns client',
    );
  });

  it('loads modules only where there is a service', () => {
    expect(planScript(shipped('tun-gue'))).toContain('\nmodprobe -a ip_vs ip_vs_rr ipip fou\n');
    expect(planScript(planOf('networks: { a: 10.0.0.0/24 }\nnodes: { client: { on: a } }'))).not.toContain(
      'modprobe',
    );
  });

  it('gives a port a name that the kernel takes', () => {
    expect(portName('a'.repeat(12), 99)).toHaveLength(15);
    expect(portName('rs1', 0)).toBe('rs1.0');
  });

  it('lists the same commands as the run, one by one', () => {
    expect(planScript(shipped('nat')).split('\n')).toEqual(
      expect.arrayContaining([
        'on director ipvsadm -A -t 203.0.113.100:80 -s rr',
        'on rs1 ip route replace default via 10.0.0.1',
        'on rs1 start-stop-daemon --start --oknodo --quiet --pidfile /run/web.pid --exec /usr/sbin/nginx -- -c /etc/nginx/lab.conf',
      ]),
    );
  });
});

/** Texts that a file may have; many of them with lines that end a here-document of an obvious kind. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'EOF',
        'EOF_2',
        'EOF_3',
        ' EOF',
        'EOF ',
        "it's",
        '$(id) `id` $HOME',
        '\\',
        '\\EOF',
        '',
        'END',
      ),
      fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/\p{Surrogate}|\0/gu, '')),
    ),
    { maxLength: 8 },
  )
  .chain((rows) => fc.constantFrom(rows.join('\n'), `${rows.join('\n')}\n`));

describe('a file of any content', () => {
  const folder = mkdtempSync(join(tmpdir(), "lvslab-it's a file-"));
  const path = join(folder, 'file');
  const file = (content: string): Step => ({ kind: 'file', path, content });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const node = (content: string) => ({
    ...(shipped('nat').nodes[0] ?? expect.fail()),
    steps: [file(content)],
  });

  it.each<[string, (content: string) => string]>([
    ['up', (content) => runScript([file(content), { kind: 'file', path: `${path}.2`, content: 'after\n' }])],
    ['reset', (content) => fixScript([{ argv: ['tee', path], file: { path, content } }])],
    ['heal', (content) => healScript(node(content), { kind: 'node' })],
    [
      'plan',
      (content) =>
        // A node of this machine itself.
        planScript({
          ...shipped('nat'),
          networks: [],
          modules: [],
          nodes: [{ ...node(content), interfaces: [] }],
        })
          .replace(/^on\(\).*$/m, 'on() { shift; "$@"; }')
          .replaceAll(/^ip netns.*$/gm, ''),
    ],
  ])('comes out of the script of %s as it is, and nothing of it is run', (_, scriptOf) => {
    fc.assert(
      fc.property(anyText, (content) => {
        rmSync(path, { force: true });
        const { status, stderr, stdout } = sh([], scriptOf(content));
        expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: '', stdout: '' });
        expect(readFileSync(path, 'utf8')).toBe(content);
      }),
      { numRuns: 100 },
    );
  });

  it('that cannot be written is named, and nothing follows it', () => {
    for (const content of ['text\n', 'text']) {
      const { status, stderr, stdout } = sh(
        [],
        `${runScript([{ kind: 'file', path: `${folder}/none/x`, content }])}echo more`,
      );
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toContain('failed: write ');
    }
  });

  it('is the whole of what a command reads from a here-document', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const lines = text === '' ? '' : `${text}\n`;
        return sh([], `${hereDocument('cat', lines, ' || exit 3')}\n`).stdout === lines;
      }),
      { numRuns: 100 },
    );
  });
});

it('a title of several lines is one comment', () => {
  const script = planScript({ ...shipped('nat'), title: "two\nlines\r\necho it's\0" });
  expect(script.split('\n')[1]).toBe("# lab nat: two lines echo it's ");
  expect(syntax(script)).toEqual(RIGHT);
});
