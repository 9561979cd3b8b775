import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCli } from '../../../src/cli.ts';
import { places } from '../../../src/docker/known-sockets.ts';
import { EXIT } from '../../../src/errors.ts';
import { FAULTS } from '../../../src/exercises/registry.ts';
import { exerciseJsonSchema } from '../../../src/exercises/schema.ts';
import { topologyJsonSchema } from '../../../src/topology/fields/schema.ts';
import { OPTIONS } from '../../lab/options/removals.ts';
import { SHIPPED } from '../plan/labs.ts';
import { ROOT } from './sources.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const readme = read('README.md');

it.each([
  ['topology', topologyJsonSchema],
  ['exercise', exerciseJsonSchema],
])('the JSON Schema of the %s file is what the tool prints, to the byte', (name, schema) => {
  expect(read(`schema/${name}.schema.json`)).toBe(`${JSON.stringify(schema(), null, 2)}\n`);
});

describe('the README', () => {
  it('shows the whole of topologies/nat.yaml', () => {
    const shown = /The whole of `topologies\/nat\.yaml`:\n\n```yaml\n([^`]*)```/.exec(readme)?.[1];
    const [comment, ...rest] = read('topologies/nat.yaml').split('\n');
    expect(comment).toMatch(/^# yaml-language-server: /);
    expect(shown).toBe(rest.join('\n'));
  });

  it('lists every topology that is shipped', () => {
    const list = /^Shipped: (.*?)\n\n/ms.exec(readme)?.[1] ?? '';
    expect(Array.from(list.matchAll(/`([^`]+)`/g), ([, name]) => name).sort()).toEqual([...SHIPPED].sort());
  });

  it('says of every option of a service what turns red without it', () => {
    const table = /## What turns red\n([^#]*)/.exec(readme)?.[1] ?? '';
    const taken = Array.from(table.matchAll(/^\| (.*?) \|/gm), ([, first = '']) => first.replaceAll('`', ''));
    const isSaid = (option: string) => option.split(' ').every((word) => taken.some((t) => t.includes(word)));
    expect(OPTIONS.filter((option) => !isSaid(option))).toEqual([]);
    expect(OPTIONS.length).toBeGreaterThan(9);
  });

  it('has every command in its table, and no other', () => {
    const table = /## Commands\n\n([^#]*)/.exec(readme)?.[1] ?? '';
    const shown = new Set(Array.from(table.matchAll(/`lab ([a-z]+)/g), ([, name]) => name));
    const hidden = ['complete'];
    const commands = createCli(() => undefined).commands.map((c) => c.name());
    expect([...shown].sort()).toEqual(commands.filter((name) => !hidden.includes(name)).sort());
  });

  describe('says where it runs', () => {
    const section = /### Where it runs\n(.*?)\n\*\*A node\*\*/s.exec(readme)?.[1] ?? '';
    const rows = Array.from(section.matchAll(/^\| (.*) \|$/gm), ([, row = '']) =>
      row.split(' | ').map((cell) => cell.trim()),
    );

    it.each(['Linux, x86-64', 'Linux, arm64', 'macOS', 'Windows'])(
      'for %s: what was tried, in each cell',
      (system) => {
        const [, ...cells] = rows.find(([name]) => name === system) ?? [];
        expect(cells).toHaveLength(3);
        for (const cell of cells) expect(cell).toMatch(/^(no$|tried|in part: |not tried)/);
      },
    );

    it('for every engine that is looked for', () => {
      const products = new Set(
        places({ XDG_RUNTIME_DIR: '/run/user/1' }, '/home/u').map(([product]) => product),
      );
      expect(products.size).toBeGreaterThan(5);
      const engines = rows.map(([name = '']) => name).join('\n');
      for (const product of products)
        expect(engines).toContain(product.replace(/^rootless (.*)/, '$1 without root'));
    });

    it('and names tests that there are', () => {
      for (const [, file = ''] of section.matchAll(/`(test\/[^`]+)`/g))
        expect(existsSync(join(ROOT, file)), file).toBe(true);
    });
  });

  it('names every fault', () => {
    const section = /## Break and fix\n(.*?)\n## /s.exec(readme)?.[1] ?? '';
    for (const { id } of FAULTS) expect(section).toContain(`\`${id}\``);
  });

  it('has every exit code', () => {
    const text = /Exit codes: [^#]*/.exec(readme)?.[0] ?? '';
    for (const code of Object.values(EXIT)) expect(text).toMatch(new RegExp(`\\b${code} |\\b${code}\\b`));
  });
});

it.each(SHIPPED)('%s names the schema for editors', (name) => {
  expect(read(`topologies/${name}.yaml`).split('\n')[0]).toBe(
    '# yaml-language-server: $schema=../schema/topology.schema.json',
  );
});

describe('the licence', () => {
  const { license, files } = JSON.parse(read('package.json')) as { license: string; files: string[] };

  it('is the one that the package declares, and goes out with it', () => {
    expect(license).toBe('MIT');
    const text = read('LICENSE');
    expect(text).toMatch(/^MIT License\n\nCopyright \(c\) \d{4} the lvslab authors\n/);
    expect(text).toContain('Permission is hereby granted, free of charge');
    expect(text).toContain('WITHOUT WARRANTY OF ANY KIND');
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'SECURITY.md']));
  });
});

describe('what SECURITY.md promises', () => {
  const [, promised = ''] = /## What is promised\n(.*?)\n## /s.exec(read('SECURITY.md')) ?? [];
  /** Each file that is named, with the names of tests that follow it. */
  const named = promised
    .split(/(?=`test\/)/)
    .slice(1)
    .map((part) => ({
      file: /^`([^`]+)`/.exec(part)?.[1] ?? '',
      tests: Array.from(part.matchAll(/"([^"]+)"/g), ([, name = '']) => name.replaceAll(/\s+/g, ' ')),
    }));

  it('is held by tests that there are', () => {
    expect(named.length).toBeGreaterThan(5);
    for (const { file, tests } of named) {
      const text = read(file).replaceAll(/'\s*\+?\s*\n\s*'/g, '');
      for (const name of tests) expect(text, `${file}: ${name}`).toContain(`'${name}'`);
    }
  });

  it('is held in each of its points', () => {
    const points = promised
      .split(/\n- /)
      .slice(1)
      .map((point) => point.split('\n\n')[0] ?? '');
    expect(points.length).toBeGreaterThan(9);
    for (const point of points) expect(point).toMatch(/"[^"]{6,}"|`test\/[^`]+`, all of it/);
  });
});
