import { describe, expect, it } from 'vitest';
import { makePlan } from '../../../src/plan/plan.ts';
import { parseTopology } from '../../../src/topology/parse.ts';
import { expectProblems } from './marked.ts';

/** A file with a service on one VIP, a DNS server where not said otherwise, and these names. */
function file(names: string, dns = '  dns: { on: front }\n'): string {
  return `lvslab: 1
mode: nat
networks: { front: 192.0.2.0/24, back: 10.0.0.0/24 }
nodes:
  client: { on: front }
  director: { on: [front, back] }
  rs1: { on: back }
${dns}services:
  - vip: 192.0.2.201
${names}
`;
}

describe('DNS names', () => {
  it('lead to VIPs, one or several', () => {
    const text = file(
      '  - vip: 192.0.2.202\nnames:\n  www.lab.test: [192.0.2.201, 192.0.2.202]\n  one.lab.test: 192.0.2.201',
    );
    expect(parseTopology(text, 'lab.yaml', 'lab').names).toEqual([
      { name: 'www.lab.test', addresses: ['192.0.2.201', '192.0.2.202'] },
      { name: 'one.lab.test', addresses: ['192.0.2.201'] },
    ]);
  });

  it('have a server that gives them, and clients that ask it', () => {
    const plan = makePlan(parseTopology(file('names: { www.lab.test: 192.0.2.201 }'), 'lab.yaml', 'lab'));
    const content = (node: string, path: string) =>
      plan.nodes
        .find((n) => n.name === node)
        ?.steps.flatMap((s) => (s.kind === 'file' && s.path === path ? [s.content] : []))[0];
    expect(content('dns', '/etc/names.conf')).toContain('host-record=www.lab.test,192.0.2.201\n');
    expect(content('client', '/etc/resolv.conf')).toContain('\nnameserver 192.0.2.53\n');
    expect(content('rs1', '/etc/resolv.conf')).toBeUndefined();
  });

  it('lead to a director, to each address once', () => {
    expectProblems(file('names:\n  www.lab.test: [192.0.2.201, ▸192.0.2.202]'), [
      'name "www.lab.test" leads to "192.0.2.202", which is no service’s VIP: no director is there',
      'did you mean "192.0.2.201"? one of: 192.0.2.201',
    ]);
    expectProblems(file('names:\n  www.lab.test: [192.0.2.201, ▸192.0.2.201]'), [
      'name "www.lab.test" has address "192.0.2.201" twice (line 12)',
    ]);
    expectProblems(file('names:\n  ▸www.lab.test: []'), ['name "www.lab.test" has no address']);
  });

  it('have somebody who resolves them, who has names to resolve', () => {
    expectProblems(file('names:\n  ▸www.lab.test: 192.0.2.201', ''), [
      'nobody resolves name "www.lab.test": the lab has no node of role dns',
      'add one on the clients’ network, such as `dns: { on: front }`',
    ]);
    expectProblems(file('', '  ▸dns: { on: front }\n'), [
      'node "dns" has role dns, and the file states no names',
    ]);
  });

  it.each([
    ['www', 'name "www" has no dot'],
    [
      'www_1.lab.test',
      'name "www_1.lab.test" is no DNS name: "www_1" is not made of 1 to 63 lower-case letters, digits and dashes',
    ],
    [
      'www..test',
      'name "www..test" is no DNS name: "" is not made of 1 to 63 lower-case letters, digits and dashes',
    ],
    [
      `${'abcdefghi.'.repeat(26)}test`,
      `name "${'abcdefghi.'.repeat(6)}…" is 264 characters long, and the limit is 253`,
    ],
  ])('are names: not %s', (name, message) => {
    expectProblems(file(`names:\n  ▸${name}: 192.0.2.201`), [message]);
  });

  it('are of the schema’s shape', () => {
    expectProblems(file('names: ▸[www.lab.test]'), [
      'names is a list, not a mapping',
      'write `names:` and under it names and VIPs, such as `www.lab.test: [192.0.2.201, 192.0.2.202]`',
    ]);
    expectProblems(file('names:\n  www.lab.test: ▸7'), [
      'name "www.lab.test" is a number, not text or a list',
    ]);
    expectProblems(file('names:\n  www.lab.test: [▸true]'), ['address 1 is a truth value, not text']);
  });
});
