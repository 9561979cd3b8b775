import { describe, expect, it } from 'vitest';
import type { Check } from '../../../src/proof/check.ts';
import { caseOf, notGreen } from './case.ts';

const row = (all: Check[], id: string) => all.find((check) => check.id === id);

const WITHOUT_ADVMSS = `ip route show | grep ' advmss ' | while read -r route; do ip route change $(echo "$route" | sed 's/ advmss [0-9]*//'); done`;
const WITH_ADVMSS = 'ip route change default via 10.0.2.254 advmss 1440';
const drop = (device: string, way: 'ingress' | 'egress') =>
  `tc qdisc add dev ${device} clsact; tc filter add dev ${device} ${way} protocol ip flower ip_proto icmp action drop`;
const undrop = (device: string) => `tc qdisc del dev ${device} clsact`;

const HOLE =
  /^packets of 1500 bytes from client \(TCP segments of 1448\) do not fit the tunnel director → rs[12], whose MTU is 1480: IPIP takes 20 of the 1500 bytes of director eth0; one was sent \d times, reached director eth0 and went no further, while packets of up to \d+ bytes pass; /;

// Each test that hangs takes the whole time limit of an upload.
describe('case 6: the path MTU of a tunnel, and ICMP that does not come back', { timeout: 120_000 }, () => {
  const { on, checks } = caseOf('c06b-tun-mtu-http');

  it('is green with segments that fit, and needs no word of ICMP', async () => {
    await on('client', drop('eth0', 'ingress'));
    const all = await checks();
    expect(notGreen(all)).toEqual([]);
    expect(row(all, 'path-mtu')).toBeUndefined();
    await on('client', undrop('eth0'));
  });

  it('is green where the director can say so, and red once that gets lost, though the client knew it before', async () => {
    await on('rs1', WITHOUT_ADVMSS);
    await on('rs2', WITHOUT_ADVMSS);
    expect(notGreen(await checks())).toEqual([]);

    await on('router', drop('eth1', 'ingress'));
    const all = await checks();
    expect(notGreen(all)).toEqual(['transfers', 'path-mtu']);
    expect(row(all, 'transfers')?.detail).toMatch(/^upload 0 of 5 MB .*, see path MTU$/);
    const hole = row(all, 'path-mtu');
    expect(hole?.detail).toMatch(HOLE);
    expect(hole?.detail).toMatch(
      /director sent client "fragmentation needed, mtu 1480" \d+ times, and it never arrived: it was last seen at router eth1 \(\d+ of \d+ connections, to rs1 and rs2\)$/,
    );
    const evidence = hole?.evidence.join('\n') ?? '';
    expect(evidence).toMatch(
      /director eth0 {2}10\.0\.0\.10:\d+ > 10\.0\.1\.2:80 \[.*ACK\] 1448 bytes .*, IP packet of 1500 bytes/,
    );
    expect(evidence).toMatch(/router eth1 {2}10\.0\.1\.2 > 10\.0\.0\.10 ICMP frag needed, mtu 1480/);
    expect(evidence).toContain('rs1 and rs2 announce smaller segments (ip route change … advmss 1440)');
  });

  it('is cured by pmtu_disc=0, and by advmss', async () => {
    await on('director', 'sysctl -qw net.ipv4.vs.pmtu_disc=0');
    expect(notGreen(await checks())).toEqual([]);
    await on('director', 'sysctl -qw net.ipv4.vs.pmtu_disc=1');
    await on('rs1', WITH_ADVMSS);
    await on('rs2', WITH_ADVMSS);
    expect(notGreen(await checks())).toEqual([]);
    await on('router', undrop('eth1'));
  });

  it('is named in the other direction: a link of the router that was made too small for replies', async () => {
    await on('router', `ip link set eth0 mtu 1400; ${drop('eth1', 'egress')}`);
    const all = await checks();
    await on('router', `ip link set eth0 mtu 1500; ${undrop('eth1')}`);
    expect(notGreen(all)).toEqual(['transfers', 'path-mtu']);
    expect(row(all, 'path-mtu')?.detail).toMatch(
      /^packets of 1500 bytes from rs1 and rs2 \(TCP segments of 1448\) do not fit the way router → client: the MTU of router eth0 is 1400; .*; router made \d+ "destination unreachable" messages for rs[12] \(its ICMP counters say so\), but none left it/,
    );
    expect(row(all, 'path-mtu')?.evidence.at(-1)).toContain(
      'router eth0 has its planned MTU again (ip link set eth0 mtu 1500)',
    );
  });
});

describe('case 6 with TLS: its first packet is a full one', { timeout: 120_000 }, () => {
  const { on, checks } = caseOf('c06-tun-mtu');

  it('is green, and red with the path MTU named, though no request is answered', async () => {
    expect(notGreen(await checks())).toEqual([]);
    await on('rs1', WITHOUT_ADVMSS);
    await on('rs2', WITHOUT_ADVMSS);
    await on('director', drop('eth0', 'egress'));
    const all = await checks();
    expect(notGreen(all)).toEqual(['answers', 'distribution', 'director', 'transfers', 'path-mtu']);
    expect(row(all, 'transfers')).toMatchObject({ outcome: 'fail' });
    expect(row(all, 'transfers')?.detail).toMatch(
      /^not tried, because single requests already fail; of 64 kB each, 0 of 4 downloads and 0 of 4 uploads came through .*: full packets do not come through, see path MTU$/,
    );
    expect(row(all, 'path-mtu')?.detail).toMatch(HOLE);
    expect(row(all, 'path-mtu')?.detail).toContain('something on director drops ICMP on its way out');
  });
});
