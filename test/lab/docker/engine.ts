import { execa } from 'execa';
import { spawn, type ChildProcess } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { chmod, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectEngine, type Engine } from '../../../src/docker/engine.ts';
import { exportNodeImage, importNodeImage } from '../../../src/docker/image-archive.ts';
import { ensureNodeImage, nodeImageOn } from '../../../src/docker/image.ts';
import { buildAlone } from '../../../src/machine/embedded/builds.ts';
import { ensureRoot } from '../../../src/machine/embedded/root.ts';
import { cacheDirectory } from '../../../src/host/paths.ts';
import { createProgress } from '../../../src/terminal/progress.ts';
import type { Ran } from '../cli.ts';

/** Releases of the engine that are tested: of Debian's stable suite, and the one of the embedded machine. */
export const RELEASES = ['20.10', '28'] as const;
export type Release = (typeof RELEASES)[number] | 'podman' | 'rootless';

/** A Docker engine on this machine, with its own network, data and socket. */
export interface TestEngine {
  release: Release;
  folder: string;
  /** What DOCKER_HOST is to be. */
  url: string;
  engine: Engine;
  /** Number of the engine's first process, by which its namespaces are entered. */
  pid: number;
  /** Names of all containers and networks, whoever made them. */
  everything: () => Promise<string[]>;
  /** A command on the engine's own host. */
  onHost: (...argv: string[]) => Promise<string>;
  /** Ends it and all that runs on it, as a power failure does; it can be started in its folder again. */
  kill: () => Promise<void>;
  stop: () => Promise<void>;
}

const TOOLS = ['iptables', 'iproute2', 'perl-base', 'kmod'];

/** Roots that are made for tests alone: what is in them, and of which suite. */
const ROOTS = {
  '20.10': { name: 'test-engine-bookworm-1', suite: 'bookworm', packages: ['docker.io', 'openssh-server'] },
  rootless: {
    name: 'test-rootless-bookworm-1',
    suite: 'bookworm',
    packages: ['docker.io', 'rootlesskit', 'slirp4netns', 'uidmap'],
  },
  podman: { name: 'test-podman-forky-1', suite: 'forky', packages: ['podman', 'crun', 'nftables'] },
};

/** The root file system with an engine of this release. */
async function engineRoot(release: Release): Promise<string> {
  if (release === '28')
    return (await ensureRoot(createProgress(process.stderr, { quiet: true }), 'docker')).image;
  const { name, suite, packages } = ROOTS[release];
  const directory = join(cacheDirectory(), name);
  // Whatever else is being built meanwhile need not be waited for.
  if (existsSync(directory)) return directory;
  await buildAlone(
    'test-engine',
    () => undefined,
    async (work) => {
      if (existsSync(directory)) return;
      await execa('mmdebstrap', [
        ...['--variant=minbase', '--aptopt=Acquire::Check-Valid-Until "false"', '--format=directory'],
        ...[`--include=${[...packages, ...TOOLS].join(',')}`, suite, work],
      ]);
      // The root of a file system is everybody's to enter.
      await chmod(work, 0o755);
      await rename(work, directory);
    },
  );
  return directory;
}

/**
 * Docker's own client, of the release that Debian has it with, on this machine.
 * @returns its exit code and what it printed
 */
export async function dockerClient({ url }: TestEngine, ...argv: string[]): Promise<Ran> {
  const root = await engineRoot('20.10');
  const libraries = join(root, 'lib/x86_64-linux-gnu');
  const program = [join(libraries, 'ld-linux-x86-64.so.2'), '--library-path', libraries];
  const ran = await execa('env', [`DOCKER_HOST=${url}`, ...program, join(root, 'usr/bin/docker'), ...argv], {
    reject: false,
  });
  return { code: ran.exitCode ?? 128, stdout: ran.stdout, stderr: ran.stderr };
}

/**
 * Starts an engine.
 * @param options for dockerd
 * @param prepare puts what they name into the engine's folder, which it sees as /lab
 * @param folder of one that was killed, whose containers and networks it has
 */
export async function startEngine(
  release: Release,
  options: string[] = [],
  prepare: (folder: string) => Promise<void> = () => Promise.resolve(),
  folder = mkdtempSync(join(tmpdir(), 'lvslab-engine-')),
): Promise<TestEngine> {
  const root = await engineRoot(release);
  await prepare(folder);
  const cgroup = folder.slice(tmpdir().length);
  const host = spawn(join(import.meta.dirname, 'start-engine'), [release, root, folder, cgroup, ...options], {
    stdio: 'ignore',
  });
  const url = `unix://${folder}/docker.sock`;
  const endpoint = { url, reason: 'the test', certificates: undefined };
  let engine: Engine | undefined;
  for (let waited = 0; engine === undefined; waited += 1) {
    if (waited > 600 || host.exitCode !== null)
      throw new Error(
        `no engine: ${existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : ''}`,
      );
    await sleep(100);
    engine = await connectEngine(endpoint).catch(() => undefined);
  }
  const { docker } = engine;
  const pid = firstProcess(host);
  const kill = async () => {
    if (host.exitCode !== null || host.signalCode !== null) return;
    const ended = new Promise((resolve) => host.once('exit', resolve));
    process.kill(pid, 'SIGKILL');
    await ended;
    await removeCgroups(cgroup);
    // It would take the number in it for that of one that runs: the next one's own.
    rmSync(join(folder, 'pid'), { force: true });
  };
  return {
    release,
    folder,
    url,
    engine,
    pid,
    everything: async () => {
      const [containers, networks] = await Promise.all([
        docker.listContainers({ all: true }),
        docker.listNetworks(),
      ]);
      return [...containers.flatMap((c) => c.Names), ...networks.map((n) => n.Name)].sort();
    },
    onHost: async (...argv) =>
      (await execa('nsenter', ['-t', String(pid), '-m', '-n', '-p', '-u', '-i', '--', ...argv])).stdout,
    kill,
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Gives an engine the image of a node: made on the first engine that is to have it, and from that one's by a file in the
 * cache for all others. That an engine makes it itself is the contract's to prove.
 */
export async function giveNodeImage({ engine }: TestEngine): Promise<void> {
  const prefix = 'test-engine-image-';
  const name = `${prefix}${nodeImageOn(engine).split(':')[1] ?? ''}.tar`;
  const kept = join(cacheDirectory(), name);
  if (existsSync(kept)) {
    await importNodeImage(engine, kept);
    return;
  }
  await ensureNodeImage(engine, createProgress(process.stderr, { quiet: true }));
  // Another test may have made it meanwhile, may be about to, or may be reading it.
  if (existsSync(kept)) return;
  const own = `${kept}.${process.pid}`;
  await pipeline(await exportNodeImage(engine), createWriteStream(own));
  await rename(own, kept);
  for (const other of readdirSync(cacheDirectory()))
    if (other.startsWith(prefix) && !other.startsWith(name))
      rmSync(join(cacheDirectory(), other), { force: true });
}

/** The first process in the engine's PID namespace: the only child of `unshare`, which started it. */
function firstProcess(host: ChildProcess): number {
  const pid = host.pid ?? 0;
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}

/** Control groups outlive their processes; these bear the engine's own name. */
async function removeCgroups(name: string): Promise<void> {
  const hierarchies = readdirSync('/sys/fs/cgroup').map((h) => join('/sys/fs/cgroup', h, name));
  for (const path of [...hierarchies, join('/sys/fs/cgroup', name)].filter(existsSync))
    for (let tries = 0; existsSync(path) && tries < 50; tries += 1)
      try {
        // The innermost first.
        for (const child of readdirSync(path, { withFileTypes: true, recursive: true }).reverse())
          if (child.isDirectory()) rmdirSync(join(child.parentPath, child.name));
        rmdirSync(path);
      } catch {
        // Its processes are still ending.
        await sleep(50);
      }
}

/**
 * An ssh configuration that leads to the engine's host as `engine`: a server of its own for each connection, so that no
 * port of this machine is opened.
 * @returns the file's path
 */
export async function sshConfig({ folder, pid }: TestEngine): Promise<string> {
  const config = join(folder, 'ssh_config');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'host_key')]);
  writeFileSync(
    join(folder, 'sshd_config'),
    'HostKey /lab/host_key\nAuthorizedKeysFile /lab/key.pub\nStrictModes no\nPermitRootLogin yes\nUsePAM no\n',
  );
  const server = `nsenter -t ${pid} -m -n -p -u -i -- /usr/sbin/sshd -i -f /lab/sshd_config`;
  writeFileSync(
    config,
    `Host engine\n  ProxyCommand ${server}\n  IdentityFile ${folder}/key\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n`,
  );
  return config;
}
