// What measures side by side. A contestant that fails is named, with the reason, and out of the race; one that lacks
// something on this machine is named, with what would bring it. The others go on, and the end is no success where one failed.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';

export const say = (text = '') => process.stdout.write(`${text}\n`);

/** How something failed, in a line or a few. */
function reason(error) {
  const said = [error.stderr, error.all, error.stdout].find(
    (text) => typeof text === 'string' && text.trim() !== '',
  );
  const last = said?.trim().split('\n').slice(-3).join(' | ');
  const what = String(error.shortMessage ?? error.message ?? error).split('\n')[0];
  return last === undefined || what.includes(last) ? what : `${what}: ${last}`;
}

/**
 * Says that something failed; the benchmark then ends with exit code 1.
 * @returns the reason
 */
export function failed(name, error) {
  process.exitCode = 1;
  const why = reason(error);
  say(`  ${name.padEnd(WIDTH)} FAILED: ${why}`);
  return why;
}

/** Of the names of contestants, on the screen. */
const WIDTH = 52;

/**
 * Whether a program can be run here.
 * @returns what is to be said where not: what is missing, and what brings it
 */
export function lacking(argv, brings) {
  const { status } = spawnSync(argv[0], argv.slice(1), { stdio: 'ignore' });
  return status === 0 ? undefined : `not measured: ${argv.join(' ')} does not work here; ${brings}`;
}

/** Seconds of processor time that the processes have had which this one started and whose ends it, or they, saw. */
export function processorSeconds() {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  // Fields 16 and 17, in hundredths; the name, field 2, is in parentheses and may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

/**
 * One run by the clock, or by its own account: milliseconds as a number, or figures by name.
 * @returns a value for each figure, the one that has no name in seconds, and where the clock was its own, processor time
 */
async function time({ run, units, beside = () => 0 }) {
  const had = processorSeconds() + beside();
  const began = performance.now();
  const own = await run();
  const took = (performance.now() - began) / 1000;
  if (units !== undefined) {
    for (const figure of Object.keys(units))
      if (!(own?.[figure] > 0)) throw new Error(`its ${figure} is ${own?.[figure]} by its own account`);
    return { values: own };
  }
  if (typeof own !== 'number')
    return { values: { '': took }, processor: processorSeconds() + beside() - had };
  if (!(own > 0)) throw new Error(`it took ${own} ms by its own account`);
  return { values: { '': own / 1000 } };
}

/** Least, middle and most of some values. */
export function spread(values) {
  const list = values.toSorted((a, b) => a - b);
  return { least: list[0], median: list[Math.floor(list.length / 2)], most: list[list.length - 1] };
}

/**
 * Runs the contestants in turn, round after round, so that a busy moment hits them all alike.
 * @param contestants `run` does what is measured, and throws where it did not come to pass; it may return milliseconds of
 * its own, or, where `units` names figures with their units, a value for each. `beside` tells the processor seconds that others
 * have had until now who work for it and do not end with it: a lab's kernel. `prepare` comes once, before the first
 * round, `before` and `after` come with every one, and none of them counts. `role` is tool, floor or peer; `lacks` is what is
 * to be said instead.
 * @param options.signal ends it: whoever gave it undoes what is begun
 * @param options.progress hears of each run
 * @returns a row for each figure of each contestant: with its values, or why it has none
 */
export async function race(title, rounds, contestants, { signal, progress } = {}) {
  const able = contestants.filter(({ lacks }) => lacks === undefined);
  const results = new Map(able.map((contestant) => [contestant, []]));
  const out = new Map();
  const step = async (contestant, doing) => {
    signal?.throwIfAborted();
    try {
      await doing?.();
    } catch (error) {
      signal?.throwIfAborted();
      // What is left of one that failed is its own failure's.
      if (!out.has(contestant)) out.set(contestant, error);
    }
  };
  for (const contestant of able) await step(contestant, contestant.prepare);
  for (let round = 1; round <= rounds; round += 1)
    for (const contestant of able) {
      const { name, before, after } = contestant;
      if (out.has(contestant)) continue;
      progress?.(`${title}: round ${round} of ${rounds}: ${name}`);
      await step(contestant, before);
      if (!out.has(contestant))
        await step(contestant, async () => results.get(contestant).push(await time(contestant)));
      await step(contestant, after);
    }
  say(`\n${title}`);
  return contestants.flatMap((contestant) =>
    rowsOf(contestant, results.get(contestant), out.get(contestant)),
  );
}

/** Says what a contestant came to. */
function rowsOf({ name, role = 'tool', lacks, units = { '': 's' } }, runs, error) {
  if (lacks !== undefined) {
    say(`  ${name.padEnd(WIDTH)} ${lacks}`);
    return [{ name, role, lacks }];
  }
  if (error !== undefined) return [{ name, role, failed: failed(name, error) }];
  return Object.entries(units).map(([figure, unit]) => {
    const values = runs.map((one) => one.values[figure]);
    const row = { name, role, ...(figure === '' ? {} : { figure }), unit, ...spread(values), values };
    if (runs.every(({ processor }) => processor !== undefined))
      row.processor = spread(runs.map(({ processor }) => processor)).median;
    const { least, median, most } = row;
    const label = figure === '' ? name : `${name}: ${figure}`;
    say(
      `  ${label.padEnd(WIDTH)} ${median.toFixed(3)} ${unit}  (${least.toFixed(3)} to ${most.toFixed(3)})` +
        (row.processor === undefined ? '' : `  processor ${row.processor.toFixed(2)} s`),
    );
    return row;
  });
}

/** Does something that is no race; where it fails, that is said, and what follows goes on. */
export async function attempt(name, run) {
  try {
    return await run();
  } catch (error) {
    failed(name, error);
    return undefined;
  }
}

/** A part of the tool itself, such as `machine/memory`, bundled into a folder. */
export async function part(folder, name) {
  const outfile = join(folder, `${name.replaceAll('/', '-')}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, '../src', `${name}.ts`)],
    ...{ outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' },
  });
  return import(outfile);
}
