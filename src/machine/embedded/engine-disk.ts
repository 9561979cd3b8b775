import { existsSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT, LabError } from '../../errors.ts';
import { hostCommand } from '../../host/command.ts';
import { systemPath } from '../../host/programs.ts';
import { cacheDirectory } from '../../host/paths.ts';
import { seconds, type Progress } from '../../terminal/progress.ts';
import { assertKept } from '../../state/own-files.ts';
import { boot, type Confinement } from './boot.ts';
import { engineDiskName } from './cache.ts';
import { buildAlone, endKernel } from './builds.ts';
import { runOnLine } from './line.ts';
import { lastLines } from './packages.ts';
import type { Kernel } from './kernel.ts';
import type { Root } from './root.ts';

/** Bytes of the engine's disk: the image, and room for what containers write. Only what is used takes space. */
const SIZE = 4 * 1024 ** 3;

/** Where the guest's engine listens. */
export const GUEST_SOCKET = '/run/docker.sock';

/**
 * A disk for the embedded machine's Docker engine with the image of a node on it, made once by that very engine:
 * giving the image to each lab's engine anew would take half a minute.
 * @param nodes the root file system that nodes get
 * @param engine the engine's own, and the kernel that it runs on while the disk is made
 * @param image what the image is to be called
 * @returns the disk's file, which labs only read
 */
export async function ensureEngineDisk(
  nodes: Root,
  engine: { kernel: Kernel; root: Root },
  image: string,
  confinement: Confinement,
  progress: Progress,
): Promise<string> {
  const disk = join(cacheDirectory(), engineDiskName(engine.root.key, image));
  if (existsSync(disk)) {
    assertKept(cacheDirectory());
    return disk;
  }
  const task = progress.start('engine disk', 'starting');
  const began = performance.now();
  const waiting = () => {
    task.update('waiting for another build');
  };
  try {
    await buildAlone('disk', waiting, async (work) => {
      if (existsSync(disk)) return;
      const file = join(work, 'disk');
      await format(file);
      task.update('booting an engine');
      await boot(work, {
        ...engine,
        memory: 1024,
        modules: [],
        confinement,
        disks: [
          { file, use: 'write' },
          { file: nodes.image, use: 'read' },
        ],
        engine: true,
        endsWithCaller: true,
      });
      task.update('giving it the image of a node');
      await inGuest(work, importScript(image));
      await inGuest(work, FINISH);
      await endKernel(work);
      await rename(file, disk);
    });
  } catch (error) {
    task.fail();
    throw error;
  }
  task.done(`made (${seconds(performance.now() - began)}, kept for next time)`);
  return disk;
}

async function format(file: string): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  await handle.truncate(SIZE);
  await handle.close();
  // No journal: after a crash the disk is thrown away.
  await hostCommand(
    'mke2fs',
    ['-q', '-t', 'ext4', '-O', '^has_journal', '-E', 'lazy_itable_init=1', '-F', '--', file],
    {
      env: { PATH: systemPath() },
    },
  );
}

function importScript(image: string): string {
  const [repository, tag] = image.split(':');
  const url = `http://engine/images/create?fromSrc=-&repo=${repository ?? ''}&tag=${tag ?? ''}`;
  return `
for i in $(seq 600); do curl -sf --unix-socket ${GUEST_SOCKET} http://engine/_ping >/dev/null && break; sleep 0.1; done
mkdir /tmp/node && mount -t ext2 -o ro /dev/ubdc /tmp/node &&
tar -C /tmp/node --exclude=./usr/lib/uml -cf - . |
  curl -sSf --unix-socket ${GUEST_SOCKET} -X POST -H 'Content-Type: application/x-tar' -T - '${url}' &&
umount /tmp/node`;
}

/** The engine writes down what it has; then nothing is left to write. */
const FINISH = `
kill $(cat /run/docker.pid)
for i in $(seq 100); do umount /var/lib/docker 2>/dev/null && exit 0; sleep 0.1; done
cat /proc/mounts; exit 1`;

async function inGuest(work: string, script: string): Promise<void> {
  const result = await runOnLine(work, ['sh', '-c', script]);
  if (result.code === 0) return;
  const log = await runOnLine(work, ['tail', '-n', '5', '/run/dockerd.log']);
  throw new LabError(
    EXIT.machineCannot,
    `the embedded machine's Docker engine failed: ${lastLines(`${result.stdout.toString()}${result.stderr}${log.stdout.toString()}`)}`,
  );
}
