import { expect, it } from 'vitest';
import type { Noticed } from '../../../src/proof/noticed.ts';
import { eventLine, isNews, timelineSummary } from '../../../src/report/timeline.ts';

const log = (text: string) => ({
  time: '2026-01-01T00:00:02.500Z',
  source: 'log' as const,
  node: 'director',
  text,
});
const FROM = Date.parse('2026-01-01T00:00:00Z');

it.each([
  [
    'ldirectord: [Mon Nov 23 15:55:51 2026|ldirectord.cf|11] Deleted real server: 192.0.2.11:80 (192.0.2.100:80)',
    'ldirectord: Deleted real server: 192.0.2.11:80 (192.0.2.100:80)',
  ],
  [
    'vrrp: Mon Nov 23 17:49:04.053115615 2026: (ha-lan-4) Entering MASTER STATE',
    'vrrp: (ha-lan-4) Entering MASTER STATE',
  ],
])('a decision is news, without the daemon’s own clock', (text, shown) => {
  expect(isNews(log(text))).toBe(true);
  expect(eventLine(log(text), FROM)).toContain(`   2.50  director     `);
  expect(eventLine(log(text), FROM)).toContain(shown);
  expect(eventLine(log(text), FROM)).not.toContain('2026');
});

it('whatever else daemons log is not', () => {
  expect(isNews(log('vrrp: Mon Nov 23 17:49:00 2026: Opening file /etc/keepalived/vrrp.conf'))).toBe(false);
  expect(isNews({ ...log('192.0.2.100 is at director2 eth0'), source: 'announcement' })).toBe(true);
});

const VIPS = ['192.0.2.100', '2001:db8:1::100'];
const quiet = { change: undefined, seconds: undefined };
const asked = (service: string, seconds: number | undefined) => ({ client: 'client', service, seconds });

it.each([
  [{ ...quiet }, 'no table changed'],
  [{ change: 'director: rs1 removed', seconds: 2.52 }, 'after 2.5 s director: rs1 removed'],
  [
    {
      ...quiet,
      takeovers: VIPS.map((address, i) => ({ address, by: 'director2', seconds: 3.4 - i / 10 })),
      requests: [asked('192.0.2.100:80', 3.62), asked('[2001:db8:1::100]:80', 3.6)],
    },
    'after 3.4 s director2 has 192.0.2.100, 2001:db8:1::100; requests answered again after 3.6 s',
  ],
  [
    { change: 'director1: tcp VIP added', seconds: 0.3, takeovers: [], requests: [] },
    'no takeover; no request failed; after 0.3 s director1: tcp VIP added',
  ],
  [
    { ...quiet, requests: [asked('192.0.2.100:80', undefined), asked('192.0.2.101:80', 1)] },
    'requests answered again after 1.0 s, requests to 192.0.2.100:80 not answered again',
  ],
] satisfies [Omit<Noticed, 'action'>, string][])('what came of something: %j', (came, text) => {
  const report = {
    lab: 'failover',
    from: '2026-01-01T00:00:00Z',
    until: '2026-01-01T00:00:20Z',
    events: [],
    clients: [],
    promised: [],
  };
  const summary = timelineSummary({ ...report, noticed: [{ action: 'done', ...came }] });
  expect(summary.trim().replace(/ {2,}/g, ' ')).toBe(`done ${text}`);
});
