import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
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
  return inFile(archive, name, (bytes, size) => {
    if (size > LARGEST) throw new Error(`${name} in it has ${size} bytes, more than it can need`);
    return bytes.take(size);
  });
}

/** Bytes of an ELF header up to the end of the processor's number. */
const ELF_HEAD = 20;

/**
 * What the first program is for that is found in an archive within an archive; either may be packed by gzip.
 * @param layer name of the inner one, as the outer one has it
 * @returns the processor's number in the program's ELF header; undefined where there is no program, or what there is is no
 *   archive, or packed otherwise
 * @throws the system's error where it cannot be read or unpacked
 */
export async function firstProgramIn(archive: string, layer: string): Promise<number | undefined> {
  return inFile(archive, layer, async (outer, length) => {
    const bytes = await unpacked(outer.next(length));
    try {
      for (let file = await nextFile(bytes); file !== undefined; file = await nextFile(bytes, file)) {
        const head = file.size < ELF_HEAD ? undefined : await bytes.take(ELF_HEAD);
        if (head?.toString('latin1', 0, 4) === '\x7fELF') return head.readUInt16LE(ELF_HEAD - 2);
      }
      return undefined;
    } finally {
      await bytes.end();
    }
  });
}

async function inFile<T>(
  archive: string,
  name: string,
  use: (bytes: Bytes, size: number) => Promise<T | undefined>,
): Promise<T | undefined> {
  const bytes = await unpacked(createReadStream(archive));
  try {
    for (let file = await nextFile(bytes); file !== undefined; file = await nextFile(bytes, file))
      if (file.path === name) return await use(bytes, file.size);
    return undefined;
  } finally {
    await bytes.end();
  }
}

/** A regular file of an archive, whose bytes are the next ones. */
interface TarFile {
  path: string;
  size: number;
  /** Position in the archive at which the next header begins. */
  end: number;
}

/**
 * @param before the one that was read or passed over last
 * @returns undefined where there is none any more, or what there is is no archive
 */
async function nextFile(bytes: Bytes, before?: TarFile): Promise<TarFile | undefined> {
  for (let end = before?.end ?? 0; ;) {
    await bytes.skip(end - bytes.position());
    const header = await bytes.take(BLOCK);
    if (header === undefined || field(header, 'magic') !== 'ustar') return undefined;
    const size = parseInt(field(header, 'size'), 8);
    if (!(size >= 0)) return undefined;
    end = bytes.position() + Math.ceil(size / BLOCK) * BLOCK;
    if (!['0', ''].includes(field(header, 'type'))) continue;
    const [prefix, own] = [field(header, 'prefix'), field(header, 'name')];
    return { path: (prefix === '' ? own : `${prefix}/${own}`).replace(/^\.\//, ''), size, end };
  }
}

function field(header: Buffer, name: keyof typeof FIELDS): string {
  const text = header.subarray(...FIELDS[name]).toString('latin1');
  return (text.split('\0')[0] ?? '').trim();
}

/** The bytes of something that may be packed by gzip. */
async function unpacked(source: AsyncIterable<Buffer>): Promise<Bytes> {
  const bytes = byteReader(source);
  if ((await bytes.peek(2))?.readUInt16BE() !== 0x1f8b) return bytes;
  // What goes wrong, the reader of the last stream is told.
  return byteReader(pipeline(Readable.from(bytes.next(Infinity)), createGunzip(), () => undefined));
}

type Bytes = ReturnType<typeof byteReader>;

function byteReader(source: AsyncIterable<Buffer>) {
  const chunks = source[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  const more = async (): Promise<Buffer | undefined> => {
    const found = await chunks.next();
    return found.done === true ? undefined : found.value;
  };
  const taken = (count: number): Buffer => {
    const own = rest.subarray(0, count);
    rest = rest.subarray(own.length);
    position += own.length;
    return own;
  };
  /** The next bytes, which are still to be read; undefined where there are not so many. */
  const peek = async (count: number): Promise<Buffer | undefined> => {
    while (rest.length < count) {
      const chunk = await more();
      if (chunk === undefined) return undefined;
      rest = Buffer.concat([rest, chunk]);
    }
    return rest.subarray(0, count);
  };
  /** The next bytes piece by piece, or as many of them as there are. */
  async function* next(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0;) {
      if (rest.length === 0) rest = (await more()) ?? rest;
      const piece = taken(left);
      if (piece.length === 0) return;
      left -= piece.length;
      yield piece;
    }
  }
  return {
    peek,
    next,
    position: () => position,
    /** The next bytes; undefined where there are not so many. */
    take: async (count: number): Promise<Buffer | undefined> =>
      (await peek(count)) === undefined ? undefined : taken(count),
    async skip(count: number): Promise<void> {
      const passed = next(count);
      while ((await passed.next()).done !== true);
    },
    end: async () => {
      await chunks.return?.();
    },
  };
}
