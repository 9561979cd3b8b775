import { describe, expect, it } from 'vitest';
import { makePlan } from '../../../src/plan/plan.ts';
import { measureText, parseMeasure, qualityText } from '../../../src/topology/fields/quality.ts';
import { parseTopology } from '../../../src/topology/parse.ts';
import { nodeOf, planOf } from '../plan/labs.ts';
import { expectProblems, lab } from './marked.ts';

const SERVERS = '  rs1: { on: back }\n  rs2: { on: back }';
const networks = (back: string) => lab({ networks: `  front: 203.0.113.0/24\n  back: ${back}` });
const nodes = (rs1: string) =>
  lab({ nodes: `  client: { on: front }\n  director: { on: [front, back] }\n  rs1: ${rs1}` });

describe('a measure', () => {
  it.each([
    ['delay', '20ms', 20_000],
    ['delay', '1.5s', 1_500_000],
    ['jitter', '500us', 500],
    ['jitter', '0ms', 0],
    ['loss', '1%', 1],
    ['loss', '0.5 %', 0.5],
    ['loss', '100%', 100],
    ['rate', '10mbit', 10_000_000],
    ['rate', '10Mbit', 10_000_000],
    ['rate', '1.5gbit', 1_500_000_000],
  ] as const)('%s %s', (key, text, value) => {
    expect(parseMeasure(key, text)).toBe(value);
    expect(parseMeasure(key, measureText(key, value))).toBe(value);
  });

  it.each([
    ['delay', '20'],
    ['delay', '20 min'],
    ['delay', '-5ms'],
    ['delay', '61s'],
    ['delay', ''],
    ['loss', '1'],
    ['loss', '101%'],
    ['loss', 'much'],
    ['rate', '10'],
    ['rate', '10mbps'],
    ['rate', '1kbit'],
    ['rate', '1e9gbit'],
  ] as const)('%s is not %j', (key, text) => {
    expect(parseMeasure(key, text)).toBeUndefined();
  });

  it('is written in the largest unit in which it is whole', () => {
    expect(measureText('delay', 1500)).toBe('1500us');
    expect(measureText('delay', 2_000_000)).toBe('2s');
    expect(qualityText({ loss: 0.25, rate: 64_000 })).toBe('loss 0.25% rate 64kbit');
    expect(qualityText({})).toBe('');
  });
});

describe('the quality of links in the file', () => {
  const plan = (text: string) => makePlan(parseTopology(text, 'lab.yaml', 'lab'));
  const steps = (text: string, node: string) =>
    nodeOf(plan(text), node).steps.filter((step) => step.kind === 'link-quality');

  it('of a network is of every interface on it, and of no other', () => {
    const text = networks('{ subnet: 10.0.0.0/24, delay: 20ms, jitter: 2ms, loss: 1%, rate: 10mbit }');
    const quality = { kind: 'link-quality', delay: 20_000, jitter: 2000, loss: 1, rate: 10_000_000 };
    expect(steps(text, 'client')).toEqual([]);
    expect(steps(text, 'director')).toEqual([{ ...quality, device: 'eth1' }]);
    expect(steps(text, 'rs2')).toEqual([{ ...quality, device: 'eth0' }]);
  });

  it('of one interface wins over its network’s, measure by measure, and zero undoes', () => {
    const text = networks('{ subnet: 10.0.0.0/24, delay: 20ms, loss: 1% }').replace(
      SERVERS,
      '  rs1: { on: { back: { address: 10.0.0.50, delay: 50ms } } }\n  rs2: { on: { back: { delay: 0ms, loss: 0% } } }',
    );
    expect(steps(text, 'rs1')).toEqual([{ kind: 'link-quality', device: 'eth0', delay: 50_000, loss: 1 }]);
    expect(steps(text, 'rs2')).toEqual([]);
    expect(nodeOf(plan(text), 'rs1').interfaces[0]?.addresses[0]?.address).toBe('10.0.0.50');
    expect(nodeOf(plan(text), 'rs2').interfaces[0]?.addresses[0]?.address).toBe('10.0.0.11');
  });

  it('is not there where nothing is said', () => {
    const plain = planOf(lab());
    expect(plain.nodes.flatMap((n) => n.steps).filter((s) => s.kind === 'link-quality')).toEqual([]);
  });

  it('is refused with the place and the fix', () => {
    expectProblems(
      networks('{ subnet: 10.0.0.0/24, delay: ▸20, loss: ▸1, rate: ▸10mbps, jitter: ▸soon }'),
      ['delay 20 is a number, not text', 'write it with its unit, such as `delay: 20ms`'],
      ['loss 1 is a number, not text', 'write it with its unit, such as `loss: 1%`'],
      [
        'rate "10mbps" is not one',
        'bits in a second with their unit, 8kbit to 100gbit: 512kbit, 10mbit, 1gbit',
      ],
      ['jitter "soon" is not one'],
    );
    expectProblems(networks('{ subnet: 10.0.0.0/24, jitter: ▸2ms }'), [
      'jitter 2ms varies a delay, and there is none',
      'such as delay 2ms with it',
    ]);
    expectProblems(networks('{ subnet: 10.0.0.0/24, delay: 5ms, jitter: ▸20ms }'), [
      'jitter 20ms is more than the delay of 5ms that it varies',
    ]);
    expectProblems(
      nodes('{ on: { back: { loss: ▸200%, ▸los: 1% } } }'),
      ['loss "200%" is not one', 'a percentage from 0% to 100%: 1%, 0.5%'],
      [
        'unknown key "los" in the address on "back"',
        'did you mean "loss"? one of: address, delay, jitter, loss, rate',
      ],
    );
  });

  it('says of one interface what its network makes wrong, once', () => {
    expectProblems(
      networks('{ subnet: 10.0.0.0/24, delay: 20ms, jitter: 10ms }').replace(
        SERVERS,
        '  rs1: { on: { back: { delay: ▸5ms } } }\n  rs2: { on: back }',
      ),
      ['jitter 10ms is more than the delay of 5ms that it varies'],
    );
  });
});
