import { describe, expect, it } from 'vitest';
import { walks } from '../../../src/proof/path.ts';
import { describeWalk } from '../../../src/proof/walk.ts';
import { captured } from './captured.ts';
import { natPlan, tunPlan } from './plans.ts';
import { scene, segment, SYN } from './scene.ts';

describe('describeWalk', () => {
  it('prints a line for each crossing, with a star behind what changed', () => {
    const [walk] = walks(natPlan(), captured('nat'));
    if (walk === undefined) throw new Error('no walk');
    const lines = describeWalk(walk);
    expect(lines.slice(0, 2).map((l) => l.text)).toEqual([
      'SYN        client eth0 → director eth0  192.0.2.2:48830 → 192.0.2.100:80   ttl 64   mac 02:00:00:00:01:02 → 02:00:00:00:01:01',
      '           director eth1 → rs2 eth0     192.0.2.2:48830 → 10.0.0.12:8080*  ttl 63*  mac 02:00:00:00:02:01* → 02:00:00:00:02:0c*',
    ]);
    expect(lines[1]?.columns[0]).toEqual([
      { text: '192.0.2.2:48830', changed: false },
      { text: ' → ', changed: false },
      { text: '10.0.0.12:8080', changed: true },
    ]);
    expect(lines[1]).toMatchObject({ journey: 0, crossing: 1, label: '', hop: 'director eth1 → rs2 eth0' });
  });

  it('shows the tunnel header', () => {
    const [walk] = walks(tunPlan(), captured('tun-ipip'));
    if (walk === undefined) throw new Error('no walk');
    const lines = describeWalk(walk).map((l) => l.text);
    expect(lines[1]).toContain('in IPIP* 192.0.2.1* → 10.0.1.12* ttl 63*');
    expect(lines[2]).toMatch(/in IPIP 192\.0\.2\.1 → 10\.0\.1\.12 ttl 62\* +ttl 63 /);
  });

  it('says what was lost and what was sent again', () => {
    const s = scene(natPlan());
    s.hop('client/eth0', 'director/eth0', segment('192.0.2.2:40000', '192.0.2.100:80', SYN));
    s.wait(1_000_000);
    s.hop('client/eth0', 'director/eth0', segment('192.0.2.2:40000', '192.0.2.100:80', SYN), 'sender');
    const [walk] = walks(natPlan(), s.observations);
    if (walk === undefined) throw new Error('no walk');
    expect(describeWalk(walk).map((l) => l.notes)).toEqual([[], ['retransmission', 'never arrived']]);
    expect(describeWalk(walk)[1]?.text).toMatch(/\(retransmission, never arrived\)$/);
  });
});
