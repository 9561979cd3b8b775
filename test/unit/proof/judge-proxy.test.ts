import { expect, it } from 'vitest';
import { judgeProxy } from '../../../src/proof/judge-proxy.ts';
import { shipped } from '../plan/labs.ts';
import { ipv4, tcp } from './build.ts';
import { scene } from './scene.ts';
import type { Observation } from '../../../src/proof/types.ts';

const plan = shipped('haproxy');
const [service] = plan.services;
const CAPTURES = plan.nodes.flatMap((n) =>
  n.interfaces.map((i) => ({ node: n.name, device: i.name, dropped: 0 })),
);
const CLIENT = '203.0.113.101';
const VIP = '203.0.113.100';
const PROXY = '10.0.0.1';

interface Twist {
  source?: string;
  header?: string | undefined;
  answer?: string;
}

/** Two requests by the proxy, the second of them so twisted. */
function requests(twist: Twist = {}): Observation[] {
  const stage = scene(plan);
  [1, 2].forEach((n) => {
    const { source = PROXY, header = CLIENT, answer = VIP } = n === 2 ? twist : {};
    const server = `10.0.0.1${n}`;
    const send = (
      from: string,
      to: string,
      a: [string, number],
      b: [string, number],
      flags: number,
      text = '',
    ) => {
      const ports = { source: a[1], destination: b[1], flags, sequence: n };
      const segment = tcp(ports, new TextEncoder().encode(text));
      stage.hop(from, to, ipv4({ source: a[0], destination: b[0], protocol: 6 }, segment));
    };
    send('client/eth0', 'proxy/eth0', [CLIENT, 4000 + n], [VIP, 80], 0x02);
    send('proxy/eth0', 'client/eth0', [answer, 80], [CLIENT, 4000 + n], 0x12);
    send('proxy/eth1', `rs${n}/eth0`, [source, 5000 + n], [server, 80], 0x02);
    const line = header === '' ? '' : `x-forwarded-for: ${header}\r\n`;
    send(
      'proxy/eth1',
      `rs${n}/eth0`,
      [source, 5000 + n],
      [server, 80],
      0x18,
      `GET / HTTP/1.1\r\nhost: vip\r\n${line}\r\n`,
    );
  });
  return stage.observations;
}

function verdicts(observations: Observation[], captures = CAPTURES): Record<string, string> {
  if (service === undefined) throw new Error('no service');
  return Object.fromEntries(
    judgeProxy(plan, service, observations, captures).map((c) => [c.id.slice(6), c.outcome]),
  );
}

const GREEN = {
  'two-connections': 'pass',
  'source-is-proxy': 'pass',
  'header-names-client': 'pass',
  'reply-from-vip': 'pass',
  'server-apart': 'pass',
};

it('passes what a proxy does', () => {
  expect(verdicts(requests())).toEqual(GREEN);
});

it.each<[string, Twist, object]>([
  ['without the header', { header: '' }, { 'header-names-client': 'fail' }],
  ['with another address in the header', { header: '192.0.2.1' }, { 'header-names-client': 'fail' }],
  ['from another source', { source: '10.0.0.77' }, { 'source-is-proxy': 'fail' }],
  [
    'from the client’s own address',
    { source: CLIENT },
    { 'source-is-proxy': 'fail', 'server-apart': 'fail' },
  ],
  ['answered from elsewhere', { answer: '203.0.113.1' }, { 'reply-from-vip': 'fail' }],
])('fails for a request %s, and for nothing else', (_, twist, failed) => {
  expect(verdicts(requests(twist))).toEqual({ ...GREEN, ...failed });
});

it('fails when a request is not passed on, and knows nothing without any', () => {
  const seen = requests().filter((o) => o.node !== 'rs2');
  expect(verdicts(seen)['two-connections']).toBe('fail');
  expect(new Set(Object.values(verdicts([])))).toEqual(new Set(['unknown']));
});

it('knows nothing where a capture lost packets', () => {
  const captures = CAPTURES.map((c) => ({ ...c, dropped: c.node === 'rs1' ? 3 : 0 }));
  expect(new Set(Object.values(verdicts(requests(), captures)))).toEqual(new Set(['unknown']));
});
