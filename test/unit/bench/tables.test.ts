import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../structure/sources.ts';

/** What an expression comes to that may use `tables` and `MEASURES`. */
function evaluated(expression: string): unknown {
  const script = `
    import * as tables from ${JSON.stringify(join(ROOT, 'bench/tables.mjs'))};
    import { MEASURES } from ${JSON.stringify(join(ROOT, 'bench/measures/index.mjs'))};
    const run = ${JSON.stringify(RUN)};
    process.stdout.write(JSON.stringify(${expression}));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    cwd: ROOT,
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as unknown;
}

const quiet = { load: [0.1, 0.2, 0.3], busy: [] };
const row = (name: string, role: string, median: number, unit = 's', figure?: string) => ({
  ...{
    name,
    role,
    unit,
    least: median / 2,
    median,
    most: 2 * median,
    values: [median / 2, median, 2 * median],
  },
  ...(figure === undefined ? {} : { figure }),
});
const RUN = {
  ...{ schema: 'lvslab/bench/1', date: '2026-11-29T05:00:00.000Z', command: 'node bench/run.mjs', rounds: 3 },
  machine: {
    ...{
      processor: 'A | B',
      processors: 2,
      memory: '4.0 GiB',
      kernel: '6.1',
      node: 'v20.19.0',
      kernels: ['made 7.2'],
    },
    ...{ version: '0.1.0', commit: 'abc', changed: true },
  },
  start: { load: [1, 1, 1], busy: [{ name: 'cc1', percent: 97 }] },
  end: quiet,
  minutes: 3,
  measures: [
    {
      name: 'up',
      before: { load: [2, 1, 1], busy: [{ name: 'node', percent: 12 }] },
      races: [
        {
          title: 'A NAT lab, warm cache',
          rows: [
            { ...row('bare boot, made', 'floor', 0.0951), processor: 0.051 },
            { ...row('lab up nat, made', 'tool', 12.34), processor: 0.2 },
            { name: 'lab up nat, Debian’s', role: 'tool', failed: 'exit code 3 | no room' },
            { name: 'namespaces', role: 'peer', lacks: 'not measured: no ip_vs; modprobe ip_vs' },
          ],
        },
      ],
    },
    { name: 'exec', before: quiet, races: [], failed: 'no line' },
    {
      name: 'class',
      before: quiet,
      races: [
        {
          title: 'A class',
          rows: [
            row('8 seats', 'tool', 5, 's', 'all answering'),
            row('8 seats', 'tool', 50, 'MiB', 'a seat'),
            { name: '16 seats', role: 'tool', failed: 'no memory' },
            row('40 seats', 'tool', 20, 's', 'all answering'),
            row('40 seats', 'tool', 40, 'MiB', 'a seat'),
          ],
        },
      ],
    },
    {
      name: 'hosts',
      before: quiet,
      races: [{ title: '5 hosts on one network', rows: [row('lab up', 'tool', 0.4)] }],
    },
  ],
};

describe('the tables', () => {
  const text = String(evaluated(`tables.report(run, MEASURES, ['class'])`));

  it('have the machine, the tool and what else ran', () => {
    expect(text).toContain('by\n\n```\nnode bench/run.mjs\n```\n');
    expect(text).toContain('| processor | 2 × A \\| B |');
    expect(text).toContain('| kernels of labs | made 7.2 |');
    expect(text).toContain('| tool | 0.1.0, abc, with changes |');
    expect(text).toContain('| at the start | load average 1, 1, 1; busy: cc1 97 % |');
    expect(text).toContain('| at the end | load average 0.1, 0.2, 0.3; nothing else was busy |');
    expect(text).toContain('Before it began: load average 2, 1, 1; busy: node 12 %.');
  });

  it('have medians with the least and the most, each with as many digits as say something', () => {
    expect(text).toContain('| bare boot, made | floor | 0.095 s | 0.048 s – 0.19 s | 0.051 s |');
    expect(text).toContain('| **lab up nat, made** | tool | 12.3 s | 6.17 s – 24.7 s | 0.20 s |');
    expect(text).toContain('| **8 seats**: a seat | tool | 50 MiB | 25 MiB – 100 MiB |');
  });

  it('say what failed or lacks something, without a figure', () => {
    expect(text).toContain('| **lab up nat, Debian’s** | tool | FAILED |  |  |');
    expect(text).toContain('\n- lab up nat, Debian’s: FAILED: exit code 3 | no room\n');
    expect(text).toContain('| namespaces | peer | not measured |  |  |');
    expect(text).toContain('\n- namespaces: not measured: no ip_vs; modprobe ip_vs\n');
    expect(text).toMatch(/`exec`\. .*\n\nFAILED: no line/);
  });

  it('show the chart where one was drawn', () => {
    expect(text.match(/!\[.*/g)).toEqual(['![A class as it grows](class.svg)']);
  });
});

it('a chart has a gap where something failed, and is not drawn of nothing', () => {
  const chart = evaluated(`tables.chartOf(run.measures[2], MEASURES.class)`) as {
    x: number[];
    series: { values: (number | null)[] }[];
  };
  expect(chart.x).toEqual([8, 16, 40]);
  // JSON has null for what is no number.
  expect(chart.series.map(({ values }) => values)).toEqual([
    [5, null, 20],
    [4, null, 16],
  ]);
  expect(evaluated(`tables.chartOf(run.measures[0], MEASURES.up) ?? null`)).toBe(null);
  expect(evaluated(`tables.chartOf({ races: [] }, MEASURES.growth) ?? null`)).toBe(null);
});

it('the few figures of the README are those of the run, and leave out what has none', () => {
  const text = String(evaluated(`tables.summary(run, MEASURES)`));
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  expect(rows.slice(2)).toEqual([
    '| `lab up nat`, first requests answered | 12.3 s | bare boot of the same kernel 0.095 s |',
    '| a class of 40, until all answer | 20.0 s | a seat has 40 MiB |',
    '| 5 hosts on this host’s kernel, its own start included | 0.40 s |  |',
  ]);
  expect(text).toContain('run of 2026-11-29 on 2 × A | B (load average 1, 1, 1; busy: cc1 97 %)');
});

it('the few figures go between the marks of a document alone, and one without marks is refused', () => {
  const document = 'before\n<!-- figures of bench/run.mjs -->\nold\n<!-- end of figures -->\nafter\n';
  expect(evaluated(`tables.withSummary(${JSON.stringify(document)}, 'new')`)).toBe(
    'before\n<!-- figures of bench/run.mjs -->\n\nnew\n\n<!-- end of figures -->\nafter\n',
  );
  const refused = `(() => { try { tables.withSummary('text', 'new'); } catch (error) { return error.message; } })()`;
  expect(evaluated(refused)).toMatch(/no lines <!-- figures of bench\/run\.mjs --> and/);
  expect(
    evaluated(`tables.withSummary(${JSON.stringify(readFileSync(join(ROOT, 'README.md'), 'utf8'))}, 'new')`),
  ).toMatch(/## What it costs\n[^#]*<!-- figures/);
});

it('every figure of the README is one that its measure can have', () => {
  const found = evaluated(`Object.entries(MEASURES).map(([name, { title, about, measure, summary = [] }]) =>
       [name, [title, about].every((text) => typeof text === 'string') && typeof measure === 'function' ? summary.length : -1])`) as [
    string,
    number,
  ][];
  expect(found.filter(([, count]) => count < 0)).toEqual([]);
  expect(found.filter(([, count]) => count > 0).length).toBeGreaterThan(8);
});

describe('the command line', () => {
  const bench = (...argv: string[]) =>
    spawnSync(process.execPath, [join(ROOT, 'bench/run.mjs'), ...argv], { encoding: 'utf8', cwd: ROOT });

  it.each([
    [['nonsense'], 'there is no measure nonsense; there are kernel, up'],
    [['--rounds', '0'], '--rounds 0: it is a whole number from 1 on'],
    [['--rounds', '1.5'], '--rounds 1.5'],
    [['--json', '/no/such/folder/run.json'], '/no/such/folder'],
    [['--summary', 'LICENSE'], 'no lines'],
    [['--fast'], "Unknown option '--fast'"],
  ])('%j is refused before anything is measured', (argv, why) => {
    const { status, stdout, stderr } = bench(...argv);
    expect(stderr).toContain(why);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  it('writes bench/README.md, the charts and the README’s figures from bench/latest.json as they are, to the byte', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvslab-test-'));
    try {
      const [file, readme] = [join(folder, 'README.md'), join(folder, 'project', 'README.md')];
      mkdirSync(join(folder, 'project'));
      copyFileSync(join(ROOT, 'README.md'), readme);
      const asked = ['--markdown', file, '--charts', folder, '--summary', readme];
      const ran = bench('--from', 'bench/latest.json', ...asked);
      expect(ran.stderr).toBe('');
      expect(ran.status).toBe(0);
      expect(readFileSync(readme, 'utf8')).toBe(readFileSync(join(ROOT, 'README.md'), 'utf8'));
      const written = readFileSync(file, 'utf8');
      expect(written).toBe(readFileSync(join(ROOT, 'bench/README.md'), 'utf8'));
      const charts = Array.from(written.matchAll(/\]\((.*\.svg)\)/g), ([, chart = '']) => chart);
      expect(charts).not.toEqual([]);
      for (const chart of charts)
        expect(readFileSync(join(folder, chart), 'utf8')).toBe(
          readFileSync(join(ROOT, 'bench', chart), 'utf8'),
        );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('lists every measure', () => {
    const { stdout, status } = bench('--list');
    expect(stdout.split('\n').map((line) => line.split(' ')[0])).toEqual([
      ...['kernel', 'up', 'exec', 'test', 'modes', 'memory', 'hosts', 'docker', 'class', 'growth', 'load'],
      ...['kernel-build', ''],
    ]);
    expect(status).toBe(0);
  });
});
