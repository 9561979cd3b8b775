import { describe, expect, it } from 'vitest';
import { parseAnswers, questionCommand } from '../../../src/traffic/dns.ts';
import { ask, askFromOnePort } from '../../../src/traffic/requests.ts';
import { pretend } from './runtime.ts';

const DNS = { vip: '192.0.2.100', port: 53, protocol: 'udp', application: 'dns' } as const;

describe('the question', () => {
  it('is one program for all', () => {
    const [program, option, script, ...rest] = questionCommand(DNS, 8, 'many', 3);
    expect([program, option]).toEqual(['perl', '-e']);
    expect(script).toContain('whoami');
    expect(rest).toEqual(['udp', '192.0.2.100', '53', '8', 'many', '3']);
  });

  it('comes from many ports or from one', async () => {
    const { runtime, jobs } = pretend(() => ({ stdout: '192.0.2.101\t10000\trs1\t\n' }));
    expect(await ask(runtime, 'client', DNS, 1)).toEqual([
      {
        client: 'client',
        clientAddress: '192.0.2.101',
        clientPort: 10000,
        server: 'rs1',
        status: 0,
        error: '',
      },
    ]);
    await askFromOnePort(runtime, 'client', DNS, 1);
    expect(jobs.map((job) => job.split(' ').slice(-2))).toEqual([
      ['many', '3'],
      ['one', '3'],
    ]);
  });
});

describe('an answer', () => {
  it('that never came has its reason', () => {
    expect(parseAnswers('client', '192.0.2.101\t10001\t\tConnection refused\n', 1)).toEqual([
      {
        client: 'client',
        clientAddress: '192.0.2.101',
        clientPort: 10001,
        server: undefined,
        status: 0,
        error: 'Connection refused',
      },
    ]);
  });

  it('without a name is none', () => {
    expect(parseAnswers('client', '192.0.2.101\t10001\t\t\n', 1)[0]).toMatchObject({
      server: undefined,
      error: 'an empty answer',
    });
  });

  it.each([
    ['nothing at all', '', '', 'no answer from perl'],
    ['nothing but a complaint', '', 'bind: Permission denied\n', 'bind: Permission denied'],
    ['half a line', '192.0.2.101\t100', '', 'no answer from perl'],
  ])('that left %s is missing, and counts', (_, output, stderr, error) => {
    expect(parseAnswers('client', output, 2, stderr)).toEqual(
      [1, 2].map(() => ({
        client: 'client',
        clientAddress: '',
        clientPort: 0,
        server: undefined,
        status: 0,
        error,
      })),
    );
  });
});
