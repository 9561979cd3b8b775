import { execa, type Options } from 'execa';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject } from 'vitest';

export const BIN = join(import.meta.dirname, '../../dist/bin.cjs');

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * A resource limit that nobody else has. Whatever a process starts inherits it, in other namespaces, under other names
 * and without its environment, so that the last of them can be found.
 */
function mark(state: string): number {
  return 400_000 + (createHash('sha256').update(state).digest().readUInt32BE() % 400_000);
}

/** A command line whose processes `processesOf` finds. */
export function marked(state: string, argv: string[]): [string, ...string[]] {
  return ['prlimit', `--msgqueue=${mark(state)}`, ...argv];
}

/** The tool as a user of its own runs it: one name, one directory of labs. */
export function user(name: string) {
  const state = join(inject('state'), name);
  const env = { LVSLAB_STATE: state, NO_COLOR: '1' };
  const lab = async (argv: string[], options: Options = {}): Promise<Ran> => {
    const [program, ...rest] = marked(state, ['node', BIN, ...argv]);
    const result = await execa(program, rest, { env, reject: false, ...options });
    return { code: result.exitCode ?? 128, stdout: String(result.stdout), stderr: String(result.stderr) };
  };
  return {
    state,
    env,
    lab,
    /** Runs a shell line on a node and returns what it printed; fails loudly where the line fails. */
    on: async (node: string, line: string): Promise<string> => {
      const ran = await lab(['exec', node, '--', 'sh', '-c', line]);
      if (ran.code !== 0) throw new Error(`on ${node}: ${line}\nexit code ${ran.code}: ${ran.stderr}`);
      return ran.stdout;
    },
    json: async <T>(argv: string[]): Promise<T> => {
      const ran = await lab([...argv, '--json']);
      if (ran.stdout === '') throw new Error(`${argv.join(' ')}: exit code ${ran.code}: ${ran.stderr}`);
      return JSON.parse(ran.stdout) as T;
    },
  };
}

/** Every process on this machine that was started for these labs, or has a path of theirs in its arguments. */
export function processesOf(state: string): string[] {
  const limit = new RegExp(`^Max msgqueue size +${mark(state)} `, 'm');
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && entry !== String(process.pid))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        // A zombie is gone for everybody but its parent.
        const found = command.includes(state) || limit.test(readFileSync(`/proc/${pid}/limits`, 'utf8'));
        return found && command !== '' ? [`${pid} ${command}`] : [];
      } catch {
        return [];
      }
    });
}

/** What a lab could leave on this machine: its processes and mounts. Namespaces live by those alone. */
export interface Traces {
  processes: string[];
  mounts: string[];
}

/** What is there of these labs now. */
export function traces(state: string): Traces {
  return {
    processes: processesOf(state),
    mounts: readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .filter((row) => row.includes(state)),
  };
}

/**
 * What stays of these labs: a killed process's children notice within a moment, and a lock's holder ends last. A program
 * that was begun and makes namespaces ends by itself, but the kernel makes those of all labs one after another.
 */
export async function leftOf(state: string): Promise<Traces> {
  for (let waited = 0; processesOf(state).length > 0 && waited < 600; waited += 1) await sleep(50);
  return traces(state);
}

/** Nothing of these labs is left: no process, mount or file. */
export async function nothingLeft(state: string): Promise<void> {
  expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
  expect(existsSync(state) ? readdirSync(state) : []).toEqual([]);
}
