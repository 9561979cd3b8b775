import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newTopology } from '../../../src/commands/new.ts';
import { readPlan } from '../../../src/files/topology-file.ts';
import { SHIPPED } from '../plan/labs.ts';

describe('lab new', () => {
  let folder: string;
  let before: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'new-'));
    before = process.cwd();
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });

  it.each(SHIPPED)('makes of %s a file that plans as it does, under its own name', (from) => {
    expect(newTopology('mine', from)).toBe('mine.yaml');
    expect(readPlan('mine.yaml')).toEqual(readPlan(from, 'mine'));
    const schema = /\$schema=(\S+)/.exec(readFileSync('mine.yaml', 'utf8'))?.[1] ?? '';
    expect(readFileSync(schema, 'utf8')).toContain('json-schema.org');
  });

  it('renames one that has a name', () => {
    writeFileSync(
      'old.yaml',
      'lvslab: 1\nname: old # mine\nnetworks: { n: 10.0.0.0/24 }\nnodes: { h: { role: client, on: n } }\n',
    );
    newTopology('fresh', 'old.yaml');
    expect(readPlan('fresh.yaml').name).toBe('fresh');
  });

  it('writes over nothing, and nothing that is not valid', () => {
    writeFileSync('mine.yaml', 'precious');
    expect(() => newTopology('mine', 'nat')).toThrow('stays as it is');
    expect(readFileSync('mine.yaml', 'utf8')).toBe('precious');
    expect(() => newTopology('Mine!', 'nat')).toThrow("cannot be a lab's name");
    writeFileSync('bad.yaml', 'lvslab: 1\nnodes: 7\n');
    expect(() => newTopology('other', 'bad.yaml')).toThrow('bad.yaml:2');
    expect(() => newTopology('other', 'nowhere')).toThrow('neither a file nor');
  });
});
