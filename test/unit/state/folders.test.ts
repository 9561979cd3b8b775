import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { classNames, holdClass, removeClass } from '../../../src/records/class.ts';
import { LabError } from '../../../src/errors.ts';
import {
  clearRecord,
  holdLab,
  labDirectory,
  labExists,
  labNames,
  removeRecord,
} from '../../../src/records/lab.ts';
import { stateFolder } from '../../../src/state/folders.ts';

let top: string;
let state: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'lvslab-folders-'));
  state = join(top, 'here', 'state');
  vi.stubEnv('LVSLAB_STATE', state);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(top, { recursive: true });
});

/** Makes files for a while, as fast as a shell can. */
const WRITES = 'echo begun; i=0; while [ $i -lt 1000 ]; do : >late$i; i=$((i + 1)); done 2>/dev/null';

/** As a command that works on a lab, up to its end. */
async function makeAndRemove(name: string): Promise<void> {
  const lock = await holdLab(name);
  expect(labExists(name)).toBe(true);
  removeRecord(name);
  await lock.release();
}

function refusal(call: () => unknown): LabError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(LabError);
    return error as LabError;
  }
  throw new Error('it was not refused');
}

describe('the folder of all labs', () => {
  it('is made with the first lab, for its user alone, and goes with the last, with all that was made for it', async () => {
    const lock = await holdLab('nat');
    expect(readdirSync(state).filter((entry) => !entry.startsWith('.'))).toEqual(['nat']);
    removeRecord('nat');
    await lock.release();
    expect(readdirSync(top)).toEqual([]);
  });

  it('that was there already stays, and what is above it', async () => {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    await makeAndRemove('nat');
    expect(readdirSync(state)).toEqual([]);
  });

  it('that holds something else stays, with it', async () => {
    const lock = await holdLab('nat');
    writeFileSync(join(state, 'papers'), 'mine');
    removeRecord('nat');
    await lock.release();
    expect(readdirSync(state).sort()).toEqual(['.made-by-lvslab', 'papers']);
  });

  it.each([
    [0o755, 'other users may look into it (mode 0755)', 'chmod 700'],
    [0o770, 'other users may write to it (mode 0770)', 'remove'],
  ])('is refused where others may get in (mode %o)', (mode, reason, fix) => {
    mkdirSync(state, { recursive: true });
    chmodSync(state, mode);
    const error = refusal(stateFolder);
    expect(error).toMatchObject({ exitCode: 3, message: `${state} is not used: ${reason}` });
    expect(error.fix).toContain(fix);
    expect(() => labNames()).toThrow(reason);
  });

  it.skipIf(process.getuid?.() !== 0)("is refused where it is another user's", () => {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    chownSync(state, 64_001, 64_001);
    expect(refusal(stateFolder).message).toContain('it belongs to user 64001, and you are user 0');
  });

  it('is refused where it is a link, or a file', () => {
    mkdirSync(join(top, 'here'));
    mkdirSync(join(top, 'mine'), { mode: 0o700 });
    symlinkSync(join(top, 'mine'), state);
    expect(refusal(stateFolder).message).toContain('symbolic link');
    rmSync(state);
    writeFileSync(state, '');
    expect(refusal(stateFolder).message).toContain('it is not a directory');
  });

  it('is refused below a folder in which everybody may exchange it', () => {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    chmodSync(join(top, 'here'), 0o777);
    const error = refusal(stateFolder);
    expect(error.message).toContain(`${join(top, 'here')} above it may be written to by everybody`);
    expect(error.fix).toBe(`chmod +t ${join(top, 'here')}, or name another folder: LVSLAB_STATE=FOLDER`);
    chmodSync(join(top, 'here'), 0o1777);
    expect(stateFolder()).toBe(state);
  });

  it('is an absolute path, whatever the environment says', () => {
    vi.stubEnv('LVSLAB_STATE', 'some/folder');
    expect(stateFolder()).toBe(join(process.cwd(), 'some/folder'));
  });
});

describe("somebody's own folder in the folder of all labs", () => {
  beforeEach(() => {
    mkdirSync(join(state, 'thesis'), { recursive: true });
    chmodSync(state, 0o700);
    writeFileSync(join(state, 'thesis', 'chapter1'), 'mine');
    mkdirSync(join(state, '.classes', 'thesis'), { recursive: true });
    writeFileSync(join(state, '.classes', 'thesis', 'chapter1'), 'mine');
  });

  it('is no lab and no class, and nothing removes it', () => {
    expect(labNames()).toEqual([]);
    expect(labExists('thesis')).toBe(false);
    expect(classNames()).toEqual([]);
    expect(
      refusal(() => {
        clearRecord('thesis');
      }).message,
    ).toContain('this tool did not make it');
    expect(
      refusal(() => {
        removeRecord('thesis');
      }).message,
    ).toContain('this tool did not make it');
    expect(
      refusal(() => {
        removeClass('thesis');
      }).message,
    ).toContain('this tool did not make it');
    expect(readFileSync(join(state, 'thesis', 'chapter1'), 'utf8')).toBe('mine');
    expect(readFileSync(join(state, '.classes', 'thesis', 'chapter1'), 'utf8')).toBe('mine');
  });

  it('is in the way of a lab of that name, which says so', async () => {
    await expect(holdLab('thesis')).rejects.toThrow(
      `${join(state, 'thesis')} is there already, and no lab made it`,
    );
    await expect(holdClass('thesis')).rejects.toThrow('is there already, and no lab made it');
    expect(readdirSync(state).filter((entry) => entry.startsWith('.new'))).toEqual([]);
  });

  it('with an empty file called lock is still none', () => {
    writeFileSync(join(state, 'thesis', 'lock'), '');
    expect(labNames()).toEqual([]);
  });

  it('is not followed where it is a link', async () => {
    const papers = join(top, 'papers');
    mkdirSync(papers);
    for (const file of ['lab.json', 'lock', 'book']) writeFileSync(join(papers, file), 'lvslab');
    symlinkSync(papers, join(state, 'planted'));
    expect(labNames()).toEqual([]);
    expect(
      refusal(() => {
        removeRecord('planted');
      }).message,
    ).toContain('symbolic link');
    await expect(holdLab('planted')).rejects.toThrow('symbolic link');
    expect(readdirSync(papers).sort()).toEqual(['book', 'lab.json', 'lock']);
  });
});

describe("a lab's folder", () => {
  it('is there whole or not at all: one without anything but its lock is known as ours', async () => {
    const lock = await holdLab('nat');
    expect(labNames()).toEqual(['nat']);
    await lock.release();
    expect(readdirSync(join(state, 'nat'))).toEqual(['lock']);
    await makeAndRemove('nat');
    expect(existsSync(state)).toBe(false);
  });

  it('goes without what links in it lead to', async () => {
    mkdirSync(join(top, 'papers'));
    writeFileSync(join(top, 'papers', 'book'), 'mine');
    const lock = await holdLab('nat');
    symlinkSync(join(top, 'papers'), join(state, 'nat', 'nodes'));
    symlinkSync(join(top, 'papers', 'book'), join(state, 'nat', 'boot.sh'));
    removeRecord('nat');
    await lock.release();
    expect(readFileSync(join(top, 'papers', 'book'), 'utf8')).toBe('mine');
    expect(existsSync(state)).toBe(false);
  });

  it('that a killed command had only begun to make goes with the next', async () => {
    const lock = await holdLab('nat');
    mkdirSync(join(state, '.new-999999999-abcdef'));
    writeFileSync(join(state, '.new-999999999-abcdef', 'lock'), '');
    expect(labNames()).toEqual(['nat']);
    removeRecord('nat');
    await lock.release();
    expect(existsSync(state)).toBe(false);
  });

  it('goes, and is never nobody’s, while a process that is just ending still writes into it', async () => {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    for (let round = 0; round < 40; round += 1) {
      const lock = await holdLab('nat');
      // Where it is, and not by the name, as a program does that was started there.
      const writer = spawn('sh', ['-c', WRITES], { cwd: labDirectory('nat'), stdio: 'pipe' });
      const ended = new Promise((resolve) => writer.once('close', resolve));
      await new Promise((resolve) => writer.stdout.once('data', resolve));
      removeRecord('nat');
      await lock.release();
      writer.kill('SIGKILL');
      await ended;
      expect(existsSync(labDirectory('nat'))).toBe(false);
    }
    await makeAndRemove('nat');
    expect(readdirSync(state)).toEqual([]);
  });

  it('of an older version, with an empty lock, is known by its record', async () => {
    mkdirSync(join(state, 'old'), { recursive: true });
    chmodSync(state, 0o700);
    writeFileSync(join(state, 'old', 'lock'), '');
    writeFileSync(join(state, 'old', 'lab.json'), '{}');
    expect(labNames()).toEqual(['old']);
    await makeAndRemove('old');
    expect(readdirSync(state)).toEqual([]);
  });
});
