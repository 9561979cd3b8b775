// Where a run of the benchmark works: a folder of its own with its labs, and what is to be undone. Everything goes with
// the run, whether it ends well, fails or is interrupted.
import { setMaxListeners } from 'node:events';
import { execa } from 'execa';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { attempt, failed, part, race } from './ruler.mjs';

export const bin = join(import.meta.dirname, '../dist/bin.cjs');

/** Milliseconds that a program has to end of its own accord; `lab` takes down what it has begun. */
const GRACE = 60_000;

/**
 * @param rounds how often each contestant runs
 * @param progress hears what is done now
 */
export async function openWorkplace(rounds, progress = () => undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-bench-'));
  const state = join(folder, 'state');
  mkdirSync(state, { mode: 0o700 });
  const stop = new AbortController();
  // One for each program that runs, and many may run at once.
  setMaxListeners(0, stop.signal);
  const listeners = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => {
    const listener = () => {
      workplace.exitCode = 128 + constants.signals[name];
      stop.abort(new Error(`interrupted by ${name}`));
    };
    process.on(name, listener);
    return [name, listener];
  });
  const { treeMemory } = await part(folder, 'machine/memory');
  const { processTree, statFields } = await part(folder, 'machine/processes');

  /** Runs a program to its end, and throws where that is no success. */
  const run = (argv, options = {}) =>
    execa(argv[0], argv.slice(1), {
      cancelSignal: stop.signal,
      forceKillAfterDelay: GRACE,
      ...options,
      env: { LVSLAB_STATE: state, ...options.env },
    });
  /** Without the signal: it has come already where this has to work. */
  const undo = (argv, options = {}) => run(argv, { ...options, cancelSignal: new AbortController().signal });
  const undone = [];
  const rows = [];

  /** The process that holds the line of a lab, and everything of its kernel with it. */
  const holderOf = (lab) => Number(readFileSync(join(state, lab, 'holder'), 'utf8').split(' ')[0]);

  const workplace = {
    folder,
    name: basename(folder),
    state,
    rounds,
    signal: stop.signal,
    progress,
    run,
    undo,
    /** `lab`, without the launcher's look at the sources. */
    lab: (...argv) => run(['node', bin, ...argv]),
    /** `lab` with a kernel that is named. */
    labOn: (kernel, ...argv) => run(['node', bin, ...argv], { env: kernel.env }),
    /** Where a lab's ssh client listens, as an option of ssh. */
    line: (lab) => `ControlPath=${join(state, lab, 'ctl')}`,
    /** A command in the guest of a lab, over its line. */
    inGuest: (lab, command, options) =>
      run(['ssh', '-F', '/dev/null', '-o', workplace.line(lab), 'guest', command], options),
    /** MiB that a lab has: the holder of its line and all that that started, shared pages in part. */
    memory(lab) {
      const mebibytes = treeMemory(holderOf(lab));
      // A kernel with its nodes has never had less.
      if (!(mebibytes > 10)) throw new Error(`lab ${lab} has ${mebibytes} MiB`);
      return mebibytes;
    },
    /** Seconds of processor time that a lab has had so far; none where it is not there yet. */
    processor(lab) {
      if (!existsSync(join(state, lab, 'holder'))) return 0;
      // Own time and that of children that have ended, of user and system, in hundredths.
      const times = (pid) => statFields(pid).slice(11, 15).map(Number);
      const all = processTree(holderOf(lab)).flatMap(times);
      return all.reduce((sum, time) => sum + time, 0) / 100;
    },
    /** MiB of a process and all that it started. */
    treeMemory,
    labs: () => readdirSync(state).filter((name) => !name.startsWith('.')),
    /** What undoes something that is no lab of this state folder; it is done once, also where the thing never came to be. */
    later: (name, doing) => undone.push([name, doing]),
    race: async (title, contestants) => {
      const found = await race(title, rounds, contestants, { signal: stop.signal, progress });
      rows.push({ title, rows: found });
      return found;
    },
    /** The races since it was last asked. */
    takeRaces: () => rows.splice(0),
    /** Takes down and undoes all that a measure has left. */
    async clear() {
      for (const [name, doing] of undone.splice(0).reverse()) await attempt(name, doing);
      // By name: `--all` would take down what others have on an engine.
      if (readdirSync(state).includes('.classes'))
        for (const name of readdirSync(join(state, '.classes')))
          await attempt(`class down ${name}`, () => undo(['node', bin, 'class', 'down', name]));
      for (const name of workplace.labs())
        await attempt(`down ${name}`, () => undo(['node', bin, 'down', name]));
    },
    async close() {
      await workplace.clear();
      // What could not be taken down is recorded there, and is not to be forgotten.
      if (workplace.labs().length === 0) rmSync(folder, { recursive: true, force: true });
      else failed('taking everything down', new Error(`${workplace.labs().join(', ')} left in ${state}`));
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
  return workplace;
}
