import { readFileSync, readdirSync } from 'node:fs';
import { makePlan } from '../../../src/plan/plan.ts';
import { nodeCommands } from '../../../src/plan/script.ts';
import type { Plan, PlannedNode } from '../../../src/plan/types.ts';
import { parseTopology } from '../../../src/topology/parse.ts';

const folder = new URL('../../../topologies/', import.meta.url);

/** Names of the topologies that come with the tool. */
export const SHIPPED = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace(/\.yaml$/, ''));

/** The plan of a topology that comes with the tool. */
export function shipped(name: string): Plan {
  return planOf(readFileSync(new URL(`${name}.yaml`, folder), 'utf8'), name);
}

/** The plan of a topology written in a test; the version is added, and mode nat where it names none. */
export function planOf(yaml: string, name = 'lab'): Plan {
  const version = yaml.includes('lvslab:') ? '' : 'lvslab: 1\n';
  const mode = /^mode:/m.test(yaml) ? '' : 'mode: nat\n';
  return makePlan(parseTopology(`${version}${mode}${yaml}`, `${name}.yaml`, name));
}

export function nodeOf(plan: Plan, name: string): PlannedNode {
  const node = plan.nodes.find((n) => n.name === name);
  if (node === undefined) throw new Error(`no node ${name} in ${plan.name}`);
  return node;
}

/** A node's commands without its web server, which is the same everywhere. */
export function commandsOf(plan: Plan, name: string): string[] {
  return nodeCommands(nodeOf(plan, name)).filter(
    (text) => !text.startsWith('cat > ') && !text.startsWith('start-stop-daemon'),
  );
}

/** A node's commands that begin with these words. */
export function commandsWith(plan: Plan, name: string, start: string): string[] {
  return commandsOf(plan, name).filter((text) => text.startsWith(start));
}

/** The routes of a node, as one would type them. */
export function routesOf(plan: Plan, name: string): string[] {
  return commandsWith(plan, name, 'ip route replace').map((text) => text.replace('ip route replace ', ''));
}
