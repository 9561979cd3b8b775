import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { bootMachine, type Machine, type Ran } from './machine.ts';
import { ensureProvisions } from './provisions.ts';
import type { System } from './systems.ts';

const PREPARE = readFileSync(join(import.meta.dirname, 'prepare'), 'utf8');

/** How nodes are made on the machine, asked for in so many words: the tool would choose by itself. */
export const PLACES = {
  docker: '--machine local --runtime docker',
  namespaces: '--machine local --runtime netns',
} as const;
export type Place = keyof typeof PLACES;

/** A virtual machine with the tool installed. */
export class Host {
  private readonly machine: Machine;
  /** Name of the file with a node's image, in the cache that the machine sees. */
  readonly image: string;

  private constructor(machine: Machine, image: string) {
    this.machine = machine;
    this.image = image;
  }

  /** @param enginePort free port of this host that is to lead to the machine's engine, once that listens */
  static async boot(system: System, enginePort?: number): Promise<Host> {
    const { image } = await ensureProvisions(system.processor);
    const host = new Host(await bootMachine(system, enginePort), image);
    await host.does('install_tool');
    return host;
  }

  /** Runs a bash script in which the functions of `prepare` are at hand. */
  runs(script: string, seconds = 1200): Promise<Ran> {
    return this.machine.run(`${PREPARE}\n${script}\n`, seconds);
  }

  /** Runs one that must end well. @returns what it printed */
  async does(script: string, seconds = 1200): Promise<string> {
    const { code, output } = await this.runs(script, seconds);
    expect(code, `${script}\n${output}`).toBe(0);
    return output;
  }

  /** What a lab could leave behind, as it is now. */
  traces(): Promise<string> {
    return this.does('traces');
  }

  end(): Promise<void> {
    return this.machine.end();
  }
}

/** A machine that is there for the tests of the group in which this is called. */
export function booting(system: System): () => Host {
  let host: Host | undefined;
  beforeAll(async () => {
    host = await Host.boot(system);
  });
  afterAll(async () => {
    await host?.end();
  });
  return () => {
    if (host === undefined) throw new Error(`${system.name} has not booted`);
    return host;
  };
}
