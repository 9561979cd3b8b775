import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertKept, readOwnFile, writeWholeFile } from '../../../src/state/own-files.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvslab-own-'));
  file = join(folder, 'record');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('a file that is trusted', () => {
  it('is read, and one that is not there is none', () => {
    expect(readOwnFile(file)).toBeUndefined();
    writeWholeFile(file, 'text');
    expect(readOwnFile(file)).toBe('text');
  });

  it('is no link, folder or pipe, and nothing is waited for', () => {
    writeFileSync(join(folder, 'other'), 'text');
    symlinkSync('other', file);
    expect(() => readOwnFile(file)).toThrow('it is a symbolic link');
    rmSync(file);
    mkdirSync(file);
    expect(() => readOwnFile(file)).toThrow('is not used: it is not a file');
    rmSync(file, { recursive: true });
    execFileSync('mkfifo', [file]);
    expect(() => readOwnFile(file)).toThrow('it is not a file');
  });

  it('is nobody else’s to write', () => {
    writeFileSync(file, 'text');
    chmodSync(file, 0o666);
    expect(() => readOwnFile(file)).toThrow('other users may write to it (mode 0666)');
  });

  it.skipIf(process.getuid?.() !== 0)('belongs to nobody else', () => {
    writeFileSync(file, 'text');
    chownSync(file, 64_001, 64_001);
    expect(() => readOwnFile(file)).toThrow('it belongs to user 64001');
  });
});

describe('a whole file', () => {
  it('is its owner’s alone, and takes the place of a link without following it', () => {
    writeFileSync(join(folder, 'papers'), 'mine');
    symlinkSync('papers', file);
    writeWholeFile(file, 'text', 0o700);
    expect(readFileSync(file, 'utf8')).toBe('text');
    expect(statSync(file).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(folder, 'papers'), 'utf8')).toBe('mine');
  });

  it('that cannot be written leaves what was there, and nothing else', () => {
    writeFileSync(file, 'before');
    // A folder with something in it cannot be replaced by a file.
    const taken = join(folder, 'taken');
    mkdirSync(join(taken, 'x'), { recursive: true });
    expect(() => {
      writeWholeFile(taken, 'text');
    }).toThrow();
    expect(readdirSync(folder).sort()).toEqual(['record', 'taken']);
    expect(readFileSync(file, 'utf8')).toBe('before');
  });

  it('of many processes that write at once is always one of theirs', async () => {
    const program = join(folder, 'writer.mjs');
    await build({
      stdin: {
        contents: `
import { writeWholeFile } from './src/state/own-files.ts';
const [file, letter] = process.argv.slice(2);
for (let round = 0; round < 200; round += 1) writeWholeFile(file, letter.repeat(100_000));`,
        resolveDir: fileURLToPath(new URL('../../..', import.meta.url)),
        loader: 'ts',
      },
      ...{ outfile: program, bundle: true, platform: 'node', format: 'esm' },
    });
    const writers = ['a', 'b', 'c'].map((letter) =>
      promisify(execFile)(process.execPath, [program, file, letter]),
    );
    const progress = { done: false };
    const all = Promise.all(writers).finally(() => (progress.done = true));
    const lengths = new Set<number>();
    while (!progress.done) {
      const text = readOwnFile(file);
      if (text !== undefined) {
        expect(text).toBe((text[0] ?? '').repeat(100_000));
        lengths.add(text.length);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await all;
    expect(lengths).toEqual(new Set([100_000]));
    expect(readdirSync(folder).sort()).toEqual(['record', 'writer.mjs']);
  });
});

describe('what is kept for next time', () => {
  it('may lie behind a link, and is not used where everybody may write to it', () => {
    mkdirSync(file);
    symlinkSync('record', join(folder, 'link'));
    expect(() => {
      assertKept(join(folder, 'link'));
    }).not.toThrow();
    chmodSync(file, 0o777);
    expect(() => {
      assertKept(join(folder, 'link'));
    }).toThrow('everybody may write to it');
  });

  it.skipIf(process.getuid?.() !== 0)('is not used where another user has made it', () => {
    mkdirSync(file);
    chownSync(file, 64_001, 64_001);
    expect(() => {
      assertKept(file);
    }).toThrow('it belongs to user 64001, and you are user 0');
  });
});
