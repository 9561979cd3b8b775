import { describe, expect, it } from 'vitest';
import type { PlannedService } from '../../../../src/plan/types.ts';
import { isUndecided } from '../../../../src/proof/schedulers/judge-memory.ts';
import { judgeProbes } from '../../../../src/proof/schedulers/judge-probes.ts';
import type { Looks, Probes } from '../../../../src/traffic/probes.ts';
import { overUdp, serviceOf } from '../requests/replies.ts';

const persistent = (prefix?: number, extra: Partial<PlannedService> = {}): PlannedService => ({
  ...serviceOf('rr', 1),
  persistence: { timeout: 30, ...(prefix === undefined ? {} : { prefix }) },
  ...extra,
});

/** Connections of these addresses, all to one real server: by what they met nothing is wrong. Another had others. */
const met = (addresses: string[], server = 'rs1') =>
  addresses.map((address, index) => ({
    client: 'client',
    address,
    port: 40000 + index,
    server,
    error: '',
  }));

/** `-Lnc` with templates that have these seconds left. */
function table(service: PlannedService, templates: Record<string, number>, virtual?: string): string {
  const protocol = virtual === undefined ? service.protocol.toUpperCase() : 'IP';
  const rows = Object.entries(templates).map(
    ([client, seconds]) =>
      `${protocol}  00:${String(seconds).padStart(2, '0')}  NONE        ${client}:0 ${virtual ?? `${service.vip}:${service.port}`} 10.0.0.11:80`,
  );
  return ['IPVS connection entries', 'pro expire state       source             virtual', ...rows].join('\n');
}

interface Seen {
  before?: Record<string, number>;
  after: Record<string, number>;
  /** Seconds between the looks, and from the last connections to the second look. */
  between?: number;
  asked?: number;
  virtual?: string;
}

function probesOf(service: PlannedService, addresses: string[], seen: Seen): Probes {
  const { before = {}, after, between = 0.5, asked = between, virtual } = seen;
  const looks: Looks = {
    before: { begun: 0, ended: 10, tables: [table(service, before, virtual)] },
    after: { begun: between * 1000, ended: between * 1000 + 10, tables: [table(service, after, virtual)] },
    since: (between - asked) * 1000,
  };
  return { by: 'address', connections: met(addresses), looks };
}

const judged = (service: PlannedService, addresses: string[], seen: Seen) =>
  judgeProbes(service, probesOf(service, addresses, seen));

const TWO = ['192.0.2.130', '192.0.2.131'];

describe('the templates of a persistent service', () => {
  it('show the mask, also where a network has one client alone, which it says', () => {
    expect(
      judged(persistent(26), [...TWO, '192.0.2.200'], { after: { '192.0.2.128': 30, '192.0.2.192': 30 } }),
    ).toMatchObject({
      outcome: 'pass',
      detail:
        '3 connections of 2 client networks: each kept its real server (rs1 2) for 30 s after its last; the director has one template for each (192.0.2.128/26 and 192.0.2.192/26)',
    });
    expect(
      judged(persistent(26), ['192.0.2.130', '192.0.2.200'], {
        after: { '192.0.2.128': 30, '192.0.2.192': 30 },
      }).detail,
    ).toMatch(/192\.0\.2\.192\/26\); no network has two clients to compare$/);
    expect(judged(persistent(26), TWO, { after: { '192.0.2.128': 30 } }).detail).toMatch(
      /; all clients are in one network$/,
    );
    expect(judged(persistent(), ['192.0.2.130'], { after: { '192.0.2.130': 30 } }).detail).toMatch(
      /there is one client address only\)$/,
    );
  });

  it('cannot show it by an address that is its network’s, and that is said', () => {
    expect(judged(persistent(26), ['192.0.2.128'], { after: { '192.0.2.128': 30 } })).toMatchObject({
      outcome: 'pass',
      detail: expect.stringMatching(/so the mask itself is not shown$/) as string,
    });
  });

  it.each<[string, Seen, RegExp]>([
    [
      'lost',
      { after: { '192.0.2.130': 30, '192.0.2.131': 30 } },
      /remembers 192\.0\.2\.130 by its own address and not by 192\.0\.2\.128\/26, and 1 more such/,
    ],
    ['narrower', { after: { '192.0.2.130': 30 } }, /remembers 192\.0\.2\.130 by its own address/],
    [
      'wider',
      { after: { '192.0.2.0': 30 } },
      /remembers 192\.0\.2\.130 by 192\.0\.2\.0 and not by 192\.0\.2\.128\/26/,
    ],
    [
      'lost, with the old template alive',
      { before: { '192.0.2.128': 20 }, after: { '192.0.2.128': 20, '192.0.2.130': 30, '192.0.2.131': 30 } },
      /by its own address/,
    ],
  ])('are red with a mask that is %s, though all met one real server', (_, seen, what) => {
    const check = judged(persistent(26), TWO, seen);
    expect(check).toMatchObject({ id: 'persistence', outcome: 'fail' });
    expect(check.detail).toMatch(what);
    expect(check.evidence).toHaveLength(2);
  });

  it('are red where there are none, or only those from before', () => {
    expect(judged(persistent(), ['192.0.2.130'], { after: {} })).toMatchObject({
      outcome: 'fail',
      detail:
        'the director goes by no template for 192.0.2.130, so its connections are not persistent: persistence promises one template for each client',
    });
    const old = { before: { '192.0.2.130': 29 }, after: { '192.0.2.130': 26 }, between: 3, asked: 0.3 };
    expect(judged(persistent(), ['192.0.2.130'], old)).toMatchObject({
      outcome: 'fail',
      detail: expect.stringContaining('goes by no template for 192.0.2.130') as string,
    });
  });

  it('of before are told from those in use by their seconds, once these are far enough apart', () => {
    const address = ['192.0.2.130'];
    const open = probesOf(persistent(), address, {
      before: { '192.0.2.130': 30 },
      after: { '192.0.2.130': 29 },
    });
    expect(isUndecided(persistent(), open)).toBe(true);
    expect(judgeProbes(persistent(), open).outcome).toBe('unknown');
    const renewed = { before: { '192.0.2.130': 29 }, after: { '192.0.2.130': 29 }, between: 3, asked: 0.3 };
    expect(isUndecided(persistent(), probesOf(persistent(), address, renewed))).toBe(false);
    expect(judged(persistent(), address, renewed).outcome).toBe('pass');
    // After the mask is back, templates of single addresses stay until they end.
    const fixed = {
      before: { '192.0.2.130': 28, '192.0.2.128': 28 },
      after: { '192.0.2.130': 25, '192.0.2.128': 29 },
      between: 3,
      asked: 0.3,
    };
    expect(judged(persistent(26), address, fixed).outcome).toBe('pass');
    const broken = { ...fixed, after: { '192.0.2.130': 29, '192.0.2.128': 25 } };
    expect(judged(persistent(26), address, broken).outcome).toBe('fail');
  });

  it('that are about to end say nothing by their seconds, as the kernel gives them 60 s more', () => {
    const bumped = { before: { '192.0.2.130': 1 }, after: { '192.0.2.130': 59 }, between: 3, asked: 0.3 };
    expect(isUndecided(persistent(), probesOf(persistent(), ['192.0.2.130'], bumped))).toBe(true);
    const short = persistent(undefined, { persistence: { timeout: 5 } });
    expect(
      judged(short, ['192.0.2.130'], { before: { '192.0.2.130': 5 }, after: { '192.0.2.130': 5 } }).outcome,
    ).toBe('pass');
  });

  it('are those of its protocol, or of its mark', () => {
    const udp = overUdp(persistent(26));
    expect(judged(udp, TWO, { after: { '192.0.2.128': 30 } }).outcome).toBe('pass');
    expect(
      judgeProbes(udp, probesOf({ ...udp, protocol: 'tcp' }, TWO, { after: { '192.0.2.128': 30 } })).outcome,
    ).toBe('fail');
    const marked = persistent(26, { mark: 111 });
    expect(judged(marked, TWO, { after: { '192.0.2.128': 30 }, virtual: '0.0.0.111:0' }).outcome).toBe(
      'pass',
    );
    expect(judged(marked, TWO, { after: { '192.0.2.128': 30 }, virtual: '0.0.0.112:0' }).outcome).toBe(
      'fail',
    );
    const six = persistent(64, { mark: 3, vip: '2001:db8::100' });
    const seen = { after: { '[2001:db8:0:1::]': 30 }, virtual: '[0:3::]:0' };
    expect(judged(six, ['2001:db8:0:1::5', '2001:db8:0:1::6'], seen).outcome).toBe('pass');
  });
});

describe('clients that are new to a persistent service', () => {
  const clients = Array.from({ length: 40 }, (_, index) => `192.0.2.${index + 1}`);
  const templates = (seconds: number) => Object.fromEntries(clients.map((client) => [client, seconds]));
  const of = (scheduler: 'rr' | 'wlc' | 'fo', seen: Seen, extra: Partial<PlannedService> = {}) =>
    judged({ ...serviceOf(scheduler, 1, 1), persistence: { timeout: 30 }, ...extra }, clients, seen);
  const fresh = { after: templates(30) };

  it('come to every real server in turn, and where one has none of them that is red', () => {
    expect(of('rr', fresh)).toMatchObject({
      outcome: 'fail',
      detail: expect.stringMatching(
        /; but rs2 got none of 40 new clients, and rr gives each real server its turn$/,
      ) as string,
    });
  });

  it('are hardly ever all sent to one, and where they are that is not green', () => {
    expect(of('wlc', fresh)).toMatchObject({
      outcome: 'unknown',
      detail: expect.stringContaining('rs2 got none of 40 new clients, which wlc hardly ever does') as string,
    });
  });

  it('are all with one where the scheduler wants that, or where it was chosen before', () => {
    expect(of('fo', fresh).outcome).toBe('pass');
    const known = { before: templates(20), after: templates(30) };
    for (const scheduler of ['rr', 'wlc'] as const)
      expect(of(scheduler, known)).toMatchObject({
        outcome: 'pass',
        detail: expect.stringMatching(/; rs2 got none of 0 new clients: too few to judge that$/) as string,
      });
    const limited = serviceOf('wlc', 1, 1).servers.map((server) => ({ ...server, upper: 5 }));
    expect(of('wlc', fresh, { servers: limited }).outcome).toBe('pass');
  });
});
