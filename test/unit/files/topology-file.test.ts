import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPlan, readTopology, shippedTopologies, topologyFile } from '../../../src/files/topology-file.ts';
import { EXIT, LabError } from '../../../src/errors.ts';
import { packageRoot } from '../../../src/host/paths.ts';
import { LARGEST_FILE } from '../../../src/topology/reading/text.ts';
import { SHIPPED } from '../plan/labs.ts';

const SMALL = 'lvslab: 1\nnetworks: { a: 10.0.0.0/24 }\nnodes: { client: { on: a } }\n';
const home = process.cwd();
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvslab-topology-file-'));
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

function failure(run: () => unknown): LabError {
  try {
    run();
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('a topology', () => {
  it('that is shipped is known by its name, wherever one is', () => {
    expect(shippedTopologies()).toEqual([...SHIPPED].sort());
    expect(topologyFile('nat')).toBe(join(packageRoot, 'topologies', 'nat.yaml'));
  });

  it('may be a file of any name', () => {
    const file = join(folder, 'my-lab.yml');
    writeFileSync(file, SMALL);
    expect(topologyFile(file)).toBe(file);
    expect(topologyFile('my-lab.yml')).toBe('my-lab.yml');
    expect(readTopology(file).name).toBe('my-lab');
    expect(readPlan(file).name).toBe('my-lab');
  });

  it('of a file goes before a shipped one of its name, but a folder does not', () => {
    mkdirSync('nat');
    expect(topologyFile('nat')).toBe(join(packageRoot, 'topologies', 'nat.yaml'));
    rmSync('nat', { recursive: true });
    writeFileSync('nat', SMALL);
    expect(topologyFile('nat')).toBe('nat');
    rmSync('nat');
  });

  it('that is nowhere is bad input, with the names that there are', () => {
    const error = failure(() => topologyFile('nta'));
    expect(error.exitCode).toBe(EXIT.badInput);
    expect(error.message).toBe('nta is neither a file nor a topology that comes with the tool');
    expect(error.fix).toContain(`one of: ${[...SHIPPED].sort().join(', ')}`);
  });

  it('that is a folder is bad input', () => {
    expect(failure(() => topologyFile(folder)).message).toBe(`${folder} is a directory, not a topology file`);
  });

  it('that is huge is refused before it is read', () => {
    const file = join(folder, 'huge.yaml');
    writeFileSync(file, SMALL);
    truncateSync(file, 2 ** 40);
    const error = failure(() => readTopology(file));
    expect(error.exitCode).toBe(EXIT.badInput);
    expect(error.message).toBe(
      `cannot read ${file}: it has ${2 ** 40} bytes, and a topology has at most ${LARGEST_FILE}`,
    );
    rmSync(file);
  });

  it('with problems tells them with file and place', () => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, `${SMALL}mode: nta\n`);
    const error = failure(() => readTopology(file));
    expect(error.exitCode).toBe(EXIT.badInput);
    expect(error.message).toContain(`${file}:4:7: `);
  });
});

describe('the name of a lab', () => {
  it.each(['a', 'my-lab', 'lab2', `a${'b'.repeat(31)}`])('may be %s', (name) => {
    expect(readPlan('nat', name)).toEqual({ ...readPlan('nat'), name });
  });

  it.each(['', 'Lab', '2lab', '-lab', 'a/b', '..', 'a b', 'a\n', `a${'b'.repeat(32)}`])(
    'cannot be %j',
    (name) => {
      const error = failure(() => readPlan('nat', name));
      expect(error.exitCode).toBe(EXIT.badInput);
      expect(error.message).toBe(`"${name}" cannot be a lab's name`);
    },
  );
});
