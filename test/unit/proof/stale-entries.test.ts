import { describe, expect, it } from 'vitest';
import type { PlannedService } from '../../../src/plan/types.ts';
import { walks } from '../../../src/proof/path.ts';
import { judgeStale, staleEntries, type StaleEntry } from '../../../src/proof/stale-entries.ts';
import type { Reply } from '../../../src/traffic/replies.ts';
import { natPlan, overUdp } from './plans.ts';
import { datagram, scene, type Scene } from './scene.ts';

const plan = overUdp(natPlan());
const service = plan.services[0] as PlannedService;
const VIP = '192.0.2.100:53';
const ONE = '10.0.0.11:53';
const TWO = '10.0.0.12:53';

/** `-Ln` with these real servers by weight. */
const table = (servers: Record<string, number>) =>
  [
    `UDP  ${VIP} lc`,
    ...Object.entries(servers).map(([server, weight]) => `  -> ${server}  Masq  ${weight}  0  3`),
  ].join('\n');

/** `-Lnc` with entries of these client ports. */
const entries = (of: Record<number, string>) =>
  Object.entries(of)
    .map(([port, server]) => `UDP 04:5${Number(port) % 10}  UDP  192.0.2.2:${port} ${VIP} ${server}`)
    .join('\n');

const found = (servers: Record<string, number>, of: Record<number, string>) =>
  staleEntries(plan, service, [table(servers)], [entries(of)]);

const reply = (server: string | undefined, error = 'no answer within 1 s'): Reply => ({
  client: 'client',
  clientAddress: '192.0.2.2',
  clientPort: 5000,
  server,
  status: 0,
  error: server === undefined ? error : '',
});

describe('entries whose real server is out', () => {
  it('are those to a server that is not in the table or has weight 0', () => {
    expect(found({ [ONE]: 1, [TWO]: 1 }, { 5000: ONE, 5001: TWO })).toEqual([]);
    expect(found({ [ONE]: 1 }, { 5000: ONE, 5001: TWO })).toMatchObject([
      { client: 'client', address: '192.0.2.2', port: 5001, out: 'removed', row: { seconds: 291 } },
    ]);
    expect(found({ [ONE]: 0, [TWO]: 1 }, { 5000: ONE, 5001: TWO })).toMatchObject([
      { port: 5000, out: 'weight 0' },
    ]);
  });

  it('are no templates, no other service’s, and behind a mark known by the server’s address', () => {
    const other = `UDP 04:00 UDP 192.0.2.2:5000 192.0.2.99:53 ${TWO}\nTCP 04:00 NONE 192.0.2.2:5000 ${VIP} ${TWO}`;
    const template = `UDP 00:20 NONE 192.0.2.2:0 ${VIP} ${TWO}`;
    expect(staleEntries(plan, service, [table({ [ONE]: 1 })], [other, template])).toEqual([]);
    const marked = { ...service, mark: 4 };
    const text = 'FWM  4 lc\n  -> 10.0.0.11:0  Masq  1  0  3';
    const rows = staleEntries(plan, marked, [text], [entries({ 5000: ONE, 5001: TWO })]);
    expect(rows.map(({ port }) => port)).toEqual([5001]);
  });
});

describe('a datagram from such a port', () => {
  const removed = found({ [ONE]: 1 }, { 5000: TWO, 5001: TWO });
  const first = removed[0] as StaleEntry;
  const second = removed[1] as StaleEntry;
  const weightless = found({ [ONE]: 1, [TWO]: 0 }, { 5000: TWO })[0] as StaleEntry;

  it('that is not answered is red, with the entry and how long it lasts', () => {
    expect(
      judgeStale(
        service,
        [
          { entry: first, reply: reply(undefined) },
          { entry: second, reply: reply(undefined) },
        ],
        [],
      ),
    ).toEqual({
      id: 'stale-entries',
      title: 'entries of servers that are out',
      outcome: 'fail',
      detail:
        "datagrams of client port 5000 vanish (no answer within 1 s) until the entry ends, in 290 s: the director's entry leads to rs2 (10.0.0.12:53), which is not in the table, and net.ipv4.vs.expire_nodest_conn=1 is what gives such an entry up; the same for 1 more port",
      evidence: [
        `ipvsadm -Lnc: UDP 290 s 192.0.2.2:5000 ${VIP} ${TWO}`,
        `ipvsadm -Lnc: UDP 291 s 192.0.2.2:5001 ${VIP} ${TWO}`,
      ],
    });
  });

  it('that is refused by a server of weight 0 is lost for as long as somebody sends', () => {
    const check = judgeStale(
      service,
      [{ entry: weightless, reply: reply(undefined, 'Connection refused') }],
      [],
    );
    expect(check.outcome).toBe('fail');
    expect(check.detail).toMatch(
      /are lost \(Connection refused\) as long as the entry lasts, which each datagram renews: .* weight 0, which does not answer; .* only once the server is removed$/,
    );
  });

  it('that is answered is green, by whom and why', () => {
    expect(judgeStale(service, [{ entry: weightless, reply: reply('rs2') }], [])).toMatchObject({
      outcome: 'pass',
      detail: `1 client port had an entry that leads to rs2 (${TWO}), weight 0: datagrams from there were answered by rs2 still`,
    });
    expect(judgeStale(service, [{ entry: first, reply: reply('rs1') }], []).detail).toMatch(
      /answered by rs1, as the director gave the entry up$/,
    );
  });
});

describe('a port that a program has', () => {
  const removed = found({ [ONE]: 1 }, { 5000: TWO })[0] as StaleEntry;
  const judged = (play: (s: Scene) => void, entry = removed) => {
    const s = scene(plan);
    play(s);
    return judgeStale(service, [{ entry, reply: undefined }], walks(plan, s.observations));
  };
  const CLIENT = '192.0.2.2:5000';
  const asks = (s: Scene, number: number) => {
    s.hop('client/eth0', 'director/eth0', datagram(CLIENT, VIP, `question ${number}`, { id: number }));
  };
  const sentOn = (s: Scene, host: number, number: number) => {
    const to = `10.0.0.${host}:53`;
    s.hop(
      'director/eth1',
      `rs${host - 10}/eth0`,
      datagram(CLIENT, to, `question ${number}`, { id: number, ttl: 63 }),
    );
  };

  it('is judged by what it sent: the director sent none of it on', () => {
    const check = judged((s) => {
      asks(s, 1);
      asks(s, 2);
    });
    expect(check.outcome).toBe('fail');
    expect(check.detail).toMatch(
      /^datagrams of client port 5000 vanish \(2 seen, none sent on\) until the entry ends, in 290 s/,
    );
    expect(check.evidence.slice(1).every((line) => line.includes('192.0.2.2:5000 > 192.0.2.100:53'))).toBe(
      true,
    );
    expect(check.evidence).toHaveLength(3);
  });

  it('is well where answers came', () => {
    const check = judged((s) => {
      asks(s, 1);
      sentOn(s, 11, 1);
      s.hop('rs1/eth0', 'director/eth1', datagram(ONE, CLIENT, 'answer', { id: 9 }));
      s.hop('director/eth0', 'client/eth0', datagram(VIP, CLIENT, 'answer', { id: 9, ttl: 63 }));
    });
    expect(check).toMatchObject({ outcome: 'pass' });
    expect(check.detail).toContain('answered by rs1, as the director gave the entry up');
  });

  it('says nothing where it sent nothing, or where nobody need have answered', () => {
    expect(judged(() => undefined)).toMatchObject({
      outcome: 'unknown',
      detail: expect.stringContaining('a program has the port, and sent nothing meanwhile') as string,
    });
    const check = judged((s) => {
      asks(s, 1);
      sentOn(s, 12, 1);
    });
    expect(check.detail).toMatch(/1 datagram reached rs2, and nothing came back/);
    expect(check.outcome).toBe('unknown');
  });
});
