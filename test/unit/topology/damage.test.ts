import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { TopologyError } from '../../../src/errors.ts';
import { parseTopology } from '../../../src/topology/parse.ts';
import { lab } from './marked.ts';

const CASES = 2000;

/** Numbers from 0 to 1, the same ones every time (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ORIGINALS = [
  readFileSync(new URL('../../../topologies/nat.yaml', import.meta.url), 'utf8'),
  lab({
    mode: 'mode: tun\nname: all\ntitle: "All: of it"',
    networks: '  front: &f 203.0.113.0/24\n  back: { subnet: 10.0.0.0/24, mtu: 1400 }\n  far: 10.9.0.0/30',
    nodes: `  client: &c { on: front, gateway: r1 }
  client2: *c
  client3: { <<: [*c], gateway: none }
  director: { on: { front: 203.0.113.2, back: auto } }
  r1: { role: router, on: [front, far], routes: [{ to: 192.0.2.0/24, via: director }] }
  rs:
    on: back
    count: 8
  web: { role: real-server, on: [back], gateway: 10.0.0.254 }`,
    services: `  - vip: 198.51.100.7
    port: 8000
    scheduler: wrr
    tunnel: gue
    directors: [director]
    servers: [rs, { node: web, weight: 3, port: 8080, mode: nat, network: back }]
  - { vip: 198.51.100.7, mode: dr, servers: [rs1, rs2] }`,
  }),
];

const PIECES = [
  ...Array.from('{}[]:,-#&*!|>\'"%@`?~ \t\n\r0159azA.\\\0é\u{1F600}\uFEFF'),
  '<<: ',
  '*c',
  '&c ',
  '---\n',
  '...\n',
  '- ',
  ': ',
  '? ',
  '!!binary ',
  '.nan',
  '.inf',
  '-1',
  '1e99',
  '0x1F',
  'null',
  'true',
  '__proto__',
  'constructor',
  '::1',
  '/33',
  '  ',
  '\n\n',
  '{ a: *c }',
  '%YAML 1.1\n---\n',
];

function damage(text: string, next: () => number): string {
  const any = (limit: number): number => Math.floor(next() * limit);
  let damaged = text;
  for (let i = any(4); i >= 0; i--) {
    const at = any(damaged.length + 1);
    const length = next() < 0.2 ? any(60) : any(4);
    const piece = PIECES[any(PIECES.length)] ?? '';
    const moved = damaged.slice(any(damaged.length)).slice(0, any(40));
    const replacement = ['', piece, piece, moved][any(4)] ?? '';
    damaged = damaged.slice(0, at) + replacement + damaged.slice(at + (next() < 0.5 ? length : 0));
  }
  return damaged;
}

it('turns damaged files into a topology or into problems with places in the file, and never into anything else', () => {
  const next = random(20_240_607);
  let good = 0;
  for (let i = 0; i < CASES; i++) {
    const text = damage(ORIGINALS[i % ORIGINALS.length] ?? '', next);
    try {
      const source = next() < 0.5 ? text : new TextEncoder().encode(text);
      if (parseTopology(source, 'lab.yaml', 'lab').name !== '') good += 1;
    } catch (error) {
      if (!(error instanceof TopologyError))
        throw new Error(`case ${i}: ${JSON.stringify(text)}`, { cause: error });
      const lines = text.split('\n');
      expect(error.problems.length).toBeGreaterThan(0);
      for (const { line, column, message } of error.problems) {
        const width = lines[line - 1]?.length;
        const inside = width !== undefined && column >= 1 && column <= width + 1;
        if (!inside || message === '' || message.includes('undefined') || /\p{Cc}/u.test(message))
          expect.fail(`case ${i}: ${line}:${column} ${message} in ${JSON.stringify(text)}`);
      }
    }
  }
  // Neither all refused nor all accepted: the damage is of the right size.
  expect(good).toBeGreaterThan(CASES / 50);
  expect(good).toBeLessThan(CASES / 2);
}, 60_000);
