import { execa } from 'execa';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { nodeImageOn } from '../../../src/docker/image.ts';
import { BIN, leftOf, marked, user } from '../cli.ts';
import { pretended } from '../pretended.ts';
import { RELEASES, giveNodeImage, startEngine, type TestEngine } from './engine.ts';
import { plainTopology } from './plain.ts';

// No virtual service: this machine's own kernel has no ip_vs, and all this is about everything else.
const PLAIN = plainTopology(81);

describe.each(RELEASES)('a lab on Docker %s', (release) => {
  const me = user(`docker-life-${release}`);
  let host: TestEngine;
  let before: string[];
  let file: string;
  const env = (more: Record<string, string> = {}) => ({ ...me.env, DOCKER_HOST: host.url, ...more });
  const lab = (argv: string[], more: Record<string, string> = {}) => me.lab(argv, { env: env(more) });
  const up = (...argv: string[]) => lab(['up', file, '--runtime', 'docker', '--machine', 'local', ...argv]);
  /** An `up` that goes on while the test does other things. */
  const start = () => {
    const argv = ['node', BIN, 'up', file, '--runtime', 'docker', '--machine', 'local'];
    const [program, ...rest] = marked(me.state, argv);
    // Killed by nobody but the test: a command that does not end on a signal is to show.
    return execa(program, rest, { env: env(), reject: false, cleanup: false, forceKillAfterDelay: false });
  };
  const made = async () => (await host.everything()).filter((name) => name.includes('lvslab'));
  /** Waits until an `up` has made so many containers and networks. */
  const reached = (objects: number) =>
    expect
      .poll(async () => (await made()).length, { timeout: 60_000, interval: 20 })
      .toBeGreaterThanOrEqual(objects);

  beforeAll(async () => {
    host = await startEngine(release);
    await giveNodeImage(host);
    file = join(host.folder, 'plain.yaml');
    writeFileSync(file, PLAIN);
    // Somebody else's, which nobody may touch.
    const foreign = await host.engine.docker.createContainer({
      name: 'foreign',
      Image: nodeImageOn(host.engine),
      Cmd: ['sleep', '100000'],
      HostConfig: { NetworkMode: 'none' },
    });
    await foreign.start();
    before = await host.everything();
  });
  afterEach(async () => {
    await lab(['down', '--all']);
    expect(await host.everything()).toEqual(before);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
  });
  afterAll(async () => {
    await host.stop();
  });

  it('comes up, works, and says where it is', async () => {
    const result = await up();
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toContain(`Docker ${release}`);
    const ping = await lab(['exec', 'h1', '--', 'ping', '-c1', '-W5', 'h2']);
    expect(ping.code, ping.stdout).toBe(0);
    expect((await lab(['exec', 'h1', '--', 'sh', '-c', 'exit 42'])).code).toBe(42);
    const echoed = await me.lab(['exec', 'h1', '--', 'cat'], { env: env(), input: 'in and out' });
    expect(echoed).toMatchObject({ code: 0, stdout: 'in and out' });
    expect((await up()).stdout).toContain('is up already');
    expect((await lab(['list'])).stdout).toMatch(/plain\s+up\s+3\s+local\s+docker/);
  });

  it('is worked with from its labels alone, its file and its record gone', async () => {
    await up();
    rmSync(me.state, { recursive: true, force: true });
    const away = join(host.folder, 'away.yaml');
    await execa('mv', [file, away]);
    try {
      expect((await lab(['list'])).stdout).toMatch(/plain\s+up\s+3/);
      rmSync(me.state, { recursive: true, force: true });
      expect((await lab(['status', 'plain'])).stdout).toContain('10.81.1.254/24');
      rmSync(me.state, { recursive: true, force: true });
      expect((await lab(['exec', 'plain/r1', '--', 'hostname'])).stdout).toBe('r1');
      rmSync(me.state, { recursive: true, force: true });
      expect((await lab(['down', 'plain'])).code).toBe(0);
      expect(await made()).toEqual([]);
    } finally {
      await execa('mv', [away, file]);
    }
  });

  it('has two under different names and subnets, and says what is in the way of the same subnet', async () => {
    await up();
    const twice = await up('--name', 'twice');
    expect(twice.code).toBe(2);
    expect(twice.stderr).toContain(
      'network west (10.81.1.0/24) cannot be made: Docker network lvslab-plain-west of lab plain',
    );
    expect(twice.stderr).toMatch(/another subnet, for example 10\.\d+\.\d+\.0\/24/);
    writeFileSync(join(host.folder, 'other.yaml'), plainTopology(82));
    const other = await lab([
      'up',
      join(host.folder, 'other.yaml'),
      '--runtime',
      'docker',
      '--machine',
      'local',
    ]);
    expect(other.code, other.stderr).toBe(0);
    expect((await lab(['exec', 'other/h1', '--', 'ping', '-c1', '-W5', 'h2'])).code).toBe(0);
    expect((await lab(['exec', 'plain/h1', '--', 'ping', '-c1', '-W1', '10.82.1.101'])).code).not.toBe(0);
  });

  it('chooses other subnets than the engine has, where the topology leaves them open', async () => {
    const open = join(host.folder, 'open.yaml');
    writeFileSync(open, PLAIN.replaceAll(/10\.81\.\d\.0\/24/g, 'auto'));
    const inTheWay = await host.engine.docker.createNetwork({
      Name: 'foreign-net',
      IPAM: { Config: [{ Subnet: '10.10.0.0/23' }] },
    });
    const bring = (...more: string[]) =>
      lab(['up', open, '--runtime', 'docker', '--machine', 'local', ...more]);
    try {
      const one = await bring();
      expect(one.code, one.stderr).toBe(0);
      expect(one.stdout).toContain(
        'network west gets 10.10.2.0/24, because the engine has others in the way',
      );
      expect((await bring()).stdout).toContain('is up already');
      const two = await bring('--name', 'second');
      expect(two.code, two.stderr).toBe(0);
      expect(two.stdout).toContain('network west gets 10.10.4.0/24');
      for (const name of ['open', 'second'])
        expect((await lab(['exec', `${name}/h1`, '--', 'ping', '-c1', '-W5', 'h2'])).code).toBe(0);
      await lab(['down', 'second']);
      await lab(['down', 'open']);
    } finally {
      await inTheWay.remove();
    }
  });

  it('refuses a name that a foreign container has, and leaves that alone', async () => {
    const foreign = await host.engine.docker.createContainer({
      name: 'lvslab-plain-h2',
      Image: nodeImageOn(host.engine),
      Cmd: ['true'],
    });
    try {
      const refused = await up();
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain(
        'container lvslab-plain-h2 is already on this engine, and not of a lab',
      );
      expect(await made()).toEqual(['/lvslab-plain-h2']);
    } finally {
      await foreign.remove({ force: true });
    }
  });

  it('lets a container go that somebody attached to its network', async () => {
    await up();
    const { docker } = host.engine;
    await docker
      .getNetwork('lvslab-plain-west')
      .connect({ Container: 'foreign' })
      .catch(() => undefined);
    const guest = await docker.createContainer({
      name: 'visitor',
      Image: nodeImageOn(host.engine),
      Cmd: ['sleep', '1000'],
      HostConfig: { NetworkMode: 'lvslab-plain-west' },
    });
    await guest.start();
    try {
      expect((await lab(['down', 'plain'])).code).toBe(0);
      expect(await made()).toEqual([]);
      expect((await guest.inspect()).State.Running).toBe(true);
    } finally {
      await guest.remove({ force: true });
    }
  });

  it('starts a stopped container again and wires it', async () => {
    await up();
    await host.engine.docker.getContainer('lvslab-plain-r1').stop();
    expect((await lab(['exec', 'h1', '--', 'ping', '-c1', '-W1', 'h2'])).code).not.toBe(0);
    expect((await lab(['exec', 'r1', '--', 'true'])).code).not.toBe(0);
    expect((await lab(['status', 'plain'])).code).toBe(4);
    const again = await up();
    expect(again.stdout, again.stderr).toContain('r1 configured anew');
    expect((await lab(['exec', 'h1', '--', 'ping', '-c1', '-W5', 'h2'])).code).toBe(0);
  });

  it('is refused with exit code 3 where it needs ip_vs, and says the way out', async () => {
    const refused = await lab(['up', 'nat', '--runtime', 'docker', '--machine', 'local']);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('has no ip_vs');
    expect(refused.stderr).toContain('--machine embedded');
    const doctor = await lab(['doctor', '--json']);
    const { findings } = JSON.parse(doctor.stdout) as {
      findings: { title: string; state: string; detail: string }[];
    };
    expect(findings.find((f) => f.title === 'docker')?.detail).toContain(`${release}.`);
    expect(findings.find((f) => f.title === 'engine kernel')?.state).toBe('cannot');
    expect((await lab(['doctor', '--fix'])).code).toBe(3);
  });

  it('leaves Docker out by itself where its kernel has no ip_vs', async () => {
    const result = await lab(['up', 'nat']);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toContain('embedded');
    expect(await made()).toEqual([]);
  });

  it.each([150, 400, 700, 1100, 1600, 2200])('killed after %i ms: down leaves nothing', async (instant) => {
    const running = start();
    await sleep(instant);
    running.kill('SIGKILL');
    await running;
    expect((await lab(['down', 'plain'])).code).toBe(0);
    expect(await made()).toEqual([]);
  });

  it.each([
    ['SIGINT', 130, 1],
    ['SIGTERM', 143, 4],
  ] as const)('%s gives exit code %i and all is cleaned up', async (signal, code, objects) => {
    const running = start();
    await reached(objects);
    running.kill(signal);
    expect((await running).exitCode).toBe(code);
    expect(await made()).toEqual([]);
  });

  it('two at once are one lab, and down while one runs leaves nothing', async () => {
    const both = await Promise.all([start(), start()]);
    expect(both.map((one) => one.exitCode)).toEqual([0, 0]);
    expect(both.filter((one) => one.stdout.includes('is up already'))).toHaveLength(1);
    await lab(['down', 'plain']);
    const running = start();
    await reached(1);
    expect((await lab(['down', 'plain'])).code).toBe(0);
    expect((await running).exitCode).toBe(0);
    expect(await made()).toEqual([]);
  });

  it('names the rule of the host that eats what LVS sends', async () => {
    // Whether bridged packets meet iptables at all is the host's to say.
    await host.onHost('/sbin/sysctl', '-w', 'net.bridge.bridge-nf-call-iptables=1');
    // In FORWARD itself the engine may put what accepts a new network before it.
    const rule = ['DOCKER-USER', '-s', '10.81.1.101', '-j', 'DROP'];
    await host.onHost('iptables', '-I', ...rule);
    try {
      const refused = await up();
      expect(refused.code, refused.stdout).toBe(3);
      expect(refused.stderr).toContain('do not carry what LVS sends');
      expect(refused.stderr).toContain('network east: from r1 to h2');
      expect(refused.stderr).toContain('-A DOCKER-USER -s 10.81.1.101/32 -j DROP');
      expect(await made()).toEqual([]);
    } finally {
      await host.onHost('iptables', '-D', ...rule);
    }
    expect((await up()).code).toBe(0);
  });

  it('has its image exported and imported', async () => {
    const archive = join(host.folder, 'node.tar');
    expect((await lab(['image', 'export', archive])).code).toBe(0);
    const { docker } = host.engine;
    await docker.getContainer('foreign').remove({ force: true });
    await docker.getImage(nodeImageOn(host.engine)).remove({ force: true });
    expect((await lab(['image', 'export', archive])).stderr).toContain('lab image build');
    // On a host where no lab but on the engine is possible: not known before a node can be made there.
    const { options, end } = pretended({ system: 'darwin', arch: 'arm64' });
    const unknown = await lab(['doctor', '--json'], { NODE_OPTIONS: options });
    expect(unknown.code, unknown.stderr).toBe(5);
    expect(JSON.parse(unknown.stdout)).toMatchObject({ ready: null });
    expect(await host.everything()).toEqual(before.filter((name) => name !== '/foreign'));
    const wrong = join(host.folder, 'wrong.tar');
    writeFileSync(wrong, 'not an image');
    expect((await lab(['image', 'import', wrong])).code).toBe(2);
    expect((await lab(['image', 'import', archive])).code).toBe(0);
    expect((await lab(['image', 'build'])).stdout).toContain('is on the engine already');
    const known = await lab(['doctor'], { NODE_OPTIONS: options });
    end();
    expect(known.code, known.stdout).toBe(3);
    expect(known.stdout).toContain('one was made, ran a command, and is gone again');
    expect(known.stdout).toContain('has no ip_vs');
    const foreign = await docker.createContainer({
      name: 'foreign',
      Image: nodeImageOn(host.engine),
      Cmd: ['sleep', '100000'],
      HostConfig: { NetworkMode: 'none' },
    });
    await foreign.start();
    expect((await up()).code).toBe(0);
  });

  it('tells an ordinary user who may not talk to the engine', async () => {
    const home = join(host.folder, 'nobody');
    mkdirSync(home, { recursive: true, mode: 0o777 });
    const result = await execa(
      'setpriv',
      [
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        process.execPath,
        '--input-type=module',
        '-e',
        `
        const { request } = await import('node:http');
        request({ socketPath: '${host.folder}/docker.sock', path: '/version' }).on('error', (e) => { console.log(e.code); }).end();`,
      ],
      { reject: false },
    );
    expect(result.stdout).toBe('EACCES');
  });

  it('tells that the engine was stopped in the middle, and takes down what is left once it is back', async () => {
    const running = start();
    await reached(2);
    await host.stop();
    const result = await running;
    expect(result.exitCode).toBeGreaterThanOrEqual(3);
    expect(result.stderr).toMatch(/stopped answering|does not answer/);
    expect((await lab(['list'])).code).toBe(0);
    const refused = await lab(['down', 'plain']);
    expect(refused.code).toBe(3);
    expect((await lab(['down', 'plain', '--forget'])).code).toBe(0);
    host = await startEngine(release);
    before = await host.everything();
  });
});

describe('an engine that cannot be used', () => {
  const me = user('docker-none');
  const up = (url: string) =>
    me.lab(['up', 'nat', '--runtime', 'docker', '--machine', 'local'], {
      env: { ...me.env, DOCKER_HOST: url },
    });

  it('is absent', async () => {
    const result = await up('unix:///nowhere/docker.sock');
    expect(result.code).toBe(3);
    expect(result.stderr).toContain('there is no Docker engine at unix:///nowhere/docker.sock (DOCKER_HOST)');
    expect((await up('tcp://127.0.0.1:1')).stderr).toContain('does not answer');
    expect((await up('nonsense')).code).toBe(2);
  });

  it('is too old', async () => {
    // No engine of that age is to be had; its answer is.
    const server = createServer((_, response) => {
      response.setHeader('Content-Type', 'application/json');
      response.end(
        JSON.stringify({
          Version: '17.03.2',
          ApiVersion: '1.27',
          MinAPIVersion: '1.12',
          KernelVersion: '4.9',
        }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const result = await up(`tcp://127.0.0.1:${port}`);
    server.close();
    expect(result.code).toBe(3);
    expect(result.stderr).toContain('too old: it is 17.03.2 with API 1.27');
  });
});
