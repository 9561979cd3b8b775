import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { bootstrap } from '../../src/machine/embedded/bootstrap.ts';
import { buildPrograms, ensurePrograms } from '../../src/machine/embedded/packages.ts';
import { hostProcessor } from '../../src/host/processor.ts';
import { createProgress } from '../../src/terminal/progress.ts';

const work = mkdtempSync(join(tmpdir(), 'lvslab-bootstrap-'));
afterAll(() => {
  rmSync(work, { recursive: true });
});

it('a folder is made of a mirror whose index is out of date, whatever the first try has left of it', async () => {
  const progress = createProgress(process.stderr, { quiet: true });
  await ensurePrograms(buildPrograms(), progress);
  const mirror = join(work, 'mirror');
  const suite = join(mirror, 'dists/none');
  const folder = `main/binary-${hostProcessor() ?? ''}`;
  mkdirSync(join(suite, folder), { recursive: true });
  const packages = 'Package: one\nVersion: 1\nArchitecture: all\nFilename: one.deb\nSize: 0\n';
  writeFileSync(join(suite, folder, 'Packages'), packages);
  const sum = createHash('sha256').update(packages).digest('hex');
  const index = [
    'Suite: none',
    'Date: Tue, 06 Jan 2026 00:00:00 UTC',
    'Valid-Until: Tue, 13 Jan 2026 00:00:00 UTC',
  ];
  writeFileSync(
    join(suite, 'Release'),
    [
      ...index,
      'Components: main',
      `Architectures: ${hostProcessor() ?? ''}`,
      'SHA256:',
      ` ${sum} ${packages.length} ${folder}/Packages`,
      '',
    ].join('\n'),
  );
  const output = join(work, 'root');
  const warnings: string[] = [];
  const argv = [
    ...['--variant=custom', '--format=directory', '--skip=check/empty', 'none', output],
    `deb [trusted=yes] copy:${mirror} none main`,
  ];
  const task = progress.start('test', 'folder');
  await bootstrap(argv, { work, output }, task, {
    ...progress,
    warn: (text) => {
      warnings.push(text);
    },
  });
  expect(warnings).toEqual([expect.stringContaining('out of date since 2026-01-13')]);
  expect(existsSync(join(output, 'etc/apt'))).toBe(true);
});
