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
  return [
    ...shipped,
    ...sized,
    ['star', STAR],
    ['crossing', CROSSING],
    ['apart', APART],
    ['long names', LONG],
  ];
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

/** Nodes whose wires pass the columns of others. */
const CROSSING =
  planOf(`networks: { a: 10.0.1.0/24, b: 10.0.2.0/24, c: 10.0.3.0/24, d: 10.0.4.0/24, e: 10.0.5.0/24 }
nodes:
  client: { on: a }
  ab: { role: router, on: [a, b] }
  bc: { role: router, on: [b, c] }
  cd: { role: router, on: [c, d] }
  de: { role: router, on: [d, e] }
  bde: { role: router, on: [b, d, e] }
  ac: { role: router, on: [a, c] }
  rs1: { on: c }
  rs2: { on: e }`);

/** Networks side by side with nothing between them, the first with nothing in front. */
const APART = planOf(`networks: { the-first-one: 10.0.1.0/24, another-network: 10.0.2.0/24 }
nodes:
  rs1: { on: the-first-one }
  rs2: { on: another-network }`);

const LONG = planOf(`title: ${'A title that is much longer than a picture is wide, '.repeat(6)}
mode: nat
networks: { n: 203.0.113.0/24, the-far-network: 10.0.0.0/24 }
nodes:
  c: { role: client, on: n }
  director: { on: [n, the-far-network] }
  realserver: { role: real-server, on: the-far-network, count: 12 }
services:
  - { vip: 203.0.113.100 }`);
