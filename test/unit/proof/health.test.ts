import { describe, expect, it } from 'vitest';
import type { PlannedHealth, PlannedService } from '../../../src/plan/types.ts';
import { healthTroubles, judgeHealth, nodesOut, type ServiceHealth } from '../../../src/proof/health.ts';
import { lastCheck, lastMove, type LogEnd } from '../../../src/proof/health-log.ts';
import { judgeAnswers, judgeDistribution } from '../../../src/proof/distribution.ts';
import type { Reply } from '../../../src/traffic/replies.ts';

const end = (address: string, port: number): LogEnd => ({
  text: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
  address,
  port,
});
const HEALTH: PlannedHealth = {
  by: 'ldirectord',
  check: 'negotiate',
  request: '/health',
  receive: 'ok',
  interval: 2,
  timeout: 1,
  failures: 1,
  quiescent: false,
};
const KEEPALIVED: PlannedHealth = { ...HEALTH, by: 'keepalived' };

const LDIRECTORD = `[Sat Nov 28 07:20:54 2026|ldirectord.cf|26] Changed virtual server: 192.0.2.100:443
[Sat Nov 28 07:42:22 2026|ldirectord.cf|103] Deleted real server: 192.0.2.14:443 (192.0.2.201:443)
[Sat Nov 28 07:42:23 2026|ldirectord.cf|103] Deleted real server: 192.0.2.15:443 (192.0.2.201:443)
[Sat Nov 28 07:42:24 2026|ldirectord.cf|103] Added fallback server: 192.0.2.1:443 (192.0.2.201:443) (Weight set to 1)
[Sat Nov 28 07:42:29 2026|ldirectord.cf|103] Added real server: 192.0.2.14:443 (192.0.2.201:443) (Weight set to 10)
[Sat Nov 28 07:42:30 2026|ldirectord.cf|103] Quiescent real server: [2001:db8:1::11]:443 ([2001:db8:1::100]:443) (Weight set to 0)
`;
const CHECKS = `[Sat Nov 28 07:25:54 2026] [112] negotiate https tcp [2001 db8 1 12] 443 1 gate /health ok [up] 200 OK
[Sat Nov 28 07:25:55 2026] [110] connect tcp 192.0.2.11 443 1 gate /  [up] -
[Sat Nov 28 07:25:55 2026] [109] negotiate https tcp 192.0.2.11 443 1 gate /health ok [down] 500 Can't connect to 192.0.2.11:443 (certificate verify failed)
[Sat Nov 28 07:25:56 2026] [110] connect tcp 192.0.2.11 443 1 gate /  [up] -
[Sat Nov 28 07:25:57 2026] [109] negotiate https tcp 192.0.2.12 443 1 gate /health ok [down] moved%0a
`;
const CHECKED = `Sat Nov 28 07:17:06.110581856 2026: Activating healthchecker for service [192.0.2.11]:tcp:443 for VS [192.0.2.100]:tcp:443
Sat Nov 28 07:17:09.082818400 2026: Remote Web server [192.0.2.11]:tcp:443 succeed on service.
Sat Nov 28 07:17:16.403463520 2026: SSL_CHECK on service [192.0.2.12]:tcp:443 failed.
Sat Nov 28 07:17:16.403520096 2026: Removing service [192.0.2.12]:tcp:443 from VS [192.0.2.100]:tcp:443
Sat Nov 28 07:17:22.442926944 2026: Disabling service [192.0.2.11]:tcp:443 from VS [192.0.2.101]:tcp:443
`;

describe('what a daemon did with a real server', () => {
  it('is the last that ldirectord says of it, in that service', () => {
    const shop = end('192.0.2.201', 443);
    expect(lastMove('ldirectord', LDIRECTORD, shop, end('192.0.2.15', 443))).toEqual({
      out: true,
      time: '07:42:23',
      line: '[Sat Nov 28 07:42:23 2026|ldirectord.cf|103] Deleted real server: 192.0.2.15:443 (192.0.2.201:443)',
      said: 'Deleted real server: 192.0.2.15:443 (192.0.2.201:443)',
    });
    expect(lastMove('ldirectord', LDIRECTORD, shop, end('192.0.2.14', 443))?.out).toBe(false);
    expect(
      lastMove('ldirectord', LDIRECTORD, end('192.0.2.200', 443), end('192.0.2.14', 443)),
    ).toBeUndefined();
    expect(lastMove('ldirectord', LDIRECTORD, shop, end('192.0.2.1', 443))).toBeUndefined();
    expect(
      lastMove('ldirectord', LDIRECTORD, end('2001:db8:1::100', 443), end('2001:db8:1::11', 443))?.out,
    ).toBe(true);
  });

  it('is the last that keepalived says of it, in that service', () => {
    const vip = end('192.0.2.100', 443);
    expect(lastMove('keepalived', CHECKED, vip, end('192.0.2.12', 443))).toMatchObject({
      out: true,
      time: '07:17:16',
      said: 'Removing service [192.0.2.12]:tcp:443 from VS [192.0.2.100]:tcp:443',
    });
    expect(lastMove('keepalived', CHECKED, vip, end('192.0.2.11', 443))).toBeUndefined();
    expect(lastMove('keepalived', CHECKED, end('192.0.2.101', 443), end('192.0.2.11', 443))?.out).toBe(true);
  });

  it('comes of a check of that service, and of no other that asks the same port', () => {
    expect(lastCheck(HEALTH, CHECKS, end('192.0.2.11', 443))).toEqual({
      well: false,
      said: "500 Can't connect to 192.0.2.11:443 (certificate verify failed)",
    });
    const connect: PlannedHealth = {
      by: 'ldirectord',
      check: 'connect',
      interval: 2,
      timeout: 1,
      failures: 1,
      quiescent: false,
    };
    expect(lastCheck(connect, CHECKS, end('192.0.2.11', 443))).toEqual({ well: true, said: '' });
    expect(lastCheck(HEALTH, CHECKS, end('192.0.2.12', 443))?.said).toBe('moved');
    expect(lastCheck(HEALTH, CHECKS, end('2001:db8:1::12', 443))?.well).toBe(true);
    expect(lastCheck(HEALTH, CHECKS, end('192.0.2.1', 443))).toBeUndefined();
    expect(lastCheck(KEEPALIVED, CHECKED, end('192.0.2.12', 443))).toEqual({
      well: false,
      said: 'SSL_CHECK on service [192.0.2.12]:tcp:443 failed.',
    });
    expect(lastCheck(KEEPALIVED, CHECKED, end('192.0.2.11', 443))?.well).toBe(true);
  });
});

const server = (node: string, address: string) => ({
  node,
  address,
  port: 443,
  weight: 1,
  mode: 'dr' as const,
});
const SERVICE = {
  vip: '192.0.2.100',
  port: 443,
  protocol: 'tcp',
  application: 'https',
  scheduler: 'rr',
  directors: ['director'],
  tunnel: 'ipip',
  servers: [server('rs1', '192.0.2.11'), server('rs2', '192.0.2.12')],
  health: { ...KEEPALIVED, fallback: server('sorry', '192.0.2.13') },
} satisfies PlannedService;

/** @param out how many real servers keepalived has taken out */
function state(out: number, rest: Partial<ServiceHealth> = {}): ServiceHealth {
  return {
    service: SERVICE,
    director: 'director',
    by: 'keepalived',
    running: true,
    servers: SERVICE.servers.map(({ node, address }, index) => ({
      node,
      server: `${address}:443`,
      planned: 1,
      weight: index < out ? undefined : 1,
      move:
        index < out
          ? { out: true, time: `07:17:1${index}`, line: `line of ${node}`, said: `Removing ${node}` }
          : undefined,
      check: { well: index >= out, said: index < out ? 'SSL_CHECK failed.' : '' },
    })),
    fallback: { node: 'sorry', in: out === 2 },
    foreign: [],
    ...rest,
  };
}

describe('the row of real servers that a daemon looks after', () => {
  it('is green where all are in, and says who looks after them', () => {
    expect(judgeHealth(SERVICE, [state(0)])).toEqual({
      id: 'health',
      title: 'health',
      outcome: 'pass',
      detail: 'keepalived looks after rs1 and rs2 (negotiate every 2 s): all 2 are in',
      evidence: [],
    });
  });

  it('names one that is out, since when and why', () => {
    expect(judgeHealth(SERVICE, [state(1)])).toMatchObject({
      outcome: 'fail',
      detail:
        'rs1 has been out since 07:17:10: its check got "SSL_CHECK failed."; keepalived says "Removing rs1"',
      evidence: ['line of rs1'],
    });
  });

  it('says that all are out, and that the fallback answers', () => {
    const { outcome, detail, evidence } = judgeHealth(SERVICE, [state(2)]);
    expect(outcome).toBe('fail');
    expect(detail).toBe(
      'all real servers (rs1 and rs2) have been out since 07:17:11, the fallback sorry answers; rs2 last: its check got "SSL_CHECK failed."; keepalived says "Removing rs2"',
    );
    expect(evidence).toEqual(['line of rs1', 'line of rs2']);
    expect(healthTroubles(state(2, { fallback: undefined }))[0]).toMatch(
      /, and there is no fallback: nobody answers; /,
    );
  });

  it('knows what was done by hand', () => {
    const [first, ...others] = state(0).servers;
    if (first === undefined) throw new Error('no server');
    const with1 = (change: Partial<typeof first>) =>
      state(0, { servers: [{ ...first, ...change }, ...others] });
    expect(healthTroubles(with1({ weight: undefined }))).toEqual([
      "rs1 is out: no line of keepalived's log says so, so it was taken out by hand",
    ]);
    expect(healthTroubles(with1({ weight: 0 }))).toEqual([
      "rs1 is out (weight 0): no line of keepalived's log says so, so it was taken out by hand",
    ]);
    expect(healthTroubles(with1({ weight: 5 }))).toEqual(['rs1 has weight 5, and the plan says 1']);
    expect(healthTroubles(state(0, { foreign: ['10.0.0.9:80'] }))).toEqual([
      '10.0.0.9:80 is in the table, and the plan has it not',
    ]);
  });

  it('is red where nobody looks after them any more, and where several directors differ, says which', () => {
    expect(healthTroubles(state(0, { running: false }))).toEqual([
      'keepalived does not run on director: nobody takes out a real server that is dead',
    ]);
    const two = [state(0), state(1, { director: 'director2' })];
    expect(judgeHealth(SERVICE, two).detail).toMatch(/^director2: rs1 has been out since /);
    expect(nodesOut(two)).toEqual([]);
    expect(nodesOut([state(1)])).toEqual(['rs1']);
  });

  it('is unknown where no director told', () => {
    expect(judgeHealth(SERVICE, []).outcome).toBe('unknown');
  });
});

describe('rows that depend on it', () => {
  const replies = (...servers: string[]) =>
    servers.map((name, index): Reply => ({
      client: 'client',
      clientAddress: '192.0.2.101',
      clientPort: 10_000 + index,
      server: name,
      status: 200,
      error: '',
    }));

  it('say that it was the fallback that answered', () => {
    expect(judgeAnswers(SERVICE, replies('sorry', 'sorry'))).toMatchObject({
      outcome: 'fail',
      detail: '0 of 2 requests to 192.0.2.100:443: the fallback sorry answered (see row health)',
    });
  });

  it('do not judge shares where a server is out, unless it has one', () => {
    expect(judgeDistribution(SERVICE, replies('rs2', 'rs2'), ['rs1'])).toMatchObject({
      outcome: 'unknown',
      detail: 'rs1 0, rs2 2: not judged, as rs1 is out (see row health)',
    });
    expect(judgeDistribution(SERVICE, replies('rs1', 'rs1'), ['rs1']).outcome).toBe('fail');
    expect(judgeDistribution(SERVICE, replies('rs1', 'rs1')).outcome).toBe('fail');
  });
});
