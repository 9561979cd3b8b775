import { execa } from 'execa';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOf, user } from './cli.ts';

interface Listed {
  labs: { name: string; state: string; kernel?: { kind: string; release: string } }[];
}

describe("Debian's kernel", () => {
  const { state, lab } = user('kernel-debian');

  it('carries the three modes, schedulers, UDP, IPv6 and the sync, with nothing left', async () => {
    const asked = ['nat', 'tun', 'dr', 'schedulers', 'udp', 'nat6', 'sync'];
    const { code, stdout } = await lab(['verify', ...asked, '--kernel', 'debian']);
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^✔ 7 of 7 labs passed/m);
    expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
  });
});

describe('the choice of a kernel', () => {
  const { lab, json } = user('kernel-choice');
  const none = mkdtempSync(join(tmpdir(), 'lvslab-kernels-'));
  afterAll(async () => {
    await lab(['down', '--all']);
    rmSync(none, { recursive: true });
  });

  it('fails before anything is built where the made one is asked for and there is none', async () => {
    const { code, stderr } = await lab(['up', 'nat', '--kernel', 'lab'], { env: { XDG_CACHE_HOME: none } });
    expect(code).toBe(3);
    expect(stderr).toContain('lab kernel build');
    expect(readdirSync(none)).toEqual([]);
  });

  it('is for the embedded machine alone', async () => {
    const { code, stderr } = await lab(['up', 'nat', '--machine', 'local', '--kernel', 'debian']);
    expect(code).toBe(2);
    expect(stderr).toContain('--kernel is of the embedded machine');
  });

  it('is told of a lab that is up, and not changed by the way', async () => {
    expect((await lab(['up', 'nat', '--kernel', 'debian'])).code).toBe(0);
    expect((await json<Listed>(['list'])).labs).toMatchObject([
      {
        name: 'nat',
        state: 'up',
        kernel: { kind: 'debian', release: expect.stringMatching(/^7\./) as string },
      },
    ]);
    expect((await lab(['status'])).stdout).toMatch(/^lab nat: up on the embedded machine \(Debian’s: 7\./);
    const other = await lab(['up', 'nat', '--kernel', 'lab']);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('not on this kernel');
    expect((await lab(['up', 'nat', '--kernel', 'lab', '--reconfigure'])).code).toBe(0);
    expect((await json<Listed>(['list'])).labs).toMatchObject([{ kernel: { kind: 'lab' } }]);
  });
});

describe('the kernel made for labs', () => {
  const { lab, on } = user('kernel-made');
  beforeAll(async () => {
    const { code, stderr } = await lab(['up', 'nat', '--kernel', 'lab']);
    expect(code, stderr).toBe(0);
  });
  afterAll(() => lab(['down', '--all']));

  it('is told, with its source', async () => {
    expect((await lab(['status'])).stdout).toMatch(/\(made for labs: \d+\.\d+\.\d+-lvslab\)/);
    expect((await lab(['doctor'])).stdout).toMatch(/lab kernel .*-lvslab of Debian’s linux \d/);
    expect((await lab(['kernel', 'list'])).stdout).toMatch(/^embedded labs run on .*-lvslab/m);
  });

  it('says what is built in where modprobe looks, on every node', async () => {
    expect(await on('rs1', 'modprobe -a ip_vs ip_vs_twos ipip ip6_tunnel fou nf_nat && uname -r')).toMatch(
      /-lvslab$/,
    );
    expect((await lab(['exec', 'rs1', '--', 'modprobe', 'no_such_module'])).code).not.toBe(0);
  });

  it.each([
    ['iptables', 'iptables -t mangle -A PREROUTING -p tcp --dport 81 -j MARK --set-mark 1'],
    ['its legacy tables', 'iptables-legacy -t nat -A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE'],
    [
      'ip6tables',
      'ip6tables -t raw -A PREROUTING -p udp -m multiport --dports 53,54 -m comment --comment x -j CT --notrack',
    ],
    [
      'statistics',
      'iptables -t nat -A PREROUTING -p tcp --dport 82 -m statistic --mode nth --every 2 --packet 0 -j REDIRECT --to-ports 80',
    ],
    [
      'nft',
      'nft add table inet t && nft add chain inet t c "{ type filter hook input priority 0; }" && nft add rule inet t c ct state established counter accept',
    ],
    [
      'nft at a device',
      'nft add table netdev n && nft add chain netdev n c "{ type filter hook ingress device eth0 priority 0; }"',
    ],
    ['arptables', 'arptables -A INPUT -d 203.0.113.200 -j DROP'],
    [
      'tc',
      'tc qdisc add dev eth0 root handle 1: htb && tc filter add dev eth0 parent 1: u32 match u32 0 0 action mirred egress redirect dev lo',
    ],
    ['twos', 'ipvsadm -A -t 192.0.2.9:80 -s twos && ipvsadm -D -t 192.0.2.9:80'],
    ['SCTP', 'ipvsadm -A --sctp-service 192.0.2.9:80 -s rr && ipvsadm -D --sctp-service 192.0.2.9:80'],
  ])('has %s', async (_, line) => {
    await on('director', line);
  });

  it('cannot mount the host, whose files it does not know', async () => {
    const folder = join(user('kernel-made').state, 'nat');
    const options = ['-F', '/dev/null', '-o', `ControlPath=${join(folder, 'ctl')}`];
    const tried = await execa('ssh', [...options, 'guest', 'mount -t hostfs -o hostfs=/ none /mnt'], {
      reject: false,
    });
    expect(tried.exitCode).not.toBe(0);
    expect(tried.stderr).toMatch(/unknown filesystem type/);
  });
});
