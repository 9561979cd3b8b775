import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FILES, IMPORTS, ROOT, importsIn, textOf, type Import } from './sources.ts';

const text = ({ file, target }: Import) => `${file} → ${target}`;
/** Imports that are there and must not be. */
function wrong(isWrong: (i: Import) => boolean): string[] {
  return IMPORTS.filter(isWrong).map(text);
}
const within = (path: string, ...places: string[]) =>
  places.some((place) => path === place || (place.endsWith('/') && path.startsWith(place)));

describe('the reader of imports', () => {
  it('knows every form', () => {
    const source = `
import { a } from 'one';
import type { b } from './two.ts';
import { type c, type d } from '../three.ts';
import { type e, f } from 'four';
import g, {
  h,
} from 'five';
import * as i from 'six';
import 'seven';
export { j } from 'eight';
export * from 'nine';
const k = await import('./ten.ts');
import pkg from '../package.json' with { type: 'json' };
`;
    expect(importsIn('x/y.ts', source).map((i) => `${i.typeOnly ? 'type ' : ''}${i.target}`)).toEqual([
      'one',
      'type x/two.ts',
      'type three.ts',
      'four',
      'five',
      'six',
      'eight',
      'nine',
      'package.json',
      'seven',
      'x/ten.ts',
    ]);
  });

  it('misses none in src', () => {
    const mentioned = FILES.flatMap((file) =>
      Array.from(textOf(file).matchAll(/(?:from |import\(|^import )'[^']+'/gm), () => file),
    );
    expect(IMPORTS.map((i) => i.file).sort()).toEqual(mentioned.sort());
    for (const { target } of IMPORTS)
      if (target.endsWith('.ts')) expect(existsSync(join(ROOT, 'src', target))).toBe(true);
  });
});

describe('the direction of imports', () => {
  // What is not among these is out of bounds, packages of npm included.
  const PURE: Record<string, { uses: string[]; types: string[] }> = {
    'topology/': {
      uses: ['topology/', 'errors.ts', 'yaml', 'zod', 'zod/mini', 'ipaddr.js', 'randexp'],
      types: [],
    },
    // The authority's key and signature follow from the lab's name: pure as well.
    'plan/': { uses: ['plan/', 'topology/', 'zod/mini', 'ipaddr.js', 'node:crypto'], types: [] },
    'ipvs/': { uses: ['ipvs/'], types: [] },
    'drift/': { uses: ['drift/', 'ipvs/', 'plan/', 'topology/', 'zod/mini'], types: [] },
    'causes/': { uses: ['causes/', 'drift/', 'plan/', 'proof/', 'topology/'], types: [] },
    'class/': { uses: ['class/', 'exercises/', 'errors.ts', 'zod/mini'], types: [] },
    'exercises/': {
      uses: ['exercises/', 'plan/', 'topology/', 'traffic/client-ports.ts', 'errors.ts', 'zod', 'zod/mini'],
      types: ['proof/'],
    },
    'proof/': { uses: ['proof/', 'plan/', 'topology/', 'ipaddr.js'], types: ['traffic/', 'drift/'] },
  };

  it.each(Object.entries(PURE))('%s is pure', (folder, { uses, types }) => {
    const own = IMPORTS.filter((i) => within(i.file, folder));
    expect(own.length).toBeGreaterThan(0);
    expect(
      wrong(
        (i) =>
          within(i.file, folder) && !within(i.target, ...uses, ...(i.typeOnly ? [...types, 'node:'] : [])),
      ),
    ).toEqual([]);
  });

  it.each(Object.keys(PURE))('%s reaches for nothing global that is impure', (folder) => {
    const impure =
      /\b(process\.|fetch\(|setTimeout|setInterval|Date\.now|new Date\(\)|Math\.random|performance\.|console\.)/;
    expect(FILES.filter((file) => within(file, folder) && impure.test(textOf(file)))).toEqual([]);
  });

  it('traffic brings raw data, and judges nothing', () => {
    expect(
      wrong(
        (i) =>
          within(i.file, 'traffic/') &&
          !within(
            i.target,
            'traffic/',
            'plan/',
            'topology/endpoint.ts',
            'host/own-program.ts',
            'errors.ts',
            'zod/mini',
            ...(i.typeOnly ? ['runtime/'] : []),
          ),
      ),
    ).toEqual([]);
  });

  it('machines know nothing of nodes, and runtimes nothing of machines but the interface', () => {
    expect(
      wrong(
        (i) => within(i.file, 'machine/') && within(i.target, 'runtime/', 'proof/', 'traffic/', 'topology/'),
      ),
    ).toEqual([]);
    expect(
      wrong(
        (i) =>
          within(i.file, 'runtime/') && within(i.target, 'machine/') && i.target !== 'machine/machine.ts',
      ),
    ).toEqual([]);
  });

  /**
   * The rooms from top to bottom. A room may use what stands below it, and nothing above; one that is named here and not there,
   * or there and not here, is a mistake.
   */
  const LAYERS = [
    // The process, and what a person types.
    ...['start.ts', 'bin.ts', 'cli.ts', 'cli'],
    // How results are shown; each result is typed where it is made.
    'report',
    // One verb a file, and what verbs are made of.
    ...['commands', 'timeline', 'checks', 'lifecycle', 'place', 'files'],
    // What labs run on, and what is written down of them.
    ...['wire.ts', 'bundle', 'runtime', 'records', 'docker', 'machine'],
    // Pure: what is known of classes, exercises, packets, plans and topologies.
    ...['class', 'causes', 'exercises', 'proof', 'traffic', 'drift'],
    'state',
    ...['plan', 'ipvs', 'topology'],
    // This process and its host.
    ...['terminal', 'host', 'version.ts', 'errors.ts'],
  ];
  const room = (path: string) => path.split('/')[0] ?? '';
  /** Whoever needs a runtime or a machine is handed one, and knows its interface. */
  const SEAMS = ['runtime/runtime.ts', 'machine/machine.ts'];

  it('knows every room of src', () => {
    expect([...new Set(FILES.map(room))].sort()).toEqual([...LAYERS].sort());
  });

  it('leads downward only', () => {
    const isSource = ({ target }: Import) => target.endsWith('.ts');
    expect(
      wrong(
        (i) =>
          isSource(i) &&
          LAYERS.indexOf(room(i.target)) < LAYERS.indexOf(room(i.file)) &&
          !(i.typeOnly && SEAMS.includes(i.target)),
      ),
    ).toEqual([]);
  });

  it('goes in no circle from folder to folder', () => {
    const next = new Map(FILES.map((file) => [file, [] as string[]]));
    for (const { file, target, typeOnly } of IMPORTS) if (!typeOnly) next.get(file)?.push(target);
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, way: string[]): void => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' → '));
      if (done.has(file) || way.includes(file)) return;
      for (const target of next.get(file) ?? []) visit(target, [...way, file]);
      done.add(file);
    };
    for (const file of FILES) visit(file, []);
    const folders = (circle: string) => new Set(circle.split(' → ').map((file) => dirname(file)));
    expect(circles.filter((circle) => folders(circle).size > 1)).toEqual([]);
  });
});

describe('implementations', () => {
  it.each([
    ['machine/embedded/embedded.ts', ['wire.ts']],
    ['machine/local.ts', ['wire.ts']],
    ['runtime/netns.ts', ['wire.ts']],
    ['machine/ssh.ts', ['wire.ts', 'lifecycle/make-machine.ts']],
    ['runtime/docker/docker.ts', ['wire.ts']],
    ['machine/embedded/seat-console.ts', ['commands/class/gateway.ts']],
    ['machine/embedded/boot.ts', ['lifecycle/make-machine.ts', 'machine/embedded/engine-disk.ts']],
    [
      'machine/embedded/line.ts',
      [
        'lifecycle/existing.ts',
        'lifecycle/make-machine.ts',
        'machine/embedded/boot.ts',
        'machine/embedded/seat-console.ts',
        'machine/embedded/embedded.ts',
        'machine/embedded/engine-disk.ts',
      ],
    ],
  ])('%s is named only by %j', (target, files) => {
    expect(FILES).toContain(target);
    const users = IMPORTS.filter((i) => i.target === target && !i.typeOnly).map((i) => i.file);
    expect(users.filter((file) => !files.includes(file))).toEqual([]);
  });
});

describe('the process', () => {
  const filesWith = (pattern: RegExp) => FILES.filter((file) => pattern.test(textOf(file)));

  it('ends only where it began, or on a second signal', () => {
    expect(filesWith(/\bprocess\.(exit\(|exitCode|abort|reallyExit)/)).toEqual(
      FILES.filter((file) => ['bin.ts', 'host/interrupt.ts', 'start.ts'].includes(file)),
    );
  });

  it('writes to its standard output in one place', () => {
    const allowed = ['cli/output.ts', 'bin.ts', 'terminal/progress.ts'];
    expect(filesWith(/process\.stdout\.write/).filter((file) => !allowed.includes(file))).toEqual([]);
  });
});

it('no file of src has more than 260 lines', () => {
  const long = FILES.map((file) => [file, textOf(file).split('\n').length - 1] as const);
  expect(long.filter(([, lines]) => lines > 260)).toEqual([]);
});

it('the embedded machine is offered only where it runs', () => {
  const offers = FILES.flatMap((file) =>
    Array.from(
      textOf(file).matchAll(/^.*(?<!orEmbedded\([^;]*)--machine embedded.*$/gm),
      ([row]) => `${file}: ${row.trim()}`,
    ),
  );
  expect(offers).toEqual([]);
});
