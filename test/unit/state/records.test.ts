import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { classNames, lookUpClass, readClass, writeClass } from '../../../src/records/class.ts';
import { list } from '../../../src/commands/status.ts';
import { recordIn, labelsOf } from '../../../src/runtime/docker/record-labels.ts';
import { LabError } from '../../../src/errors.ts';
import { exercisesOf } from '../../../src/records/exercise.ts';
import { parseExercise } from '../../../src/exercises/file.ts';
import { failuresOf } from '../../../src/records/failures.ts';
import {
  labDirectory,
  lookUp,
  readRecord,
  readableRecords,
  settingsOf,
  writeRecord,
  type LabRecord,
} from '../../../src/records/lab.ts';
import { packageRoot } from '../../../src/host/paths.ts';
import { lastTest } from '../../../src/records/test.ts';
import { shippedTopologies, readPlan } from '../../../src/files/topology-file.ts';

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'lvslab-records-'));
  vi.stubEnv('LVSLAB_STATE', join(top, 'state'));
  // No engine: what is told of labs is what is written here.
  vi.stubEnv('DOCKER_HOST', `unix://${top}/none`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(top, { recursive: true });
});

const recordOf = (name: string, topology = 'nat'): LabRecord => ({
  ...{ version: 1, name, machine: 'embedded', runtime: 'netns', topology },
  ...{ toolVersion: '0.1.0', created: '2026-01-01T00:00:00.000Z', complete: false },
  plan: readPlan(topology, name),
});

function damage(name: string, text: string, file = 'lab.json'): void {
  writeFileSync(join(labDirectory(name), file), text);
}

describe('the record of a lab', () => {
  it.each(shippedTopologies())('is read as it was written: %s', (topology) => {
    const record = recordOf('lab', topology);
    writeRecord(record);
    expect(readRecord('lab')).toEqual(JSON.parse(JSON.stringify(record)));
  });

  it('keeps what a newer version has written beside', () => {
    const record = { ...recordOf('lab'), later: true };
    writeRecord(record);
    expect(readRecord('lab')).toHaveProperty('later', true);
  });

  it.each([
    ['not JSON at all', '{"version":1', 'is damaged: '],
    ['nothing', '', 'is damaged: '],
    ['another kind of thing', '[]', 'see its beginning'],
    ['another version', JSON.stringify({ ...recordOf('bad'), version: 2 }), 'see version'],
    ['another lab’s', JSON.stringify(recordOf('good')), 'is of another lab, good'],
    [
      'a plan of another name',
      JSON.stringify({ ...recordOf('bad'), plan: readPlan('nat', 'good') }),
      'see plan.name',
    ],
    ['no plan', JSON.stringify({ ...recordOf('bad'), plan: undefined }), 'see plan'],
    [
      'a machine that is none',
      JSON.stringify({ ...recordOf('bad'), machine: '-oProxyCommand=x' }),
      'see machine',
    ],
    [
      'a node whose name is a path',
      JSON.stringify(recordOf('bad')).replaceAll('"rs1"', '"../../rs1"'),
      'see plan.nodes.2.name',
    ],
    [
      'a network whose name is two commands',
      JSON.stringify(recordOf('bad')).replaceAll('"name":"front"', '"name":"x\\nlink del y"'),
      'see plan.networks.0.name',
    ],
  ])('that is %s is said with the way out, and the other labs stay usable', async (_, text, said) => {
    writeRecord(recordOf('good'));
    writeRecord(recordOf('bad'));
    damage('bad', text);
    expect(() => readRecord('bad')).toThrow(said);
    const found = lookUp('bad');
    expect(found).toHaveProperty('unreadable.fix', 'take the lab down: lab down bad');
    expect(readableRecords().map(({ name }) => name)).toEqual(['good']);
    expect((await list()).map(({ name, state, why }) => [name, state, why?.includes('bad')])).toEqual([
      ['bad', 'unreadable', true],
      ['good', 'incomplete', undefined],
    ]);
  });

  it('of any damage is refused or fits, and never a defect', () => {
    const good = JSON.stringify(recordOf('bad'));
    writeRecord(recordOf('bad'));
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.nat(40),
        fc.constantFrom('', '"', '{', '}', '0', 'null', '"x"', '../', '\u0000'),
        (at, length, put) => {
          damage('bad', good.slice(0, at) + put + good.slice(at + length));
          const found = lookUp('bad');
          if (found !== undefined && 'record' in found) expect(found.record.name).toBe('bad');
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('the other records', () => {
  const READERS: Record<string, [string, () => unknown]> = {
    'exercises.json': ['the record of the exercises of lab bad', () => exercisesOf('bad')],
    'last-test.json': ['the record of the last test of lab bad', () => lastTest('bad')],
    'settings.json': ['the list of settings of lab bad', () => settingsOf('bad')],
    failures: ['the record of the failures in lab bad', () => failuresOf('bad')],
  };
  it.each(Object.keys(READERS))('are believed only where they fit: %s', (file) => {
    writeRecord(recordOf('bad'));
    const [what, read] = READERS[file] ?? ['', () => undefined];
    for (const text of ['{', '{"version":1}', '7', '{"exercises":[{}]}', '{"a":{"b":1}}']) {
      damage('bad', text, file);
      let error: unknown;
      try {
        read();
      } catch (caught) {
        error = caught;
      }
      expect(error, text).toBeInstanceOf(LabError);
      expect((error as LabError).message).toContain(`${what} is damaged`);
      expect((error as LabError).fix).toMatch(/lab |rm /);
    }
  });

  it('the exercises of version 1, which called a fix a mend, are those of today', () => {
    writeRecord(recordOf('bad'));
    const { fault } = parseExercise(
      readFileSync(join(packageRoot, 'examples/exercises/slow-uplink.yaml')),
      ...(['slow-uplink.yaml', 'slow-uplink'] as const),
    );
    const tried = (fixed: boolean) => ({ time: '2026-01-01T00:00:00.000Z', right: 3, of: 4, fixed });
    const exercise = {
      ...{ number: 1, fault, bindings: {}, seed: 7, language: 'en', began: '2026-01-01T00:00:00.000Z' },
      ...{ ended: '2026-01-01T00:10:00.000Z', how: 'fixed', hints: [], tries: [tried(false), tried(true)] },
    };
    const old = JSON.stringify({ version: 1, exercises: [exercise] })
      .replaceAll('"fix":', '"mend":')
      .replaceAll('"fixed":', '"mended":')
      .replaceAll('"bindings":', '"cast":')
      .replaceAll('"shellSteps":', '"deeds":')
      .replace('"how":"fixed"', '"how":"mended"');
    damage('bad', old, 'exercises.json');
    expect(exercisesOf('bad')).toEqual([exercise]);
  });

  it('a class whose record is damaged is in no other one’s way', () => {
    for (const name of ['good', 'bad'])
      writeClass({
        version: 1,
        name,
        topology: 'nat',
        created: 'now',
        seats: [{ seat: 's01', name: 'Ann' }],
      });
    const file = join(top, 'state', '.classes', 'bad', 'class.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"s01"', '"../../x"'));
    expect(classNames()).toEqual(['bad', 'good']);
    expect(() => readClass('bad')).toThrow('see seats.0.seat');
    expect(lookUpClass('bad')).toHaveProperty('unreadable');
    expect(lookUpClass('good')).toHaveProperty('record.name', 'good');
  });
});

describe('labels of containers', () => {
  it('are read where they fit', () => {
    expect(recordIn(labelsOf(recordOf('nat')))).toMatchObject({ name: 'nat', complete: true });
  });

  it.each([
    ['a name that is a path', { name: '../../x' }],
    ['a plan that is none', { plan: { nodes: [{ name: 'x' }] } }],
    ['a machine that is an option', { machine: '-oProxyCommand=x' }],
  ])('with %s are none', (_, change) => {
    const packed = gzipSync(JSON.stringify({ ...recordOf('nat'), ...change })).toString('base64');
    expect(recordIn({ 'org.lvslab.record': packed })).toBeUndefined();
  });

  it('that unpack to more than any record has are not unpacked', () => {
    const packed = gzipSync(Buffer.alloc(64 * 1024 * 1024)).toString('base64');
    expect(recordIn({ 'org.lvslab.record': packed })).toBeUndefined();
  });
});
