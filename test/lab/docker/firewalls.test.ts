import { writeFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { nodeImageOn } from '../../../src/docker/image.ts';
import { runOnce } from '../../../src/docker/one-shot.ts';
import { user, type Ran } from '../cli.ts';
import { RELEASES, giveNodeImage, startEngine, type Release, type TestEngine } from './engine.ts';

/** Three networks in a row, so that what is for elsewhere can be told from what is ordinary by its addresses. */
const LINE = `lvslab: 1
mode: nat
networks: { west: 10.84.1.0/24, mid: 10.84.2.0/24, east: 10.84.3.0/24 }
nodes:
  h1: { role: client, on: west }
  r1: { role: router, on: [west, mid] }
  r2: { role: router, on: [mid, east] }
  h2: { role: client, on: east }
`;
const ELSEWHERE = ['-s', '10.84.2.0/24', '-d', '10.84.3.0/24'];
/** Rules for routed packets see bridged ones where this says so. */
const BRIDGED = 'net.bridge.bridge-nf-call-iptables';

/** An engine whose host is to have rules in the way, and a lab on it. */
class Host {
  private readonly me: ReturnType<typeof user>;
  private readonly file: string;
  readonly engine: TestEngine;

  constructor(name: string, engine: TestEngine) {
    this.me = user(`firewall-${name}`);
    this.engine = engine;
    this.file = join(engine.folder, 'line.yaml');
    writeFileSync(this.file, LINE);
  }

  lab(...argv: string[]): Promise<Ran> {
    return this.me.lab(argv, { env: { ...this.me.env, DOCKER_HOST: this.engine.url } });
  }

  up(): Promise<Ran> {
    return this.lab('up', this.file, '--runtime', 'docker', '--machine', 'local');
  }

  /** Runs a shell line on the engine's host; `nft`, which that may lack, with a node's. */
  async run(line: string): Promise<void> {
    if (line.startsWith('nft ')) {
      const rights = { NetworkMode: 'host', CapAdd: ['NET_ADMIN'] };
      const { engine } = this.engine;
      expect(await runOnce(engine.docker, nodeImageOn(engine), ['sh', '-c', line], rights)).toEqual({
        code: 0,
        output: '',
      });
    } else await this.engine.onHost('env', 'PATH=/lab/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'sh', '-c', line);
  }

  /** Carries out what an error says is to be run on the engine's host. @returns the commands */
  async fix({ stderr }: Ran): Promise<string[]> {
    const commands = Array.from(stderr.matchAll(/^\s+((?:sysctl|nft) .*)$/gm), ([, line = '']) => line);
    for (const command of commands) await this.run(command);
    return commands.map((command) => command.split(' ')[0] ?? '');
  }

  /** The lab is up, and its ends reach each other. */
  async works(): Promise<void> {
    const up = await this.up();
    expect(up.code, up.stderr).toBe(0);
    expect((await this.lab('exec', 'h1', '--', 'ping', '-c1', '-W5', 'h2')).code).toBe(0);
  }

  /** As it was before a test. */
  async clear(): Promise<void> {
    await this.lab('down', '--all');
    await this.run(`sysctl -qw ${BRIDGED}=1`);
    expect((await this.engine.everything()).filter((name) => name.includes('lvslab'))).toEqual([]);
  }
}

async function begin(release: Release, options: string[] = [], legacy = false): Promise<Host> {
  const engine = await startEngine(release, options, async (folder) => {
    if (!legacy) return;
    await mkdir(join(folder, 'bin'));
    for (const name of ['iptables', 'ip6tables'])
      await symlink(`/usr/sbin/${name}-legacy`, join(folder, 'bin', name));
  });
  await giveNodeImage(engine);
  return new Host(`${release}${options.join('')}${legacy ? '-legacy' : ''}`, engine);
}

describe.each(RELEASES)('the firewall of a host with Docker %s', (release) => {
  let host: Host;
  beforeAll(async () => {
    host = await begin(release);
    await host.clear();
  });
  afterEach(async () => {
    await host.clear();
  });
  afterAll(async () => {
    await host.engine.stop();
  });

  it('is no obstacle as Docker makes it, with forwarding refused by default', async () => {
    await host.run('iptables -P FORWARD DROP');
    await host.works();
  });

  it('is named by the rule that drops what is for elsewhere; leaving bridged packets alone is a way out', async () => {
    const rule = ['DOCKER-USER', ...ELSEWHERE, '-j', 'DROP'].join(' ');
    await host.run(`iptables -I ${rule}`);
    const refused = await host.up();
    expect(refused.code, refused.stderr).toBe(3);
    expect(refused.stderr).toContain('do not carry what LVS sends');
    expect(refused.stderr).toContain(`eaten by:\n  iptables -t filter -A DOCKER-USER`);
    expect(refused.stderr).not.toContain('an ordinary one');
    expect(await host.fix(refused)).toEqual(['sysctl']);
    await host.works();
    await host.run(`iptables -D ${rule}`);
  });

  it('is named by the rule that rewrites', async () => {
    const rule = ['POSTROUTING', ...ELSEWHERE, '-j', 'SNAT', '--to', '192.0.2.77'].join(' ');
    await host.run(`iptables -t nat -I ${rule}`);
    const refused = await host.up();
    expect(refused.code, refused.stderr).toBe(3);
    expect(refused.stderr).toContain('what was sent came as 192.0.2.77 > 10.84.3.');
    expect(refused.stderr).toContain('eaten by:\n  iptables -t nat -A POSTROUTING');
    expect(await host.fix(refused)).toEqual(['sysctl']);
    await host.works();
    await host.run(`iptables -t nat -D ${rule}`);
  });

  // These rules are none of the engine's: once is enough.
  if (release !== RELEASES.at(-1)) return;

  it('is named by the rule of nftables that counted', async () => {
    await host.run(
      "nft 'table inet wall { chain way { type filter hook forward priority 10; policy accept; }; }'",
    );
    await host.run("nft 'add rule inet wall way ip saddr 10.84.2.0/24 ip daddr 10.84.3.0/24 counter drop'");
    const counted = await host.up();
    expect(counted.code, counted.stderr).toBe(3);
    expect(counted.stderr).toContain('eaten by:\n  nftables inet wall way: ip saddr 10.84.2.0/24');
    expect(await host.fix(counted)).toEqual(['sysctl']);
    await host.works();
    await host.run('nft delete table inet wall');
  });

  it('is named as what it may be where a policy of nftables does not count', async () => {
    await host.run(
      "nft 'table inet wall { chain way { type filter hook forward priority 10; policy drop; }; }'",
    );
    const unknown = await host.up();
    expect(unknown.code, unknown.stderr).toBe(5);
    expect(unknown.stderr).toContain('could not be measured');
    expect(unknown.stderr).toContain('it may be one of them:\n  nftables inet wall way: policy drop');
    expect(await host.fix(unknown)).toEqual(['sysctl']);
    await host.works();
    await host.run('nft delete table inet wall');
  });

  it('is named where it filters bridges, with a way past that', async () => {
    await host.run("nft 'table bridge wall { chain way { type filter hook forward priority 0; }; }'");
    await host.run("nft 'add rule bridge wall way ip saddr 10.84.2.0/24 ip daddr 10.84.3.0/24 drop'");
    const refused = await host.up();
    expect(refused.code, refused.stderr).toBe(3);
    expect(refused.stderr).toContain(
      'it may be one of them:\n  nftables bridge wall way: ip saddr 10.84.2.0/24',
    );
    expect(await host.fix(refused)).toEqual(['nft']);
    await host.works();
    await host.run('nft delete table bridge wall');
  });
});

/** Ways to run an engine, and for some what is then in the way of every packet. */
const ENGINES: [string, Release, string[], boolean, string | undefined][] = RELEASES.flatMap((release) => {
  const [legacyDrop, forwardDrop] =
    release === '28'
      ? [undefined, 'iptables -P FORWARD DROP']
      : ['iptables-legacy -I DOCKER-USER -j DROP', undefined];
  return [
    [`${release} without a proxy for ports`, release, ['--userland-proxy=false'], false, undefined],
    [`${release} with iptables-legacy`, release, [], true, legacyDrop],
    [`${release} without iptables`, release, ['--iptables=false'], false, forwardDrop],
  ];
});

describe.each(ENGINES)('Docker %s', (_, release, options, legacy, obstacle) => {
  let host: Host;
  beforeAll(async () => {
    host = await begin(release, options, legacy);
    await host.clear();
  });
  afterEach(async () => {
    await host.clear();
  });
  afterAll(async () => {
    await host.engine.stop();
  });

  it('carries what LVS sends', async () => {
    await host.works();
  });

  if (obstacle === undefined) return;
  it('is told what drops everything, and the way out', async () => {
    await host.run(obstacle);
    const refused = await host.up();
    expect(refused.code, refused.stderr).toBe(3);
    expect(refused.stderr).toContain('and not even an ordinary one');
    expect(refused.stderr).toMatch(
      legacy ? /eaten by:\n\s+iptables-legacy -t filter -A DOCKER-USER -j DROP/ : /chain FORWARD policy DROP/,
    );
    expect(await host.fix(refused)).toEqual(['sysctl']);
    await host.works();
  });
});
