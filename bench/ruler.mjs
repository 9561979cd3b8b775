// What measures side by side. A contestant that fails is named, with the reason, and out of the race; one that lacks
// something on this machine is named, with what would bring it. The others go on, and the end is no success where one failed.
import { spawnSync } from 'node:child_process';
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

/** Says that something failed; the benchmark then ends with exit code 1. */
export function failed(name, error) {
  process.exitCode = 1;
  say(`  ${name.padEnd(46)} FAILED: ${reason(error)}`);
}

/**
 * Whether a program can be run here.
 * @returns what is to be said where not: what is missing, and what brings it
 */
export function lacking(argv, brings) {
  const { status } = spawnSync(argv[0], argv.slice(1), { stdio: 'ignore' });
  return status === 0 ? undefined : `not measured: ${argv.join(' ')} does not work here; ${brings}`;
}

/** Milliseconds that something takes, by its own account where it gives one. */
async function time(run) {
  const began = performance.now();
  const own = await run();
  if (own !== undefined && typeof own === 'number' && !(own > 0))
    throw new Error(`it took ${own} ms by its own account`);
  return typeof own === 'number' ? own : performance.now() - began;
}

/**
 * Runs the contestants in turn, round after round, so that a busy moment hits them all alike.
 * @param contestants `run` does what is measured, and throws where it did not come to pass; it may return milliseconds of its
 * own. `after` undoes it. `lacks` is what is to be said instead.
 * @returns seconds of each by name, ascending; none for who is out
 */
export async function race(title, rounds, contestants) {
  const times = new Map(contestants.map(({ name }) => [name, []]));
  const out = new Map();
  for (let round = 0; round < rounds; round += 1)
    for (const { name, run, after, lacks } of contestants) {
      if (lacks !== undefined || out.has(name)) continue;
      try {
        times.get(name).push((await time(run)) / 1000);
      } catch (error) {
        out.set(name, error);
      }
      try {
        await after?.();
      } catch (error) {
        // What is left of one that failed is its own failure's.
        if (!out.has(name)) out.set(name, error);
      }
    }
  say(`\n${title}`);
  const results = {};
  for (const { name, lacks } of contestants) {
    const list = times.get(name).sort((a, b) => a - b);
    if (lacks !== undefined) say(`  ${name.padEnd(46)} ${lacks}`);
    else if (out.has(name)) failed(name, out.get(name));
    else {
      results[name] = list;
      const [least, middle, most] = [0, Math.floor(list.length / 2), list.length - 1].map((at) => list[at]);
      say(`  ${name.padEnd(46)} ${middle.toFixed(3)} s  (${least.toFixed(3)} to ${most.toFixed(3)})`);
    }
  }
  return results;
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
