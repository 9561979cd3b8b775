import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TopologyError } from '../../../src/errors.ts';
import { makePlan } from '../../../src/plan/plan.ts';
import { planScript } from '../../../src/plan/script.ts';
import { parseTopology } from '../../../src/topology/parse.ts';
import { CASES, TIME, randomLab } from '../random/labs.ts';
import { lab } from './marked.ts';

const WRITTEN = [
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
  ...Array.from('{}[]:,-#&*!|>\'"%@`?~ \t\n\r0159azA.\\\0é\u{1F600}\uFEFF\uFFFE\u2028\x7f\x1b'),
  ...[
    '<<: ',
    '*c',
    '&c ',
    '---\n',
    '...\n',
    '- ',
    ': ',
    '? ',
    '!!binary ',
    '!!set ',
    '!<tag:x> ',
    '.nan',
    '.inf',
  ],
  ...[
    '-1',
    '0',
    '1e99',
    '0x1F',
    '0o17',
    'null',
    'true',
    '__proto__',
    'constructor',
    '::1',
    '/33',
    '/31',
    '  ',
  ],
  ...[
    '\n\n',
    '{ a: *c }',
    '&c [*c, *c]',
    '%YAML 1.1\n---\n',
    '65536',
    '-0',
    '1_000',
    '2026-01-01',
    '255.255.255.255',
  ],
  ...[
    'fe80::1%eth0',
    '0.0.0.0/0',
    'none',
    'auto',
    'on:',
    'count: 250',
    'count: 99999',
    'mode: tun\n',
    '\ud800',
  ],
];

/** One thing done to a text: at a place, so many characters are replaced. Fractions, so that shrinking keeps its meaning. */
const injury = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.oneof(fc.nat(4), fc.nat(60), fc.constant(100_000)),
  put: fc.oneof(
    fc.constant(''),
    fc.constantFrom(...PIECES),
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.record({ from: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.nat(40) }),
  ),
});

const damaged = fc
  .tuple(
    fc.oneof(fc.constantFrom(...WRITTEN), randomLab),
    // Small injuries leave files that are nearly right, which are the hardest to tell from right ones.
    fc.array(injury, { minLength: 1, maxLength: 4 }),
  )
  .map(([original, injuries]) =>
    injuries.reduce((text, { at, remove, put }) => {
      const place = Math.floor(at * (text.length + 1));
      const from = typeof put === 'string' ? 0 : Math.floor(put.from * text.length);
      const piece = typeof put === 'string' ? put : text.slice(from, from + put.length);
      return text.slice(0, place) + piece + text.slice(place + remove);
    }, original),
  );

/**
 * Whether it was taken for a topology, which then must be planned as well.
 * @throws Error for everything but a topology, or problems with places in the text
 */
function isTopology(source: string | Uint8Array, text: string): boolean {
  let topology;
  try {
    topology = parseTopology(source, 'lab.yaml', 'lab');
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    const lines = text.split('\n');
    expect(error.problems.length).toBeGreaterThan(0);
    for (const { line, column, message, fix } of error.problems) {
      const width = lines[line - 1]?.length;
      const inside = width !== undefined && column >= 1 && column <= width + 1;
      const said = `${message} ${fix ?? ''}`;
      if (!inside || message === '' || /undefined|\[object|\p{Cc}| at .*:\d+:\d+\)/u.test(said))
        expect.fail(`${line}:${column} ${message}`);
    }
    return false;
  }
  expect(planScript(makePlan(topology))).not.toMatch(/\b(undefined|NaN)\b/);
  return true;
}

describe('a damaged file', () => {
  it(
    'is a topology or has problems with places in the file, and never anything else',
    () => {
      let good = 0;
      let all = 0;
      fc.assert(
        fc.property(damaged, fc.boolean(), (text, asBytes) => {
          // A lone surrogate is not text: as bytes it is another character.
          const source = asBytes ? new TextEncoder().encode(text) : text;
          all += 1;
          if (
            isTopology(
              source,
              asBytes ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(source as Uint8Array) : text,
            )
          )
            good += 1;
        }),
        CASES,
      );
      // Neither all refused nor all accepted: the damage is of the right size.
      expect(good).toBeGreaterThan(all / 200);
      expect(good).toBeLessThan(all / 2);
    },
    TIME,
  );

  it(
    'of bytes is a topology or has problems too',
    () => {
      fc.assert(
        fc.property(
          fc.constantFrom(...WRITTEN),
          fc.nat(2000),
          fc.uint8Array({ maxLength: 8 }),
          (text, at, bytes) => {
            const whole = new TextEncoder().encode(text);
            const place = at % whole.length;
            const source = Uint8Array.from([...whole.slice(0, place), ...bytes, ...whole.slice(place + 2)]);
            isTopology(source, new TextDecoder('utf-8', { ignoreBOM: true }).decode(source));
          },
        ),
        CASES,
      );
    },
    TIME,
  );

  it('is told from a crash: an error without places is not taken for a report', () => {
    expect(() => isTopology(null as unknown as string, '')).toThrow(TypeError);
    expect(() => isTopology('lvslab: 2\nnodes: {}', '')).toThrow();
  });
});
