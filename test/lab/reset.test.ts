import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResetReport } from '../../src/commands/reset.ts';
import type { NodeDifference, StatusReport } from '../../src/commands/status.ts';
import { leftOf, user } from './cli.ts';

const VIP = '203.0.113.100';

/** What a student might do on a node, and the differences that it makes, as `NODE kind name state`. */
const SHELL_STEPS: [what: string, node: string, line: string, differences: string[]][] = [
  [
    'another scheduler and weight',
    'director',
    `ipvsadm -E -t ${VIP}:80 -s wlc -p 60; ipvsadm -e -t ${VIP}:80 -r 10.0.0.11:80 -m -w 3`,
    [`director service tcp ${VIP}:80 changed`, `director real server tcp ${VIP}:80 → 10.0.0.11:80 changed`],
  ],
  [
    'a server taken out, another service made',
    'director',
    `ipvsadm -d -t ${VIP}:80 -r 10.0.0.12:80; ipvsadm -A -u ${VIP}:53 -s rr -o; ipvsadm -a -u ${VIP}:53 -r 10.0.0.11:53 -m`,
    [
      `director service udp ${VIP}:53 extra`,
      `director real server tcp ${VIP}:80 → 10.0.0.12:80 missing`,
      `director real server udp ${VIP}:53 → 10.0.0.11:53 extra`,
    ],
  ],
  [
    'the table emptied, and other timeouts',
    'director',
    'ipvsadm -C; ipvsadm --set 60 0 0',
    [
      `director service tcp ${VIP}:80 missing`,
      `director real server tcp ${VIP}:80 → 10.0.0.11:80 missing`,
      `director real server tcp ${VIP}:80 → 10.0.0.12:80 missing`,
      'director timeouts ipvs changed',
    ],
  ],
  [
    'sysctls, of the plan and others',
    'director',
    'sysctl -qw net.ipv4.ip_forward=0 net.ipv4.vs.expire_nodest_conn=1 net.ipv4.conf.eth0.rp_filter=1',
    [
      'director sysctl net.ipv4.conf.eth0.rp_filter changed',
      'director sysctl net.ipv4.ip_forward changed',
      'director sysctl net.ipv4.vs.expire_nodest_conn changed',
    ],
  ],
  [
    'addresses',
    'director',
    `ip addr del ${VIP}/32 dev eth0; ip addr add 10.0.0.77/24 dev eth1`,
    [`director address ${VIP}/32 on eth0 missing`, 'director address 10.0.0.77/24 on eth1 extra'],
  ],
  [
    'the last address, and so every route',
    'rs1',
    'ip addr replace 10.0.0.11/16 dev eth0; ip addr del 10.0.0.11/24 dev eth0',
    [
      'rs1 address 10.0.0.11/24 on eth0 missing',
      'rs1 address 10.0.0.11/16 on eth0 extra',
      'rs1 route 10.0.0.0/24 missing',
    ],
  ],
  [
    'routes and rules',
    'rs1',
    'ip route replace default via 10.0.0.12; ip route add blackhole 198.18.0.0/15; ip route add 192.0.2.0/24 dev eth0 table 100; ip rule add fwmark 7 lookup 100',
    [
      'rs1 route default changed',
      'rs1 route blackhole 198.18.0.0/15 extra',
      'rs1 route 192.0.2.0/24 table 100 extra',
      'rs1 rule from all fwmark 0x7 lookup 100 extra',
    ],
  ],
  [
    'a link down',
    'rs1',
    'ip link set eth0 down',
    ['rs1 link eth0 changed', 'rs1 route 10.0.0.0/24 missing', 'rs1 route default missing'],
  ],
  [
    'the MTU, the MAC and ARP',
    'rs2',
    'ip link set eth0 mtu 1400 address 02:00:00:00:00:99 arp off',
    ['rs2 link eth0 changed'],
  ],
  [
    'links, tunnels and neighbours',
    'rs2',
    'ip link add dummy0 type dummy; ip link set dummy0 up; ip link add tun7 type ipip local 10.0.0.12 remote 10.0.0.11; ip neigh replace 10.0.0.1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent',
    ['rs2 link dummy0 extra', 'rs2 link tun7 extra', 'rs2 neighbour 10.0.0.1 on eth0 extra'],
  ],
  [
    'how a link sends',
    'rs2',
    'tc qdisc replace dev eth0 root tbf rate 1mbit burst 10kb latency 50ms',
    ['rs2 link quality eth0 extra'],
  ],
  [
    'a daemon stopped',
    'rs1',
    'nginx -c /etc/nginx/lab.conf -s stop; while [ -e /run/web.pid ]; do sleep 0.05; done',
    ['rs1 daemon web missing'],
  ],
  [
    'a file changed, and the daemon told',
    'rs2',
    'sed -i s/X-Real-Server/X-Other/ /etc/nginx/lab.conf; nginx -c /etc/nginx/lab.conf -s reload',
    ['rs2 file /etc/nginx/lab.conf changed'],
  ],
];

describe('a lab that somebody changes', () => {
  const me = user('reset');
  const { lab, on, json } = me;
  const differences = async () => (await json<StatusReport>(['status', 'nat'])).differences;
  const names = (found: NodeDifference[]) =>
    found.map(({ node, kind, name, state }) => `${node} ${kind} ${name} ${state}`).sort();

  beforeAll(async () => {
    const up = await lab(['up', 'nat']);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    expect((await lab(['down', 'nat'])).code).toBe(0);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
  });

  describe('shows what differs from the plan, and is put back', () => {
    it('does not differ before anything was done', async () => {
      expect(await differences()).toEqual([]);
      const status = await lab(['status', 'nat']);
      expect(status.stdout).toContain('everything is as the plan says');
      expect((await lab(['reset', 'nat'])).stdout).toBe('lab nat is as the plan says');
    });

    it.each(SHELL_STEPS)('%s', async (_, node, line, expected) => {
      await on(node, line);
      expect(names(await differences())).toEqual([...expected].sort());
      const reset = await json<ResetReport>(['reset', 'nat']);
      expect(names(reset.differences)).toEqual([...expected].sort());
      expect(new Set(reset.commands.map((c) => c.node))).toEqual(new Set([node]));
      expect(reset.left).toEqual([]);
      expect(await differences()).toEqual([]);
    });

    it('only says what it would do, where only that is asked for', async () => {
      await on('director', `ipvsadm -E -t ${VIP}:80 -s wrr`);
      const dry = await lab(['reset', 'nat', '--dry-run']);
      expect(dry.stdout).toContain(`director# ipvsadm -E -t ${VIP}:80 -s rr`);
      expect(names(await differences())).toEqual([`director service tcp ${VIP}:80 changed`]);
      const reset = await lab(['reset', 'nat']);
      expect(reset.code, reset.stdout).toBe(0);
      expect(reset.stdout).toContain('lab nat is as the plan says again');
    });

    it('of one node only, where only that is asked for', async () => {
      await on('rs1', 'ip addr add 10.0.0.77/24 dev eth0');
      await on('rs2', 'ip addr add 10.0.0.78/24 dev eth0');
      expect((await lab(['reset', 'rs1'])).code).toBe(0);
      expect(names(await differences())).toEqual(['rs2 address 10.0.0.78/24 on eth0 extra']);
      expect((await lab(['reset', 'nat', 'rs2'])).code).toBe(0);
      expect(await differences()).toEqual([]);
      expect((await lab(['reset', 'nat', 'rs9'])).code).toBe(2);
      expect((await lab(['reset', 'moon'])).code).toBe(2);
    });

    it('says what cannot be put back, and ends with 4', async () => {
      await on('rs2', 'ip link set eth0 down; ip link set eth0 name gone0');
      const reset = await lab(['reset', 'nat']);
      expect(reset.code).toBe(4);
      expect(reset.stdout).toMatch(/still differs from the plan:\n(.*\n)* +rs2 +link eth0 +missing/);
      expect(reset.stdout).toContain('only making the lab anew helps: lab down nat');
      expect((await lab(['down', 'nat'])).code).toBe(0);
      expect((await lab(['up', 'nat'])).code).toBe(0);
    });

    it('says what could not be compared, and ends with 5', async () => {
      await on('rs1', 'mv /usr/sbin/tc /usr/sbin/tc.away || mv /sbin/tc /sbin/tc.away');
      const status = await json<StatusReport>(['status', 'nat']);
      expect(status.unread).toEqual([{ node: 'rs1', why: 'tc: exit code 127' }]);
      expect(status.differences).toEqual([]);
      expect((await lab(['reset', 'nat'])).code).toBe(5);
      await on('rs1', 'mv /usr/sbin/tc.away /usr/sbin/tc || mv /sbin/tc.away /sbin/tc');
      expect((await lab(['reset', 'nat'])).code).toBe(0);
    });

    it('works again after everything at once', async () => {
      for (const [, node, line] of SHELL_STEPS.filter(
        ([what]) => !/link down|last address|MTU|file/.test(what),
      ))
        await on(node, line);
      expect((await lab(['test', 'nat'])).code).toBe(1);
      const reset = await lab(['reset', 'nat']);
      expect(reset.code, reset.stdout).toBe(0);
      const test = await lab(['test', 'nat']);
      expect(test.code, test.stdout).toBe(0);
    });
  });
});

describe('a lab of marks and certificates that somebody changes', () => {
  const me = user('reset-mark');
  const { lab, on, json } = me;
  const differences = async () =>
    (await json<StatusReport>(['status', 'mark'])).differences.map(
      (d) => `${d.node} ${d.kind} ${d.name} ${d.state}`,
    );

  afterAll(async () => {
    expect((await lab(['down', 'mark'])).code).toBe(0);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
  });

  it('shows what was done, and is put back', async () => {
    const up = await lab(['up', 'mark']);
    expect(up.code, up.stderr).toBe(0);
    expect(await differences()).toEqual([]);
    await on(
      'director',
      'tc qdisc del dev eth1 clsact; tc filter del dev eth0 ingress pref 2; ipvsadm -E -f 1 -s rr',
    );
    await on('rs1', 'rm /etc/nginx/lab.key; tc qdisc add dev eth0 clsact');
    expect((await differences()).sort()).toEqual([
      'director mark eth0 rule 2 missing',
      'director mark eth1 rule 1 missing',
      'director mark eth1 rule 2 missing',
      'director service fwmark 1 changed',
      'rs1 certificate /etc/nginx/lab.crt missing',
      'rs1 filter eth0 clsact extra',
    ]);
    expect((await json<ResetReport>(['reset', 'mark'])).left).toEqual([]);
    expect(await differences()).toEqual([]);
    const test = await lab(['test', 'mark']);
    expect(test.code, test.stdout).toBe(0);
  });
});
