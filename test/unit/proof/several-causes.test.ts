import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/plan/types.ts';
import type { Claim } from '../../../src/proof/claims.ts';
import { portsOfPlan } from '../../../src/proof/crossings.ts';
import { claimsFor } from '../../../src/proof/promises.ts';
import type { Explain } from '../../../src/proof/summary.ts';
import { conclude, examine, lossesOf, type Examined } from '../../../src/proof/verdict.ts';
import { natPlan } from './plans.ts';
import { scene, segment, SYN, SYN_ACK, type Scene } from './scene.ts';

const VIP = '192.0.2.100:80';
const RST = 0x14;
const RS1 = '10.0.0.11:8080';
const RS2 = '10.0.0.12:8080';

const client = (port: number) => `192.0.2.2:${port}`;

/** A request that comes to a real server. */
function ask(s: Scene, port: number, server: string, node: string): void {
  s.hop('client/eth0', 'director/eth0', segment(client(port), VIP, SYN, { sequence: port }));
  s.hop('director/eth1', `${node}/eth0`, segment(client(port), server, SYN, { sequence: port, ttl: 63 }));
}

function refuse(s: Scene, port: number, server: string, node: string): void {
  ask(s, port, server, node);
  s.hop(`${node}/eth0`, 'director/eth1', segment(server, client(port), RST));
  s.hop('director/eth0', 'client/eth0', segment(VIP, client(port), RST, { ttl: 63 }));
}

/** A reply that goes to the director and no further. */
function stop(s: Scene, port: number, server: string, node: string): void {
  ask(s, port, server, node);
  s.hop(`${node}/eth0`, 'director/eth1', segment(server, client(port), SYN_ACK, { sequence: 7 * port }));
}

function examined(plan: Plan, kind: Claim['kind'], play: (s: Scene) => void): Examined[] {
  const s = scene(plan);
  play(s);
  const captures = portsOfPlan(plan).map(({ node, device }) => ({ node, device, dropped: 0 }));
  const claims = claimsFor(plan).filter((claim) => claim.kind === kind);
  return examine(plan, claims, s.observations, captures);
}

function verdicts(play: (s: Scene) => void, explain?: Explain) {
  return conclude(examined(natPlan(), 'reply-from-vip', play), explain);
}

const ID = 'nat/192.0.2.100:80/reply-from-vip';

describe('a promise that is broken in several ways', () => {
  it('has a row, a count and packets of its own for each', () => {
    const found = verdicts((s) => {
      for (let i = 0; i < 4; i++) {
        stop(s, 40001 + 2 * i, RS2, 'rs2');
        refuse(s, 40002 + 2 * i, RS1, 'rs1');
      }
    });
    expect(found.map(({ id, why, more }) => ({ id, why, more }))).toEqual([
      {
        id: ID,
        why: 'rs1 refused the connection (RST) to its port 8080 (4 of 8 connections, to rs1)',
        more: 1,
      },
      {
        id: `${ID}/reply-stopped-at-director`,
        why: 'the SYN-ACK of rs2 went rs2 eth0 → director eth1 and no further (4 of 8 connections, to rs2)',
        more: 1,
      },
    ]);
    expect(found[0]?.evidence.every((e) => e.text.includes('[RST,ACK]'))).toBe(true);
    expect(found[0]?.evidence).toHaveLength(3);
    expect(found[1]?.evidence.every((e) => e.text.includes('[SYN,ACK]'))).toBe(true);
  });

  it('names its rows the same, whichever fault is met first', () => {
    const ids = (first: () => void, second: () => void) => {
      first();
      second();
    };
    const rows = (turned: boolean) =>
      verdicts((s) => {
        const [one, other] = [
          () => {
            stop(s, 40001, RS2, 'rs2');
          },
          () => {
            refuse(s, 40002, RS1, 'rs1');
          },
        ];
        if (turned) ids(other, one);
        else ids(one, other);
      }).map(({ id, why }) => `${id} ${why}`);
    expect(rows(true)).toEqual(rows(false));
  });

  it('is one row where real servers share the way, with a count for each', () => {
    const found = verdicts((s) => {
      for (let i = 0; i < 3; i++) refuse(s, 40001 + i, RS1, 'rs1');
      for (let i = 0; i < 2; i++) refuse(s, 41001 + i, RS2, 'rs2');
    });
    expect(found.map((v) => v.id)).toEqual([ID]);
    expect(found[0]?.why).toMatch(/\(5 of 5 connections, 3 to rs1 and 2 to rs2\)$/);
  });

  it('counts what is kept among all, and says nothing else of it', () => {
    const found = verdicts((s) => {
      refuse(s, 40001, RS1, 'rs1');
      ask(s, 40002, RS2, 'rs2');
      s.hop('rs2/eth0', 'director/eth1', segment(RS2, client(40002), SYN_ACK));
      s.hop('director/eth0', 'client/eth0', segment(VIP, client(40002), SYN_ACK, { ttl: 63 }));
    });
    expect(found.map((v) => v.why)).toEqual([
      'rs1 refused the connection (RST) to its port 8080 (1 of 2 connections, to rs1)',
    ]);
  });
});

describe('what settings say of it', () => {
  const bothUnanswered = (s: Scene) => {
    ask(s, 40001, RS1, 'rs1');
    ask(s, 40002, RS2, 'rs2');
  };
  const byNode =
    (texts: Record<string, string>): Explain =>
    ([loss]) => {
      const text = texts[loss?.node ?? ''] ?? '';
      return { key: text.replaceAll(/rs\d/g, ''), text };
    };

  it('parts what looks alike to the packets', () => {
    const found = verdicts(
      bothUnanswered,
      byNode({ rs1: 'rs1 has no route', rs2: 'a filter of rs2 drops it' }),
    );
    expect(found.map(({ id }) => id)).toEqual([ID, `${ID}/not-answered`]);
    expect(found.map(({ why }) => why)).toEqual([
      'the SYN arrived at rs1 eth0 and no answer left it: rs1 has no route (1 of 2 connections, to rs1)',
      'the SYN arrived at rs2 eth0 and no answer left it: a filter of rs2 drops it (1 of 2 connections, to rs2)',
    ]);
  });

  it('keeps together what has the same reason on several nodes', () => {
    const found = verdicts(bothUnanswered, byNode({ rs1: 'rs1 has no route', rs2: 'rs2 has no route' }));
    expect(found).toHaveLength(1);
  });

  it('is asked only of nodes where something was lost', () => {
    const one = examined(natPlan(), 'reply-from-vip', bothUnanswered);
    expect(lossesOf(one).map(({ duty, node }) => `${duty} ${node}`)).toEqual(['answer rs1', 'answer rs2']);
    const sound = examined(natPlan(), 'request-rewritten', bothUnanswered);
    expect(conclude(sound).map((v) => v.outcome)).toEqual(['pass']);
    expect(lossesOf(sound)).toEqual([]);
  });
});
