import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { classDirectory, classExists, removeClass } from '../../../src/records/class.ts';
import { readCredentials } from '../../../src/records/class-gateway.ts';
import { LabError } from '../../../src/errors.ts';
import { clearRecord, labDirectory, labExists, readRecord, removeRecord } from '../../../src/records/lab.ts';
import { isLabName } from '../../../src/state/lab-names.ts';
import { engineSocket } from '../../../src/wire.ts';

// So deep that whatever escapes by a few levels harms nothing but this.
const top = mkdtempSync(join(tmpdir(), 'lvslab-places-'));
const DEPTH = 12;
const state = join(top, ...Array.from({ length: DEPTH }, (_, level) => `level${level}`), 'state');

beforeAll(() => {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  // Somebody's own file on every level, and a record where a lab's would be.
  for (let folder = dirname(state); folder.length >= top.length; folder = dirname(folder))
    for (const file of ['lab.json', 'class.json', 'lock', 'papers'])
      writeFileSync(join(folder, file), 'mine');
});
afterAll(() => {
  rmSync(top, { recursive: true });
});
beforeEach(() => {
  vi.stubEnv('LVSLAB_STATE', state);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const PIECES = [
  '.',
  '..',
  '../',
  '/',
  '//',
  '\\',
  '\0',
  '%2e%2e',
  '%2f',
  '\n',
  ' ',
  '',
  '-',
  '~',
  '*',
  'nat',
  'a',
  'A',
  '0',
  'lock',
  '.classes',
  '\u202e',
  'ü',
  '／',
  '․․',
  '\ud800',
];
const names = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,40}$/),
);

/** What makes a path of a name, or removes what is at it. */
const PLACES: Record<string, (name: string) => unknown> = {
  labDirectory,
  engineSocket: (name) => dirname(engineSocket(name)),
  classDirectory,
};
const REMOVERS: Record<string, (name: string) => unknown> = {
  labExists,
  readRecord,
  clearRecord,
  removeRecord,
  classExists,
  removeClass,
  readCredentials: (name) => readCredentials('class', name),
};

describe('a name', () => {
  it.each(Object.keys(PLACES))('becomes a path directly below its folder or none at all: %s', (place) => {
    const parent = place === 'classDirectory' ? join(state, '.classes') : state;
    fc.assert(
      fc.property(names, (name) => {
        let path: unknown;
        try {
          path = PLACES[place]?.(name);
        } catch (error) {
          expect(error).toBeInstanceOf(LabError);
          expect(isLabName(name)).toBe(false);
          return;
        }
        expect(isLabName(name)).toBe(true);
        expect(path).toBe(join(parent, name));
        expect(dirname(path as string)).toBe(parent);
      }),
      { numRuns: 100_000 },
    );
  });

  it('of any kind leads nobody who reads or removes to a place outside', () => {
    const before = readdirSync(top, { recursive: true }).sort();
    fc.assert(
      fc.property(names, fc.constantFrom(...Object.keys(REMOVERS)), (name, remover) => {
        try {
          REMOVERS[remover]?.(name);
        } catch (error) {
          expect(error).toBeInstanceOf(LabError);
        }
      }),
      { numRuns: 100_000 },
    );
    expect(readdirSync(top, { recursive: true }).sort()).toEqual(before);
  });

  it('is refused with what is wrong and what a name looks like', () => {
    const refusal = (name: string) => {
      try {
        labDirectory(name);
      } catch (error) {
        return error as LabError;
      }
      throw new Error('it was taken');
    };
    expect(refusal('../..')).toMatchObject({ exitCode: 2, message: '"../.." cannot be a lab\'s name' });
    expect(refusal('../..').fix).toContain('lower-case letters');
    expect(refusal('')).toMatchObject({ exitCode: 2, message: 'the name of the lab is empty' });
    expect(refusal('').fix).toContain('a variable may not be set');
    expect(refusal('a\u202eb').message).not.toContain('\u0000');
    expect(refusal('x'.repeat(33)).fix).toContain('at most 32');
  });
});
