import { execa } from 'execa';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { user } from './cli.ts';

// A lab without nodes' configuration serves as the bare machine: the script builds its own namespaces in it.
const { lab, on, state } = user('plan-script');
const guest = (line: string, input = '') =>
  execa('ssh', ['-F', '/dev/null', '-o', `ControlPath=${join(state, 'bare', 'ctl')}`, 'guest', line], {
    input,
  });

/** Everything that the plan sets on a node, without what the kernel fills in as it goes. */
const DUMP = [
  "ip -4 -o addr show | sed 's/@[^ ]*//; s/valid_lft.*//' | awk '{$1=\"\"; print}' | sort",
  'ip -4 route show | sort',
  // Link-local addresses and the routes to them are the kernel's.
  "ip -6 -o addr show scope global | sed 's/@[^ ]*//' | awk '{$1=\"\"; print}' | sort",
  'ip -6 route show | grep -v fe80 | sort',
  "sysctl -a 2>/dev/null | grep -E 'ipv6.conf.(all.(forwarding|disable_ipv6)|eth0.(accept_dad|accept_ra)) '",
  "sysctl -a 2>/dev/null | grep -E 'ipv4.(ip_forward|conf.(all|eth0|lo|tunl0).(arp_ignore|arp_announce|rp_filter)) '",
  'ipvsadm -Sn 2>/dev/null || true',
  "tc filter show dev eth0 ingress | sed '/ index /d'",
  // A discipline's number and seed are its own.
  "tc qdisc show | sed 's/netem [0-9a-f]*:/netem/; s/ seed .*//'",
].join('; ');

beforeAll(async () => {
  expect((await lab(['up', 'nat', '--name', 'bare'])).code).toBe(0);
});
afterAll(async () => {
  await lab(['down', '--all']);
});

it.each(['nat', 'tun', 'dr', 'full', 'nat6', 'tun6', 'dual', 'tun-mixed', 'udp-one-packet', 'mark', 'slow'])(
  'the printed plan of %s, run as a script, builds what up builds',
  async (topology) => {
    const script = (await lab(['plan', topology])).stdout;
    // The guest's own root is read-only; ip keeps namespaces in /run, and the script writes the servers' files to a copy.
    await guest(
      'mkdir -p /run/s/u /run/s/w; mount -t tmpfs none /mnt; mkdir /mnt/u /mnt/w; mount -t overlay -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w none /etc; mount -t tmpfs none /var/log; mkdir -p /var/log/nginx; mount -t tmpfs none /var/lib; mkdir -p /var/lib/nginx',
    );
    // Of the daemons only one can have the common pid file; they are no part of what is compared.
    await guest('sh', script.replaceAll(/^on \S+ start-stop-daemon .*$/gm, ''));
    const nodes = [...script.matchAll(/^ip netns add (\S+)$/gm)].map((match) => match[1] ?? '');
    expect(nodes.length).toBeGreaterThan(3);

    expect((await lab(['up', topology])).code).toBe(0);
    for (const node of nodes) {
      const byScript = (await guest(`ip netns exec ${node} sh -c '${DUMP.replaceAll("'", `'\\''`)}'`)).stdout;
      expect(await on(`${topology}/${node}`, DUMP), node).toBe(byScript);
    }
    await lab(['down', topology]);
    // The next script finds the machine as this one did.
    await guest(
      'ip -all netns delete; for b in $(ip -o link show type bridge | cut -d: -f2); do ip link del $b; done; umount /etc /mnt /var/log /var/lib',
    );
  },
);
