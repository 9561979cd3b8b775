// What a class costs as it grows: NAT labs on embedded machines, seconds and MiB for each, and the board's refresh with
// the largest; the curve as a chart.
//   node bench/class.mjs [CHART.svg] [COUNT,COUNT…]
import { execa } from 'execa';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { attempt, failed, part, say } from './ruler.mjs';

const [chart, list = '1,5,10,20,40'] = process.argv.slice(2);
const counts = list.split(',').map(Number);
const bin = join(import.meta.dirname, '../dist/bin.js');
const work = mkdtempSync(join(tmpdir(), 'lvslab-bench-'));
const state = join(work, 'state');
const lab = (...argv) => execa('node', [bin, ...argv], { env: { LVSLAB_STATE: state } });

const { treeMemory } = await part(work, 'machine/memory');

/** MiB of physical memory of the labs: their lines' holders and all that those started, shared pages in part. */
function memory(count) {
  const holders = readdirSync(state)
    .map((name) => join(state, name, 'holder'))
    .filter(existsSync)
    .map((file) => Number(readFileSync(file, 'utf8').split(' ')[0]));
  if (holders.length !== count) throw new Error(`${holders.length} of ${count} seats are up`);
  return holders.reduce((sum, pid) => sum + treeMemory(pid), 0);
}

const rows = [];
try {
  for (const count of counts) {
    let began = performance.now();
    await lab('class', 'up', 'nat', '--students', String(count));
    const up = (performance.now() - began) / 1000;
    const mebibytes = memory(count);
    if (!(mebibytes > 10 * count)) throw new Error(`${count} seats have ${mebibytes} MiB`);
    if (count === Math.max(...counts)) {
      const looks = 11;
      const timed = await execa(
        'bash',
        [
          '-c',
          'time -p "$@" >/dev/null',
          '-',
          'node',
          bin,
          'class',
          'board',
          '--json',
          '--count',
          String(looks),
        ],
        { env: { LVSLAB_STATE: state } },
      );
      const one = await execa(
        'bash',
        ['-c', 'time -p "$@" >/dev/null', '-', 'node', bin, 'class', 'board', '--json'],
        { env: { LVSLAB_STATE: state } },
      );
      const figure = (text, name) => {
        const found = new RegExp(`^${name} ([\\d.]+)`, 'm').exec(text)?.[1];
        if (found === undefined) throw new Error(`no ${name} time in: ${text}`);
        return Number(found);
      };
      const cpu = (text) => figure(text, 'user') + figure(text, 'sys');
      const share =
        (cpu(timed.stderr) - cpu(one.stderr)) / (figure(timed.stderr, 'real') - figure(one.stderr, 'real'));
      say(
        `board with ${count} seats: first look ${figure(one.stderr, 'real').toFixed(1)} s, its own start included; then ${(100 * share).toFixed(1)} % of a processor on the host`,
      );
    }
    began = performance.now();
    await lab('class', 'down', 'nat');
    const down = (performance.now() - began) / 1000;
    rows.push({ count, up, mebibytes, down });
    const last = rows.at(-2);
    const further = last && [
      (up - last.up) / (count - last.count),
      (mebibytes - last.mebibytes) / (count - last.count),
    ];
    say(
      `${String(count).padStart(3)} seats  up ${up.toFixed(1).padStart(5)} s  ${mebibytes.toFixed(0).padStart(5)} MiB  down ${down.toFixed(1)} s` +
        (further === undefined
          ? ''
          : `   each further one ${further[0].toFixed(2)} s, ${further[1].toFixed(0)} MiB`),
    );
  }
  if (chart !== undefined) await draw();
} catch (error) {
  failed('a class', error);
} finally {
  await attempt('lab down --all', () => lab('down', '--all'));
  rmSync(work, { recursive: true, force: true });
}

async function draw() {
  const { lineChartSvg } = await part(work, 'report/diagram/chart');
  writeFileSync(
    chart,
    lineChartSvg({
      ...{
        title: 'A class as it grows',
        xLabel: 'seats',
        yLabel: 'seconds until all are up; hundreds of MiB',
      },
      x: rows.map(({ count }) => count),
      series: [
        { name: 'seconds', values: rows.map(({ up }) => up) },
        { name: '100 MiB', values: rows.map(({ mebibytes }) => mebibytes / 100) },
      ],
    }),
  );
  say(`chart: ${chart}`);
}
