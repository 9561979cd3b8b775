// What a run was made on, and what else ran there.
import { readFileSync, readdirSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

/** Milliseconds that others are watched. */
const WATCHED = 1000;
/** Percent of one processor from which on a program counts as busy. */
const BUSY = 3;

/** What does not change while a run lasts. */
export async function machineFacts(root) {
  const git = async (...argv) => {
    const { stdout } = await execa('git', ['-C', root, ...argv]);
    return stdout;
  };
  // Whoever has the source without its history has its version.
  const isClone = readdirSync(root).includes('.git');
  return {
    processor: cpus()[0]?.model.trim() || 'unknown',
    processors: availableParallelism(),
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    kernel: release(),
    node: process.version,
    version: JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).version,
    ...(isClone && {
      commit: await git('rev-parse', '--short=12', 'HEAD'),
      changed:
        (await git('status', '--porcelain', '--', 'src', 'images', 'bench/*.mjs', 'bench/measures')) !== '',
    }),
  };
}

/**
 * Who is busy beside the benchmark, to be asked while that does nothing.
 * @returns programs by name, with the percent of one processor that all of that name have, and the load average
 */
export async function othersNow() {
  const before = processorTimes();
  const began = performance.now();
  await sleep(WATCHED);
  const ticks = (performance.now() - began) / 10;
  const shares = new Map();
  for (const [id, { name, time }] of processorTimes()) {
    const share = (100 * (time - (before.get(id)?.time ?? 0))) / ticks;
    shares.set(name, (shares.get(name) ?? 0) + share);
  }
  const busy = [...shares]
    .filter(([, percent]) => percent >= BUSY)
    .sort(([, a], [, b]) => b - a)
    .map(([name, percent]) => ({ name, percent: Math.round(percent) }));
  return { load: loadavg().map((value) => Number(value.toFixed(2))), busy };
}

/** Hundredths of a second that each process but this one has had, by number and start. */
function processorTimes() {
  const times = new Map();
  for (const pid of readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  )) {
    const stat = statOf(pid);
    const end = stat.lastIndexOf(')');
    const fields = stat.slice(end + 2).split(' ');
    if (fields.length < 20) continue;
    times.set(`${pid} ${fields[19]}`, {
      name: stat.slice(stat.indexOf('(') + 1, end),
      time: Number(fields[11]) + Number(fields[12]),
    });
  }
  return times;
}

/** Empty where the process has ended since. */
function statOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return '';
    throw error;
  }
}
