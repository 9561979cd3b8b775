import type { ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { spawnTied } from '../../src/machine/tied.ts';
import { cacheDirectory, packageRoot } from '../../src/host/paths.ts';
import { readAnswers } from './answers.ts';
import { ensureDisk } from './disk.ts';
import type { System } from './systems.ts';

/** What a script did in the machine. */
export interface Ran {
  code: number;
  /** Both outputs, in the order in which they came. */
  output: string;
}

/** A virtual machine that has booted. */
export interface Machine {
  /**
   * Runs a bash script as root, one at a time.
   * @param seconds after which the machine counts as dead
   * @throws Error with what it printed and the end of the console, where the machine or the time ends first
   */
  run: (script: string, seconds?: number) => Promise<Ran>;
  /** Ends it; nothing that was done in it is kept. */
  end: () => Promise<void>;
}

/** Folders of this host that the machine can read, by the names of its mounts. */
const SHARED = { tool: packageRoot, cache: cacheDirectory() };

/** The machine's own address on its network, which leads nowhere but to what is forwarded. */
export const ADDRESS = '10.0.2.15';

/** A network card, by which a port of this host's own leads to the machine's engine. */
function engineAt(port: number): string[] {
  const forward = `hostfwd=tcp:127.0.0.1:${port}-${ADDRESS}:2375`;
  return ['-netdev', `user,id=net,restrict=on,${forward}`, '-device', 'virtio-net-pci,netdev=net,romfile='];
}

function options(
  system: System,
  disk: Awaited<ReturnType<typeof ensureDisk>>,
  enginePort: number | undefined,
): string[] {
  return [
    ...system.board,
    ...['-accel', 'tcg,thread=multi', '-smp', '2', '-m', '3072', '-no-reboot', '-nodefaults'],
    ...['-display', 'none', '-monitor', 'none'],
    ...['-kernel', disk.kernel, '-initrd', disk.initrd],
    ...['-append', `root=/dev/vda rw console=${system.console} loglevel=4 panic=1 mitigations=off`],
    // What is written goes to a file without a name, which is gone with the emulator.
    ...['-drive', `file=${disk.image},format=raw,if=none,id=disk,snapshot=on,cache=unsafe,discard=unmap`],
    ...['-device', 'virtio-blk-pci,drive=disk', '-device', 'virtio-rng-pci'],
    ...['-chardev', 'socket,id=console,fd=3', '-serial', 'chardev:console'],
    ...['-chardev', 'socket,id=line,fd=4', '-device', 'virtio-serial-pci'],
    ...['-device', 'virtserialport,chardev=line,name=lvslab'],
    ...(enginePort === undefined ? [] : engineAt(enginePort)),
    ...Object.entries(SHARED).flatMap(([tag, path]) => [
      '-virtfs',
      `local,path=${path.replaceAll(',', ',,')},mount_tag=${tag},security_model=none,readonly=on,multidevs=remap`,
    ]),
  ];
}

/**
 * Boots a machine. It ends with this process, however that ends.
 * @param enginePort free port of this host that is to lead to port 2375 of the machine; without one it has no network
 * @param seconds that it may take
 */
export async function bootMachine(system: System, enginePort?: number, seconds = 600): Promise<Machine> {
  const argv = [system.emulator, ...options(system, await ensureDisk(system), enginePort)];
  const child = spawnTied(argv, { stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'], tty: false });
  const [, , , console, line] = child.stdio as unknown as Duplex[];
  if (console === undefined || line === undefined) throw new Error('the emulator has no lines');
  let log = '';
  for (const stream of [console, child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-200_000);
    });
  const answers = readAnswers(line);
  const failed = (why: string, output: string) =>
    new Error(`${system.name}: ${why}\n${output}\nits console:\n${log.slice(-4000)}`);

  /** The first answer of this kind, or an error. */
  const answer = async (kind: string, limit: number): Promise<{ output: string; value: string }> => {
    let output = '';
    const late = setTimeout(() => {
      answers.end(`not done in ${limit} s`);
    }, limit * 1000);
    try {
      for (;;) {
        const next = await answers.next();
        if (next.kind === 'ended') throw failed(next.value, output);
        if (next.kind === kind) return { output, value: next.value };
        output += next.value;
      }
    } finally {
      clearTimeout(late);
    }
  };
  child.once('exit', (code, signal) => {
    answers.end(`the emulator ended (${signal ?? code ?? ''})`);
  });
  try {
    await answer('ready', seconds);
    const run = async (script: string, limit = 600): Promise<Ran> => {
      const bytes = Buffer.from(script);
      line.write(`${bytes.length}\n`);
      line.write(bytes);
      const { output, value } = await answer('end', limit);
      return { code: Number(value), output };
    };
    return { run, end: () => ended(child) };
  } catch (error) {
    await ended(child);
    throw error;
  }
}

/** Ends the emulator, where it has not ended. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
