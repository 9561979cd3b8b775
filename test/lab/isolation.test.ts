import { execa } from 'execa';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from '../../src/machine/embedded/root.ts';
import { NODE_CAPABILITIES } from '../../src/runtime/capabilities.ts';
import { BIN, user } from './cli.ts';

describe('a node of an embedded lab', () => {
  const { lab, on, state, env } = user('isolation');
  /** A command as root of the guest itself, which no node is. */
  const guest = (line: string) =>
    execa('ssh', ['-F', '/dev/null', '-o', `ControlPath=${join(state, 'nat', 'ctl')}`, 'guest', line], {
      reject: false,
    });

  beforeAll(async () => {
    // Debian's kernel loads modules, runs a program for a core and mounts the host's files: there the walls have most to
    // keep out. The one that is made for labs can do none of it (kernel.test.ts).
    const up = await lab(['up', 'nat', '--kernel', 'debian']);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    await lab(['down', 'nat']);
  });

  // Each with what refuses it, so that a missing program or a typing error is not taken for a wall.
  it.each([
    ['mount the host', 'mount -t hostfs -o hostfs=/ none /mnt', /permission denied/],
    ['mount anything', 'mount -t tmpfs none /mnt', /permission denied/],
    [
      'mount the host in a user namespace of its own',
      'unshare -Ur true && unshare -Urm mount -t hostfs -o hostfs=/ none /mnt',
      /permission denied/,
    ],
    ['get a fresh /proc in one', 'unshare -Urmpf mount -t proc proc /mnt', /permission denied|too revealing/],
    ['uncover /proc in one', 'unshare -Urm umount /proc/sys', /not mounted/],
    ['look beneath /proc in one', 'unshare -Urm mount --bind /proc /mnt', /wrong fs type|permission denied/],
    ['make a disk of the machine', 'mknod /srv/disk b 98 0', /Operation not permitted/],
    ['make its memory a file', 'mknod /srv/mem c 1 1', /Operation not permitted/],
    ['switch it off', 'echo o > /proc/sysrq-trigger', /Read-only file system/],
    ['set what is not network', 'echo 1 > /proc/sys/kernel/panic', /Read-only file system/],
    ['make the kernel run a program', 'echo /srv/x > /proc/sys/kernel/core_pattern', /Read-only file system/],
    ['write to /sys', 'echo 1 > /sys/kernel/uevent_helper', /Read-only file system/],
    ['read kernel memory', 'head -c 1 /proc/kcore | grep -q . || { echo nothing >&2; exit 1; }', /nothing/],
    ['read memory', 'head -c 1 /dev/mem', /No such file/],
    ['load a module', 'modprobe ifb', /Operation not permitted/],
    ['load a module file', 'insmod /lib/modules/*/kernel/drivers/net/ifb.ko*', /Operation not permitted/],
    ['enter the machine itself', 'nsenter -t 1 -m ls /run/lvslab', /Operation not permitted/],
    ['see the other nodes', 'ls /run/lvslab/pids', /No such file/],
    ['undo what is read-only', 'umount /proc/sys', /must be superuser|not permitted|permission denied/],
    ['write what is read-only', 'mount -o remount,bind,rw /proc/sys', /permission denied/],
    // The numbers are reboot(2)'s own.
    [
      'reboot',
      `perl -e 'syscall(169, 0xfee1dead, 672274793, 0x1234567, 0) == 0 or die "$!\n"'`,
      /Operation not permitted/,
    ],
    [
      'leave its root by chroot',
      `mkdir -p /srv/c && perl -e 'chroot "/srv/c"; chdir ".." for 1..9; chroot "."; exec "ls", "/run/lvslab"'`,
      /No such file/,
    ],
    ['set the clock', 'date -s 2020-01-01', /Operation not permitted/],
  ])('cannot %s', async (_, line, refusal) => {
    const tried = await lab(['exec', 'rs1', '--', 'sh', '-c', line]);
    expect(tried.code, tried.stdout).not.toBe(0);
    expect(tried.stderr).toMatch(refusal);
  });

  it('does no harm to the lab by trying', async () => {
    expect(await on('client', 'curl -s --max-time 3 http://vip/')).toMatch(/^rs[12]$/);
    expect((await guest('cat /proc/modules')).stdout).not.toMatch(/^ifb /m);
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

  it('cannot end the lab where all disks are full and memory is short', async () => {
    const folders = ['/srv', '/run', '/dev/shm'];
    for (const node of ['client', 'director', 'rs1', 'rs2'])
      await on(node, folders.map((f) => `cat /dev/zero > ${f}/big 2>/dev/null || true`).join('; '));
    const hog = await lab([
      'exec',
      'rs1',
      '--',
      'perl',
      '-e',
      'push @x, chr(65 + $_ % 9) x (1 << 20) for 1..4000',
    ]);
    // SIGKILL by the kernel, for want of memory.
    expect(hog.code).toBe(137);
    expect(await on('client', 'curl -s --max-time 3 http://vip/')).toMatch(/^rs[12]$/);
    for (const node of ['client', 'director', 'rs1', 'rs2'])
      await on(node, `rm ${folders.map((f) => `${f}/big`).join(' ')}`);
  });

  it('is kept from the host even where the guest kernel is broken into', async () => {
    // The guest's own root stands for somebody who got out of a node.
    const mounted = await guest('mkdir -p /tmp/h && mount -t hostfs -o hostfs=/ none /tmp/h && ls /tmp/h');
    expect(mounted.exitCode, mounted.stderr).toBe(0);
    const root = await findRoot();
    const own = `(/proc/(cpuinfo|self/exe)|${root?.directory ?? '?'}/(linux|root\\.img|manifest\\.json|lib/[\\w.-]+)|/tmp/lab/(pid|mconsole))`;
    // Character devices that hold nothing are there too; they are no files.
    const files = (await guest('find /tmp/h ! -type d ! -path "/tmp/h/dev/*" 2>/dev/null')).stdout.split(
      '\n',
    );
    expect(files).toContain(`/tmp/h${root?.image ?? '?'}`);
    for (const file of files) expect(file).toMatch(new RegExp(`^/tmp/h${own}$`));
    const written = await guest(
      'for d in $(find /tmp/h -type d 2>/dev/null); do touch $d/new 2>/dev/null && echo $d; done; true',
    );
    for (const folder of written.stdout.split('\n')) expect(folder).toMatch(/^\/tmp\/h\/tmp(\/lab)?$/);
    const beyond = await guest(
      'umount /tmp/h && mount -t hostfs -o hostfs=../../../.. none /tmp/h && ls /tmp/h',
    );
    expect(beyond.stdout).toBe(mounted.stdout);
  });

  it('gets no more rights by changing the programs that others run on it', async () => {
    const trap = '#!/bin/bash\ngrep CapEff /proc/self/status >> /root/rights\n';
    await lab(
      [
        'exec',
        'rs1',
        '--',
        'bash',
        '-c',
        'cat > /root/trap; chmod 755 /root/trap; for p in setpriv script env nsenter sh ip sysctl; do cp --remove-destination /root/trap $(command -v $p); done; cp --remove-destination /root/trap /bin/true',
      ],
      { input: trap },
    );
    await lab(['exec', 'rs1', '--', 'true']);
    await lab(['exec', 'rs1', '--', 'sh', '-c', ':']);
    await lab(['status', 'nat']);
    await execa('script', ['-qec', `node ${BIN} shell rs1`, '/dev/null'], {
      input: 'exit\n',
      env,
      reject: false,
    });
    const rights = (await lab(['exec', 'rs1', '--', 'cat', '/root/rights'])).stdout.split('\n');
    expect(rights.length).toBeGreaterThanOrEqual(4);
    const own = Object.values(NODE_CAPABILITIES).reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);
    expect(new Set(rights)).toEqual(new Set([`CapEff:\t${own.toString(16).padStart(16, '0')}`]));
  });

  it('loses its files with the lab', async () => {
    await on('client', 'echo mine > /etc/own');
    await lab(['down', 'nat']);
    await lab(['up', 'nat']);
    expect((await lab(['exec', 'client', '--', 'cat', '/etc/own'])).code).toBe(1);
  });
});
