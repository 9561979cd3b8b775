import { expect, it } from 'vitest';
import { eventLine, isNews } from '../../../src/report/timeline.ts';

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
