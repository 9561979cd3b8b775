import { describe, expect, it } from 'vitest';
import { judgeTransfers } from '../../../../src/proof/transfers.ts';
import type { Transfer } from '../../../../src/traffic/transfer.ts';
import { serviceOf } from './replies.ts';

const SIZE = 5 * 1024 * 1024;
const service = serviceOf('rr', 1);

function transfer(direction: Transfer['direction'], bytes: number, error = ''): Transfer {
  return { direction, server: error === '' ? 'rs1' : undefined, bytes, seconds: 0.25, error };
}

describe('large transfers', () => {
  it('pass where every byte arrived in both directions', () => {
    expect(judgeTransfers(service, [transfer('download', SIZE), transfer('upload', SIZE)], SIZE)).toEqual({
      id: 'transfers',
      title: 'large transfers',
      outcome: 'pass',
      detail: '5 MB down and 5 MB up through 192.0.2.100:80',
      evidence: [
        'download 5 of 5 MB in 0.3 s, real server rs1',
        'upload 5 of 5 MB in 0.3 s, real server rs1',
      ],
    });
  });

  it('fail where one hangs half-way, and only that one is named', () => {
    const check = judgeTransfers(
      service,
      [transfer('download', SIZE), transfer('upload', SIZE / 4, 'Operation timed out')],
      SIZE,
    );
    expect(check.outcome).toBe('fail');
    expect(check.detail).toBe('upload 1.3 of 5 MB (Operation timed out)');
    expect(check.evidence[1]).toContain('real server unknown');
  });

  it.each([SIZE - 1, SIZE + 1, 0])('fail with %i bytes', (bytes) => {
    expect(judgeTransfers(service, [transfer('download', bytes)], SIZE).outcome).toBe('fail');
  });

  it('are unknown where none was tried', () => {
    expect(judgeTransfers(service, [], SIZE)).toMatchObject({ outcome: 'unknown', evidence: [] });
  });

  it('say nothing of the real servers where the fallback alone answered', () => {
    const fallback = 'sorry';
    const health = {
      ...({ by: 'keepalived', check: 'connect', quiescent: false } as const),
      ...{ interval: 1, timeout: 1, failures: 1 },
      fallback: { node: fallback, address: '10.0.0.13', port: 80, weight: 1, mode: 'nat' as const },
    };
    const from = (server: string, direction: Transfer['direction'] = 'download') => ({
      ...transfer(direction, SIZE),
      server,
    });
    const judge = (...transfers: Transfer[]) => judgeTransfers({ ...service, health }, transfers, SIZE);
    expect(judge(from(fallback), from(fallback, 'upload'))).toMatchObject({
      outcome: 'unknown',
      detail:
        '5 MB down and 5 MB up through 192.0.2.100:80, all from the fallback sorry: nothing is known of the real servers',
    });
    expect(judge(from(fallback), from('rs1', 'upload')).outcome).toBe('pass');
    expect(judge(from('rs1'), from('rs1', 'upload')).outcome).toBe('pass');
  });

  const SMALL = 64 * 1024;
  const small = (...transfers: Transfer[]) => ({
    small: { transfers, size: SMALL },
    pathMtu: undefined,
  });
  const whole = [transfer('download', SIZE), transfer('upload', SIZE)];

  it('fail where a real server that they missed lets small ones hang', () => {
    const beside = small(
      transfer('download', SMALL),
      transfer('upload', SMALL),
      transfer('upload', 0, 'Operation timed out after 3001 milliseconds with 0 bytes received'),
    );
    const check = judgeTransfers(service, whole, SIZE, beside);
    expect(check.outcome).toBe('fail');
    expect(check.detail).toBe(
      '5 MB down and up came through, but of 64 kB each, 1 of 1 downloads and 1 of 2 uploads came through (Operation timed out)',
    );
    expect(check.evidence).toHaveLength(5);
    expect(judgeTransfers(service, whole, SIZE, small(transfer('upload', SMALL))).outcome).toBe('pass');
  });

  it('are said to fail where the path MTU explains why nothing is answered, and what is known otherwise', () => {
    const pathMtu = { id: 'path-mtu', title: '', outcome: 'fail' as const, detail: '', evidence: [] };
    const none = small(transfer('upload', 0, 'no'));
    expect(judgeTransfers(service, [], SIZE, { ...none, pathMtu })).toMatchObject({
      outcome: 'fail',
      detail:
        'not tried, because single requests already fail; of 64 kB each, 0 of 0 downloads and 0 of 1 uploads came through (no): full packets do not come through, see path MTU',
    });
    expect(judgeTransfers(service, [], SIZE, none).outcome).toBe('unknown');
  });
});
