import { execa } from 'execa';
import {
  lstatSync,
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
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT, LabError } from '../../../src/errors.ts';
import { writeNamedFile } from '../../../src/host/named-file.ts';

let folder = '';
const at = (name: string) => join(folder, name);
const text = (name: string) => readFileSync(at(name), 'utf8');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvslab-named-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Pieces, and then a failure. */
async function* broken() {
  yield await Promise.resolve(Buffer.from('half'));
  throw new LabError(EXIT.labFailed, 'the line broke');
}

describe('a file that the user names', () => {
  it('is made, and has nothing beside it afterwards', async () => {
    await writeNamedFile(at('-new'), 'text');
    expect(text('-new')).toBe('text');
    expect(readdirSync(folder)).toEqual(['-new']);
  });

  it('keeps its rights when it is replaced, and its place behind a link', async () => {
    mkdirSync(at('there'));
    writeFileSync(at('there/file'), 'old', { mode: 0o640 });
    symlinkSync('there/file', at('link'));
    await writeNamedFile(at('link'), Buffer.from('new'));
    expect(text('there/file')).toBe('new');
    expect(statSync(at('there/file')).mode & 0o777).toBe(0o640);
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
    expect(readdirSync(at('there'))).toEqual(['file']);
  });

  it('stays as it was where what comes breaks off', async () => {
    writeFileSync(at('file'), 'old');
    await expect(writeNamedFile(at('file'), broken())).rejects.toThrow('the line broke');
    await expect(writeNamedFile(at('other'), broken())).rejects.toThrow('the line broke');
    expect(readdirSync(folder)).toEqual(['file']);
    expect(text('file')).toBe('old');
  });

  it('is not written through what lies where an unfinished one would', async () => {
    writeFileSync(at('victim'), 'mine');
    for (const name of ['file.part', 'file.new', 'file.tmp', '.file']) symlinkSync('victim', at(name));
    await writeNamedFile(at('file'), 'text');
    expect(text('victim')).toBe('mine');
  });

  it.each<[string, string, string, () => void]>([
    [
      'a folder',
      'x',
      'it is a folder',
      () => {
        mkdirSync(at('x'));
      },
    ],
    [
      'a link to nothing',
      'x',
      'it is a link that leads nowhere',
      () => {
        symlinkSync('nowhere', at('x'));
      },
    ],
    ['in no folder', 'no/x', 'ENOENT', () => undefined],
  ])('is refused where it is %s', async (_, name, why, make) => {
    make();
    const before = readdirSync(folder);
    await expect(writeNamedFile(at(name), 'text')).rejects.toMatchObject({
      exitCode: EXIT.badInput,
      message: expect.stringContaining(why) as string,
    });
    expect(readdirSync(folder)).toEqual(before);
  });

  it('may be a device, or a FIFO that is read', async () => {
    await writeNamedFile('/dev/null', 'text');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    await expect(writeNamedFile('/dev/full', 'text')).rejects.toMatchObject({ exitCode: EXIT.machineCannot });
    await execa('mkfifo', [at('fifo')]);
    await expect(writeNamedFile(at('fifo'), 'text')).rejects.toThrow('nobody reads');
    const reader = execa('cat', [at('fifo')]);
    // Until it has opened it.
    await expect
      .poll(
        () =>
          writeNamedFile(at('fifo'), 'text').then(
            () => 'written',
            () => 'not yet',
          ),
        { timeout: 5000 },
      )
      .toBe('written');
    expect((await reader).stdout).toBe('text');
    expect(readdirSync(folder)).toEqual(['fifo']);
  });
});
