import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/proof/verdict.ts';
import { user } from './cli.ts';

/** What is set on a node, how it is undone, and what must be said of it; nothing else may be asked about. */
interface Break {
  name: string;
  node: string;
  breaks: string;
  fixes: string;
  says: RegExp;
}

const CASE = join(import.meta.dirname, '../fixtures/cases');
const sysctl = (name: string, value: number) => `sysctl -qw net.ipv4.conf.${name}=${value}`;

/** One request shows each: all real servers are broken alike, or the director is. */
const LABS: { name: string; topology: string; breaks: Break[] }[] = [
  {
    name: 'c07-dr-director-gateway',
    topology: join(CASE, 'c07-dr-director-gateway.yaml'),
    breaks: [
      {
        name: 'accept_local off',
        node: 'director',
        breaks: sysctl('eth1.accept_local', 0),
        fixes: sysctl('eth1.accept_local', 1),
        says: /→ director eth1 and no further: accept_local is 0 on director eth1, and the packet's source 172\.16\.10\.30 is an address of director's own \(/,
      },
      {
        name: 'rp_filter on for all',
        node: 'director',
        breaks: sysctl('all.rp_filter', 1),
        fixes: sysctl('all.rp_filter', 0),
        says: /→ director eth1 and no further: rp_filter is 1 on director eth1 \(by net\.ipv4\.conf\.all\.rp_filter\), .*172\.16\.10\.30[^;]*$/,
      },
    ],
  },
  {
    name: 'nat',
    topology: 'nat',
    breaks: [
      {
        name: 'no route to the client',
        node: 'rs*',
        breaks: 'ip route del default',
        fixes: 'ip route add default via 10.0.0.1',
        says: /arrived at (rs[12]) eth0 .*no answer left it: \1 has no route to 203\.0\.113\.101 \(/,
      },
      {
        name: 'an interface that is down, and the routes that went with it',
        node: 'director',
        breaks: 'ip link set eth1 down',
        fixes: 'ip link set eth1 up',
        says: /director has no route to 10\.0\.0\.1[12]: eth1 is down there \(/,
      },
      {
        name: 'a filter of tc that drops',
        node: 'director',
        breaks:
          'tc qdisc add dev eth1 clsact && tc filter add dev eth1 ingress protocol ip flower ip_proto tcp src_port 80 action drop',
        fixes: 'tc qdisc del dev eth1 clsact',
        says: /director eth1 and no further: on director a tc filter on eth1 ingress \(.*src_port 80\) drops it, \d+ packets so far \(/,
      },
    ],
  },
  {
    name: 'dr',
    topology: 'dr',
    breaks: [
      {
        name: 'a web server that listens on the real address alone',
        node: 'rs*',
        breaks:
          'nginx -c /etc/nginx/lab.conf -s stop; while [ -e /run/web.pid ]; do sleep 0.05; done; sed "s/listen .*80/listen $(hostname -I | cut -d" " -f1):80/" /etc/nginx/lab.conf >/run/own.conf; nginx -c /run/own.conf',
        fixes:
          'nginx -c /run/own.conf -s stop; while [ -e /run/web.pid ]; do sleep 0.05; done; nginx -c /etc/nginx/lab.conf',
        says: /on (rs[12]) nothing listens on 192\.0\.2\.100:80; it listens on 192\.0\.2\.1[12]:80 only \(/,
      },
    ],
  },
];

describe.each(LABS)('why packets are lost: $name', ({ name, topology, breaks }) => {
  const { lab, on, json } = user(`causes-${name}`);

  beforeAll(async () => {
    const up = await lab(['up', topology]);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    await lab(['down', '--all']);
  });

  it.each(breaks)('$name', async ({ node, breaks: harm, fixes, says }) => {
    const nodes = node === 'rs*' ? ['rs1', 'rs2'] : [node];
    for (const one of nodes) await on(one, harm);
    const { verdicts } = await json<{ verdicts: Verdict[] }>(['trace', name]);
    for (const one of nodes) await on(one, fixes);
    const broken = verdicts.filter((v) => v.outcome === 'fail' && v.claim.kind === 'reply-from-vip');
    expect(broken.map((v) => v.why)).toEqual([expect.stringMatching(says)]);
    expect(broken[0]?.why).not.toMatch(/ip_forward|\?/);
  });
});
