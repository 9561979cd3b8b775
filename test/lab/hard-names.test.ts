import { execa } from 'execa';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BIN, leftOf, marked, type Ran } from './cli.ts';

// So deep that whatever escapes by a few levels harms nothing but this.
const top = mkdtempSync(join(tmpdir(), 'lvslab-hard-'));
const state = join(top, ...Array.from({ length: 10 }, (_, level) => `l${level}`), 'state');

async function lab(...argv: string[]): Promise<Ran> {
  const [program, ...rest] = marked(top, ['node', BIN, ...argv]);
  const ran = await execa(program, rest, { env: { LVSLAB_STATE: state, NO_COLOR: '1' }, reject: false });
  return { code: ran.exitCode ?? 128, stdout: ran.stdout, stderr: ran.stderr };
}

const everything = () => readdirSync(top, { recursive: true }).sort();

beforeAll(() => {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  for (let folder = dirname(state); folder.length >= top.length; folder = dirname(folder)) {
    // What would be taken for a lab's, two folders up and anywhere else.
    for (const file of ['lab.json', 'lock', 'class.json']) writeFileSync(join(folder, file), '{"version":1}');
    writeFileSync(join(folder, 'papers'), 'mine');
  }
  mkdirSync(join(state, 'thesis'));
  writeFileSync(join(state, 'thesis', 'chapter1'), 'mine');
});
afterAll(async () => {
  await lab('down', '--all');
  expect(await leftOf(top)).toEqual({ processes: [], mounts: [] });
  rmSync(top, { recursive: true });
});

describe('what is no name', () => {
  let before: unknown[];
  beforeEach(() => {
    before = everything();
  });

  it.each(
    ['', '../..', '.classes/c1', '\u202enat']
      .flatMap((name) => [
        ['down', '--', name],
        ['down', '--forget', '--', name],
        ['class', 'down', '--', name],
        ['class', 'close', '--', name],
        ['class', 'remove', '--class', name, 's01'],
        ['status', '--', name],
        ['reset', '--', name],
        ['break', '--', name, 'weight-zero'],
        ['up', `--name=${name}`, 'nat'],
        ['class', 'up', `--name=${name}`, '--students', '1', 'nat'],
      ])
      .map((argv) => [argv] as const),
  )('is refused and harms nothing: lab %j', async (argv) => {
    const ran = await lab(...argv);
    expect(ran.code, ran.stderr).toBe(2);
    expect(ran.stderr).toContain('error: ');
    expect(ran.stderr).not.toContain('defect of the tool');
    expect(everything()).toEqual(before);
  });
});

describe("somebody's own folder beside the labs", () => {
  it('is no lab, and stays where every lab goes', async () => {
    expect((await lab('list')).stdout).not.toContain('thesis');
    const down = await lab('down', 'thesis');
    expect(down.code).toBe(0);
    expect(down.stdout).toContain('thesis is not up');
    const up = await lab('up', 'nat', '--name', 'thesis');
    expect(up.code).toBe(2);
    expect(up.stderr).toContain('is there already, and no lab made it');
    expect((await lab('up', 'nat')).code).toBe(0);
    expect((await lab('down', '--all')).code).toBe(0);
    expect(readdirSync(state)).toEqual(['thesis']);
    expect(readdirSync(join(state, 'thesis'))).toEqual(['chapter1']);
  });
});

describe('a lab whose record is damaged', () => {
  it('is told apart, leaves the others usable, and goes with down and its kernel with it', async () => {
    for (const name of ['good', 'bad']) expect((await lab('up', 'nat', '--name', name)).code).toBe(0);
    writeFileSync(join(state, 'bad', 'lab.json'), '{"version":1,');
    const list = await lab('list');
    expect(list.code).toBe(0);
    expect(list.stdout).toMatch(/bad +unreadable/);
    expect(list.stdout).toMatch(/good +up/);
    expect(list.stdout).toContain('the record of lab bad is damaged');
    expect((await lab('test', 'good')).code).toBe(0);
    // The only lab that can be meant by a node's name.
    expect((await lab('exec', 'rs1', '--', 'true')).code).toBe(0);
    for (const argv of [
      ['test', 'bad'],
      ['status', 'bad'],
      ['up', 'nat', '--name', 'bad'],
      ['exec', 'bad/rs1', '--', 'true'],
    ]) {
      const ran = await lab(...argv);
      expect(ran.stderr, argv.join(' ')).toContain('the record of lab bad is damaged');
      expect(ran.stderr).toContain('lab down bad');
      expect([4, 125]).toContain(ran.code);
    }
    // None of these was a reason to take it down by the way.
    expect(readdirSync(join(state, 'bad'))).toContain('holder');
    const down = await lab('down', 'bad');
    expect(down.code, down.stderr).toBe(0);
    expect(`${down.stdout}${down.stderr}`).toContain('could still be there');
    expect((await lab('down', 'good')).code).toBe(0);
    expect(readdirSync(state)).toEqual(['thesis']);
    expect(await leftOf(top)).toEqual({ processes: [], mounts: [] });
  });
});
