import { execa, type Options } from 'execa';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

export const BIN = join(import.meta.dirname, '../../dist/bin.js');

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** The tool as a user of its own runs it: one name, one directory of labs. */
export function user(name: string) {
  const state = join(inject('state'), name);
  const env = { LVSLAB_STATE: state, NO_COLOR: '1' };
  const lab = async (argv: string[], options: Options = {}): Promise<Ran> => {
    const result = await execa('node', [BIN, ...argv], { env, reject: false, ...options });
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
      return JSON.parse(ran.stdout) as T;
    },
  };
}

/** Every process on this machine that has a path of these labs in its arguments, environment left aside. */
export function processesOf(state: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && entry !== String(process.pid))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return command.includes(state) ? [`${pid} ${command}`] : [];
      } catch {
        return [];
      }
    });
}

/** What a lab could leave on this machine: its processes and mounts. Namespaces live by those alone. */
export function traces(state: string): { processes: string[]; mounts: string[] } {
  return {
    processes: processesOf(state),
    mounts: readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .filter((row) => row.includes(state)),
  };
}
