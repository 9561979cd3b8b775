import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Bytes of a block: headers are one, contents are filled up to whole ones. */
const BLOCK = 512;

/** A header's fields (POSIX ustar, which GNU and Go share): name, size in octal digits, type, and the name's beginning. */
const FIELDS = {
  name: [0, 100],
  size: [124, 136],
  type: [156, 157],
  magic: [257, 262],
  prefix: [345, 500],
} as const;

/** Most that a file that is read may have, in bytes. */
const LARGEST = 4 * 1024 ** 2;

/**
 * Reads a file of a tar archive, which may be packed by gzip.
 * @param name of a regular file in it, as the archive has it
 * @returns undefined where the archive has none of that name, or what there is is no archive
 * @throws the system's error where it cannot be read or unpacked; an Error where the file is too large
 */
export async function readFromTar(archive: string, name: string): Promise<Buffer | undefined> {
  const bytes = byteReader(await unpacked(archive));
  try {
    for (;;) {
      const header = await bytes.take(BLOCK);
      if (header === undefined || field(header, 'magic') !== 'ustar') return undefined;
      const size = parseInt(field(header, 'size'), 8);
      if (!(size >= 0)) return undefined;
      const [prefix, own] = [field(header, 'prefix'), field(header, 'name')];
      const path = (prefix === '' ? own : `${prefix}/${own}`).replace(/^\.\//, '');
      if (path !== name || !['0', ''].includes(field(header, 'type'))) {
        await bytes.skip(Math.ceil(size / BLOCK) * BLOCK);
        continue;
      }
      if (size > LARGEST) throw new Error(`${name} in it has ${size} bytes, more than it can need`);
      return await bytes.take(size);
    }
  } finally {
    await bytes.end();
  }
}

function field(header: Buffer, name: keyof typeof FIELDS): string {
  const text = header.subarray(...FIELDS[name]).toString('latin1');
  return (text.split('\0')[0] ?? '').trim();
}

async function unpacked(archive: string): Promise<AsyncIterable<Buffer>> {
  const handle = await open(archive);
  const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0).finally(() => handle.close());
  const file = createReadStream(archive);
  if (buffer.readUInt16BE() !== 0x1f8b) return file;
  // What goes wrong, the reader of the last stream is told.
  return pipeline(file, createGunzip(), () => undefined);
}

function byteReader(source: AsyncIterable<Buffer>) {
  const chunks = source[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  const more = async (): Promise<Buffer | undefined> => {
    const next = await chunks.next();
    return next.done === true ? undefined : next.value;
  };
  return {
    /** The next bytes; undefined where there are not so many. */
    async take(count: number): Promise<Buffer | undefined> {
      while (rest.length < count) {
        const chunk = await more();
        if (chunk === undefined) return undefined;
        rest = Buffer.concat([rest, chunk]);
      }
      const taken = rest.subarray(0, count);
      rest = rest.subarray(count);
      return taken;
    },
    async skip(count: number): Promise<void> {
      let left = count;
      while (left > rest.length) {
        left -= rest.length;
        rest = (await more()) ?? Buffer.alloc(0);
        if (rest.length === 0) return;
      }
      rest = rest.subarray(left);
    },
    end: async () => {
      await chunks.return?.();
    },
  };
}
