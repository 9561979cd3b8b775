import { execa } from 'execa';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { user } from './cli.ts';

describe('a node of an embedded lab', () => {
  const { lab, on, state } = user('isolation');
  /** A command as root of the guest itself, which no node is. */
  const guest = (line: string) =>
    execa('ssh', ['-F', '/dev/null', '-o', `ControlPath=${join(state, 'nat', 'ctl')}`, 'guest', line], {
      reject: false,
    });

  beforeAll(async () => {
    const up = await lab(['up', 'nat']);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    await lab(['down', 'nat']);
  });

  it.each([
    ['mount the host', 'mount -t hostfs -o hostfs=/ none /mnt'],
    ['mount anything', 'mount -t tmpfs none /mnt'],
    ['mount by a user namespace', 'unshare -Urm mount -t hostfs -o hostfs=/ none /mnt'],
    ['make a disk of the machine', 'mknod /tmp/d b 98 0'],
    ['switch the machine off', 'echo o > /proc/sysrq-trigger'],
    ['set what is not network', 'echo 1 > /proc/sys/kernel/panic'],
    ['read kernel memory', 'head -c 1 /proc/kcore | grep -q .'],
    [
      'load a module',
      'modprobe dummy && ip link add d0 type dummy && grep -q . /lib/modules/*/modules.dep && rmmod dummy',
    ],
    ['enter the machine itself', 'nsenter -t 1 -m -n ls /run/lvslab'],
    ['see the other nodes', 'ls /run/lvslab/pids'],
    ['undo what is read-only', 'umount /proc/sys'],
    ['reboot', 'reboot -f'],
  ])('cannot %s', async (_, line) => {
    const tried = await lab(['exec', 'rs1', '--', 'sh', '-c', line]);
    expect(tried.code, tried.stdout).not.toBe(0);
    expect(await on('client', 'curl -s --max-time 3 http://vip/')).toMatch(/^rs[12]$/);
  });

  it('can do what networking needs', async () => {
    await on(
      'rs1',
      'sysctl -qw net.ipv4.conf.all.arp_ignore=1 && ip addr add 10.0.0.77/24 dev eth0 && ip addr del 10.0.0.77/24 dev eth0',
    );
    await on(
      'rs1',
      'timeout 5 tcpdump -c 1 -i eth0 icmp 2>/dev/null >/dev/null & sleep 0.7; ping -c 2 -W 2 director >/dev/null; wait $!',
    );
    await on('director', 'ipvsadm -S -n > /root/state && ipvsadm -C && ipvsadm -R < /root/state');
    await on('client', 'tc qdisc add dev eth0 root netem delay 1ms && tc qdisc del dev eth0 root');
  });

  it('cannot hurt the others by filling its disk', async () => {
    expect((await lab(['exec', 'rs1', '--', 'sh', '-c', 'cat /dev/zero > /srv/big'])).code).not.toBe(0);
    await on('rs2', 'echo still > /srv/room');
    expect(
      (await on('client', 'curl -s --max-time 3 -H "Connection: close" "http://vip/?[1-4]"'))
        .split('\n')
        .sort(),
    ).toEqual(['rs1', 'rs1', 'rs2', 'rs2']);
    await on('rs1', 'rm /srv/big');
  });

  it('is kept from the host even where the guest kernel is broken into', async () => {
    // The guest's own root stands for somebody who got out of a node.
    const seen = await guest(
      'mkdir /tmp/h && mount -t hostfs -o hostfs=/ none /tmp/h && ls /tmp/h && cat /tmp/h/etc/passwd',
    );
    expect(seen.stdout.split('\n')).not.toContain('home');
    expect(seen.stderr).toContain('No such file');
    const found = await guest(
      "find /tmp/h -xdev -type f -not -path '/tmp/h/proc/*' -not -path '/tmp/h/dev/*' | head -20",
    );
    for (const file of found.stdout.split('\n').filter((row) => row !== ''))
      expect(file).toMatch(/\/(root-[0-9a-f]{12}\/(linux|root\.img|manifest\.json|lib\/[\w.-]+)|tmp\/.*)$/);
    const written = await guest(
      "for d in $(find /tmp/h -xdev -type d -name 'root-*'); do touch $d/x && echo wrote; done",
    );
    expect(written.stdout).toBe('');
  });

  it('loses its files with the lab', async () => {
    await on('rs1', 'echo mine > /etc/own');
    await lab(['down', 'nat']);
    await lab(['up', 'nat']);
    expect((await lab(['exec', 'rs1', '--', 'cat', '/etc/own'])).code).toBe(1);
  });
});
