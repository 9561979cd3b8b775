import { readdirSync, readFileSync } from 'node:fs';
import { makePlan } from '../../../../src/plan/plan.ts';
import type { Plan } from '../../../../src/plan/types.ts';
import { parseTopology } from '../../../../src/topology/parse.ts';

const TOPOLOGIES = new URL('../../../../topologies/', import.meta.url);

export function planOf(yaml: string): Plan {
  return makePlan(parseTopology(`lvslab: 1\n${yaml}`, 'lab.yaml', 'lab'));
}

const NODES = {
  nat: (count: number) =>
    `mode: nat
networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes: { client: { on: front }, director: { on: [front, back] }, rs: { on: back, count: ${count} } }`,
  dr: (count: number) =>
    `mode: dr
networks: { lan: 203.0.113.0/24 }
nodes: { client: { on: lan }, director: { on: lan }, rs: { on: lan, count: ${count} } }`,
  tun: (count: number) =>
    `mode: tun
networks: { front: 203.0.113.0/24, far: 198.51.100.0/24 }
nodes:
  client: { on: front }
  director: { on: front }
  router: { on: [front, far] }
  rs: { on: far, count: ${count} }`,
};

/** Every lab of the project, each mode with up to 16 real servers, and some that are hard to place. */
export function labs(): [name: string, plan: Plan][] {
  const shipped = readdirSync(TOPOLOGIES)
    .filter((file) => file.endsWith('.yaml'))
    .map((file): [string, Plan] => [
      file,
      makePlan(parseTopology(readFileSync(new URL(file, TOPOLOGIES)), file, 'lab')),
    ]);
  const sized = ([1, 2, 3, 8, 16] as const).flatMap((count) =>
    Object.entries(NODES).map(([mode, nodes]): [string, Plan] => [
      `${mode} with ${count}`,
      planOf(`${nodes(count)}\nservices: [{ vip: 203.0.113.100 }]`),
    ]),
  );
  return [...shipped, ...sized, ['star', STAR], ['long names', LONG]];
}

/** A director on three networks, one of which its wire must pass to reach the last; a client on two. */
const STAR = planOf(`mode: nat
networks: { front: 203.0.113.0/24, one: 10.0.1.0/24, two: 10.0.2.0/24 }
nodes:
  client: { on: front }
  client2: { on: [front, two] }
  director: { on: [front, one, two] }
  rs1: { on: one }
  rs2: { on: two }
services:
  - { vip: 203.0.113.100 }
  - { vip: 203.0.113.101, port: 8080 }`);

const LONG = planOf(`title: ${'A title that is much longer than a picture is wide, '.repeat(6)}
mode: nat
networks: { n: 203.0.113.0/24, a-network-with-a-name-that-is-rather-long: 10.0.0.0/24 }
nodes:
  c: { role: client, on: n }
  director: { on: [n, a-network-with-a-name-that-is-rather-long] }
  real-server-with-a-long-name: { role: real-server, on: a-network-with-a-name-that-is-rather-long, count: 12 }
services:
  - { vip: 203.0.113.100 }`);
