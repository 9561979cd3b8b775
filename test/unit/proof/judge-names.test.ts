import { describe, expect, it } from 'vitest';
import { directorRate, webServicesOf } from '../../../src/plan/name-services.ts';
import { judgePools, judgeResolution, judgeScale, judgeSpread } from '../../../src/proof/judge-names.ts';
import { parseResolved, readNamedReply } from '../../../src/traffic/by-name.ts';
import { shipped } from '../plan/labs.ts';

const plan = shipped('hybrid');
const [name] = plan.names ?? [];
if (name === undefined) throw new Error('hybrid has no name');
const services = webServicesOf(plan, name) ?? [];
const [ONE, TWO] = ['192.0.2.201', '192.0.2.202'];

const resolved = (...answers: string[][]) => [{ client: 'client1', answers }];
const asked = (address: string, server: string | undefined, error = '') => ({
  client: 'client1',
  address,
  server,
  error,
});

describe('a name', () => {
  it('leads to the services of its addresses, each with the rate of its director', () => {
    expect(services.map(({ address, service }) => [address, service.directors])).toEqual([
      [ONE, ['director1']],
      [TWO, ['director2']],
    ]);
    expect(services.map(({ service }) => directorRate(plan, service))).toEqual([10_000_000, 10_000_000]);
    expect(webServicesOf({ ...plan, services: plan.services.slice(1) }, name)).toBeUndefined();
  });

  it('is resolved when all its addresses come, in turns', () => {
    expect(judgeResolution(name, resolved([ONE, TWO], [TWO, ONE])).outcome).toBe('pass');
    expect(judgeResolution(name, resolved([ONE, TWO], [ONE, TWO]))).toMatchObject({
      outcome: 'fail',
      detail: `to client1 ${ONE} came first each time: no turns`,
    });
    expect(judgeResolution(name, resolved([ONE])).detail).toContain(`to ${ONE}, not to ${ONE}, ${TWO}`);
    expect(judgeResolution(name, resolved([])).detail).toContain('to nothing');
  });

  it('spreads when each address has its share', () => {
    expect(judgeSpread(name, services, [asked(ONE, 'rs1'), asked(TWO, 'rs3')])).toMatchObject({
      outcome: 'pass',
      detail: '2 requests to www.lab.test: director1 (192.0.2.201) 1, director2 (192.0.2.202) 1',
    });
    const uneven = [ONE, ONE, ONE, ONE, TWO].map((address) => asked(address, 'rs1'));
    expect(judgeSpread(name, services, uneven).outcome).toBe('fail');
    expect(judgeSpread(name, services, [asked('', undefined, 'no such name')]).detail).toContain(
      'no such name',
    );
    expect(judgeSpread(name, services, []).outcome).toBe('unknown');
  });

  it('has pools of their own when no address is answered from another’s', () => {
    expect(judgePools(name, services, [asked(ONE, 'rs2'), asked(TWO, 'rs4')])).toMatchObject({
      outcome: 'pass',
      detail: 'director1 → rs1, rs2: 1; director2 → rs3, rs4: 1',
    });
    expect(judgePools(name, services, [asked(ONE, 'rs3')]).outcome).toBe('fail');
    expect(judgePools(name, services, [asked(ONE, undefined)]).outcome).toBe('unknown');
  });

  it.each([
    [{ one: 9.5e6, crowded: 9.4e6, spread: 19e6 }, 'pass'],
    [{ one: 9.5e6, crowded: 9.4e6, spread: 9.6e6 }, 'fail'],
    [{ one: 9.5e6, crowded: 19e6, spread: 19e6 }, 'fail'],
    [{ one: 0, crowded: 0, spread: 0 }, 'unknown'],
  ])('scales: %o is %s', (throughput, outcome) => {
    expect(judgeScale(name, 2, throughput).outcome).toBe(outcome);
  });
});

describe('what clients print', () => {
  it('is addresses, an empty line after each answer', () => {
    const text = `${ONE}     STREAM www\n${ONE}     DGRAM\n${TWO}     STREAM\n\n\n${TWO} STREAM\n\n`;
    expect(parseResolved(text, 3)).toEqual([[ONE, TWO], [], [TWO]]);
    expect(parseResolved('', 2)).toEqual([[], []]);
  });

  it('is a request with who answered', () => {
    expect(readNamedReply('c', `200\t${ONE}\trs1\t0.01\t`)).toEqual({
      client: 'c',
      address: ONE,
      server: 'rs1',
      seconds: 0.01,
      error: '',
    });
    expect(readNamedReply('c', '000\t\t\t5.0\tResolving timed out')).toMatchObject({
      server: undefined,
      error: 'Resolving timed out',
    });
    expect(readNamedReply('c', `502\t${ONE}\t\t0.1\t`).error).toBe('HTTP status 502');
  });
});
