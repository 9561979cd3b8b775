import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './sources.ts';

const IMAGES = join(ROOT, 'images');
const PROGRAMS = readdirSync(IMAGES, { recursive: true, encoding: 'utf8' }).filter(
  (file) =>
    statSync(join(IMAGES, file)).isFile() &&
    (file.endsWith('.pl') || readFileSync(join(IMAGES, file), 'latin1').startsWith('#!/usr/bin/perl')),
);

it('there are programs in Perl', () => {
  expect(PROGRAMS).toEqual(expect.arrayContaining(['node-agent', 'line-relay', 'client/holder.pl']));
});

it.each(PROGRAMS)('%s is strict, and compiles without a word', (file) => {
  const text = readFileSync(join(IMAGES, file), 'utf8');
  expect(text).toMatch(/^use strict;$/m);
  const { stderr, status } = spawnSync('perl', ['-wc', join(IMAGES, file)], { encoding: 'utf8' });
  expect({ stderr, status }).toEqual({ stderr: `${join(IMAGES, file)} syntax OK\n`, status: 0 });
});
