import { randomBytes } from 'node:crypto';
import { constants, createWriteStream, lstatSync, realpathSync, statSync, type Stats } from 'node:fs';
import { copyFile, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LabError, cannotWrite } from '../errors.ts';

/** What comes in a file: as a whole, or in pieces as they come; what fails on the way leaves the file as it was. */
export type Content = string | Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Writes a file that the user named, whole or not at all: it is made beside its place under a name that nobody can know
 * before, and moved there when it is complete. As with cp(1) a link leads to its file, what was there keeps its rights,
 * and a device or a FIFO is written into.
 * @throws LabError badInput where it cannot be written; machineCannot where the disk is full; what `content` throws
 */
export async function writeNamedFile(file: string, content: Content): Promise<void> {
  const pieces = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
  try {
    const there = statSync(file, { throwIfNoEntry: false });
    if (there === undefined && lstatSync(file, { throwIfNoEntry: false }) !== undefined)
      throw new Error('it is a link that leads nowhere');
    if (there?.isDirectory() === true) throw new Error('it is a folder');
    if (there === undefined) await replace(file, pieces, undefined);
    else if (there.isFile()) await replace(realpathSync(file), pieces, there);
    else await writeInto(file, pieces, there);
  } catch (error) {
    throw error instanceof LabError ? error : cannotWrite(file, error);
  }
}

/** Without a reader a FIFO would keep this process waiting, and deaf to Ctrl-C. */
async function writeInto(file: string, pieces: Pieces, there: Stats): Promise<void> {
  const reader = there.isFIFO()
    ? await open(file, constants.O_WRONLY | constants.O_NONBLOCK).catch((error: unknown) => {
        throw codeOf(error) === 'ENXIO' ? new Error('it is a FIFO, and nobody reads from it') : error;
      })
    : undefined;
  try {
    await pipeline(Readable.from(pieces), createWriteStream(file, { flags: 'w' }));
  } finally {
    await reader?.close();
  }
}

type Pieces = Iterable<string | Uint8Array> | AsyncIterable<Uint8Array>;

async function replace(file: string, pieces: Pieces, there: Stats | undefined): Promise<void> {
  const part = join(dirname(file), `.lab-${randomBytes(8).toString('hex')}`);
  const handle = await open(part, 'wx', 0o666).catch((error: unknown) => {
    // A file alone may be the user's to write, in a folder that is not.
    if (there !== undefined && CLOSED_FOLDER.includes(codeOf(error))) return undefined;
    throw error;
  });
  if (handle === undefined) {
    await pipeline(Readable.from(pieces), createWriteStream(file, { flags: 'w' }));
    return;
  }
  try {
    if (there !== undefined) {
      await handle.chown(there.uid, there.gid).catch(() => undefined);
      await handle.chmod(there.mode & 0o7777);
    }
    await pipeline(Readable.from(pieces), handle.createWriteStream());
    await rename(part, file).catch(async (error: unknown) => {
      // A file that is mounted by itself, as one does with containers.
      if (codeOf(error) !== 'EBUSY') throw error;
      await copyFile(part, file);
    });
  } finally {
    await handle.close().catch(() => undefined);
    await rm(part, { force: true });
  }
}

const CLOSED_FOLDER = ['EACCES', 'EPERM', 'EROFS'];

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}
