import { describe, expect, it } from 'vitest';
import type { PlannedCluster } from '../../../../src/plan/types.ts';
import { judgeSync } from '../../../../src/proof/cluster.ts';
import type { ConnectionRow } from '../../../../src/proof/director-table.ts';
import type { Reply } from '../../../../src/traffic/replies.ts';

const CLUSTER: PlannedCluster = {
  name: 'ha',
  directors: ['director1', 'director2'],
  addresses: [{ address: '192.0.2.100', network: 'lan' }],
  gateways: [],
  sync: { id: 7, on: 'lan' },
};
const reply = (clientPort: number, server: string | undefined = 'rs1'): Reply => ({
  client: 'client',
  clientAddress: '192.0.2.101',
  clientPort,
  server,
  status: 200,
  error: '',
});
const row = (port: number): ConnectionRow => ({
  protocol: 'TCP',
  seconds: 60,
  state: 'FIN_WAIT',
  client: `192.0.2.101:${port}`,
  virtual: '192.0.2.100:80',
  destination: '192.0.2.11:80',
});
const known = (one: number[], two: number[]) =>
  new Map([
    ['director1', one.map(row)],
    ['director2', two.map(row)],
  ]);

describe('whether the directors of a cluster know the same connections', () => {
  it('passes where each knows all that were answered', () => {
    expect(judgeSync(CLUSTER, known([1, 2, 9], [2, 1]), [reply(1), reply(2)])).toMatchObject({
      outcome: 'pass',
      detail: 'director1 and director2 know the same 2 connections, by sync id 7',
    });
  });

  it('fails where one was not told of some', () => {
    expect(judgeSync(CLUSTER, known([1, 2], [2]), [reply(1), reply(2)])).toMatchObject({
      outcome: 'fail',
      detail:
        'director2 was not told of 1 of 2 connections: they would break with the director that has them',
      evidence: ['director2: not 192.0.2.101:1'],
    });
  });

  it('cannot say where nothing was answered', () => {
    const unanswered = { ...reply(1), server: undefined };
    expect(judgeSync(CLUSTER, known([], []), [unanswered]).outcome).toBe('unknown');
  });
});
