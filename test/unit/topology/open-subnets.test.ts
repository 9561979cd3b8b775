import { describe, expect, it } from 'vitest';
import { freeSubnet, overlaps } from '../../../src/topology/open-subnets.ts';
import { parseTopology } from '../../../src/topology/parse.ts';

function subnetsOf(networks: string, taken: string[] = []): string[][] {
  const text = `lvslab: 1\nnetworks:\n${networks}\nnodes:\n  h1: { on: a, role: client }\n`;
  return parseTopology(text, 'lab.yaml', 'lab', taken).networks.map((n) => n.subnets);
}

describe('a subnet that is left open', () => {
  it('is the same each time, and in nobody’s way', () => {
    expect(subnetsOf('  a: auto\n  b: { subnet: auto, mtu: 1400 }\n  c: [auto, 2001:db8::/64]')).toEqual([
      ['10.10.0.0/24'],
      ['10.10.1.0/24'],
      ['10.10.2.0/24', '2001:db8::/64'],
    ]);
    expect(subnetsOf('  a: auto\n  b: 10.10.0.0/23\n  c: auto')).toEqual([
      ['10.10.2.0/24'],
      ['10.10.0.0/23'],
      ['10.10.3.0/24'],
    ]);
  });

  it('is chosen around those of others, and a stated one is not', () => {
    expect(subnetsOf('  a: auto\n  b: 10.10.1.0/24', ['10.10.0.0/24', '10.10.1.0/24', 'fd00::/8'])).toEqual([
      ['10.10.2.0/24'],
      ['10.10.1.0/24'],
    ]);
  });

  it('is one of each family at most, as a stated one', () => {
    expect(() => subnetsOf('  a: [auto, auto]')).toThrow(
      'two IPv4 subnets: "10.10.0.0/24" and "10.10.1.0/24"',
    );
  });

  it('has no address that the file could know', () => {
    expect(() =>
      parseTopology(
        'lvslab: 1\nnetworks: { a: auto }\nnodes: { client: { on: { a: 10.99.0.5 } } }\n',
        'f',
        'f',
      ),
    ).toThrow('address "10.99.0.5" is outside network "a"');
  });
});

describe('a free subnet', () => {
  it('overlaps with none that is taken', () => {
    expect(freeSubnet(['10.10.0.0/16', '10.11.0.0/17'])).toBe('10.11.128.0/24');
    expect(freeSubnet(['10.0.0.0/8'])).toBeUndefined();
  });

  it.each([
    ['10.0.0.0/24', '10.0.0.128/25', true],
    ['10.0.0.0/8', '10.200.0.0/16', true],
    ['10.0.0.0/24', '10.0.1.0/24', false],
    ['10.0.0.0/24', '2001:db8::/64', false],
  ])('%s and %s overlap: %s', (one, other, expected) => {
    expect(overlaps(one, other)).toBe(expected);
  });
});
