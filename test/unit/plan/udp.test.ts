import { describe, expect, it } from 'vitest';
import type { Step } from '../../../src/plan/steps.ts';
import type { Plan } from '../../../src/plan/types.ts';
import { nodeCommands } from '../../../src/plan/script.ts';
import { commandsWith, nodeOf, planOf } from './labs.ts';

const LAN =
  'networks: { lan: 192.0.2.0/24 }\nnodes: { client: { on: lan }, director: { on: lan }, rs: { on: lan, count: 2 } }\n';
const NAT =
  'networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }\nnodes: { client: { on: front }, director: { on: [front, back] }, rs: { on: back, count: 2 } }\n';

const daemons = (plan: Plan, node: string) =>
  nodeOf(plan, node)
    .steps.filter((step) => step.kind === 'daemon')
    .map((step) => step.name);
const file = (plan: Plan, node: string, path: string) =>
  nodeOf(plan, node).steps.find(
    (step): step is Extract<Step, { kind: 'file' }> => step.kind === 'file' && step.path === path,
  )?.content ?? '';

describe('a DNS server', () => {
  it('listens on the VIP alone where the packets keep it', () => {
    const plan = planOf(`mode: dr\n${LAN}services: [{ vip: 192.0.2.100, protocol: udp }]`);
    expect(daemons(plan, 'rs1')).toEqual(['dns']);
    const config = file(plan, 'rs1', '/etc/dns.conf');
    expect(config).toContain('\nport=53\nbind-interfaces\nlisten-address=192.0.2.100\n');
    expect(config.match(/^listen-address/gm)).toHaveLength(1);
    expect(config).toContain('txt-record=whoami,rs1\nhost-record=whoami,192.0.2.11\n');
  });

  it('can be asked at its own address as well by whoever looks after it', () => {
    const plan = planOf(
      `mode: dr\n${LAN}services: [{ vip: 192.0.2.100, protocol: udp, health: { check: external, command: 'drill @$3 whoami txt' } }]`,
    );
    expect(file(plan, 'rs1', '/etc/dns.conf')).toContain(
      '\nlisten-address=192.0.2.100\nlisten-address=192.0.2.11\n',
    );
  });

  it('listens on its own address behind NAT', () => {
    const plan = planOf(
      `${NAT}services: [{ vip: 203.0.113.100, protocol: udp, servers: [{ node: rs1, port: 5353 }] }]`,
    );
    expect(daemons(plan, 'rs1')).toEqual(['dns-5353']);
    expect(file(plan, 'rs1', '/etc/dns-5353.conf')).toContain(
      '\nport=5353\nbind-interfaces\nlisten-address=10.0.0.11\n',
    );
    expect(commandsWith(plan, 'director', 'ipvsadm')).toEqual([
      'ipvsadm -A -u 203.0.113.100:53 -s rr',
      'ipvsadm -a -u 203.0.113.100:53 -r 10.0.0.11:5353 -m -w 1',
    ]);
  });

  it('is one for UDP and TCP, and for several VIPs, and stands beside the web server', () => {
    const plan = planOf(
      `mode: dr\n${LAN}services: [{ vip: 192.0.2.100, protocol: udp }, { vip: 192.0.2.101, port: 53 }, { vip: 192.0.2.100 }]`,
    );
    expect(daemons(plan, 'rs1')).toEqual(['web', 'dns']);
    expect(file(plan, 'rs1', '/etc/dns.conf')).toContain(
      'listen-address=192.0.2.100\nlisten-address=192.0.2.101\n',
    );
    expect(file(plan, 'rs1', '/etc/nginx/lab.conf').match(/listen .*/g)).toEqual(['listen 80;']);
  });
});

describe('one-packet scheduling', () => {
  it('is an option of the service', () => {
    const plan = planOf(`mode: dr\n${LAN}services: [{ vip: 192.0.2.100, protocol: udp, one-packet: true }]`);
    expect(commandsWith(plan, 'director', 'ipvsadm -A')).toEqual(['ipvsadm -A -u 192.0.2.100:53 -s rr -o']);
  });
});

describe('a mark', () => {
  const plan = planOf(
    `${NAT}services: [{ vip: 203.0.113.100, mark: 7, ports: [80, 443] }, { vip: 203.0.113.101 }, { vip: 203.0.113.102, mark: 8, ports: [53/udp] }]`,
  );

  it('is put on everything of the service on every interface, before IPVS has it as one', () => {
    const rules = commandsWith(plan, 'director', 'tc filter');
    expect(
      rules.map((rule) =>
        rule.replace(
          /.*dev (eth\d) .* pref (\d) .* ip_proto (\w+) dst_ip (\S+) dst_port (\d+) .* mark (\d)$/,
          '$1 $2: $4:$5/$3 → $6',
        ),
      ),
    ).toEqual(
      ['eth0', 'eth1'].flatMap((device) => [
        `${device} 1: 203.0.113.100:80/tcp → 7`,
        `${device} 2: 203.0.113.100:443/tcp → 7`,
        `${device} 3: 203.0.113.102:53/udp → 8`,
      ]),
    );
    expect(commandsWith(plan, 'director', 'tc qdisc')).toHaveLength(2);
    expect(commandsWith(plan, 'director', 'ipvsadm')).toEqual([
      'ipvsadm -A -f 7 -s rr',
      'ipvsadm -a -f 7 -r 10.0.0.11:0 -m -w 1',
      'ipvsadm -a -f 7 -r 10.0.0.12:0 -m -w 1',
      'ipvsadm -A -t 203.0.113.101:80 -s rr',
      'ipvsadm -a -t 203.0.113.101:80 -r 10.0.0.11:80 -m -w 1',
      'ipvsadm -a -t 203.0.113.101:80 -r 10.0.0.12:80 -m -w 1',
      'ipvsadm -A -f 8 -s rr',
      'ipvsadm -a -f 8 -r 10.0.0.11:0 -m -w 1',
      'ipvsadm -a -f 8 -r 10.0.0.12:0 -m -w 1',
    ]);
  });

  it('needs traffic control of the kernel, and nothing else does', () => {
    expect(plan.modules).toEqual(expect.arrayContaining(['sch_ingress', 'cls_flower', 'act_skbedit']));
    expect(planOf(`${NAT}services: [{ vip: 203.0.113.100 }]`).modules).toEqual(['ip_vs', 'ip_vs_rr']);
  });

  it('gets every real server to speak TLS with a certificate of its own, made once', () => {
    for (const node of ['rs1', 'rs2']) {
      const commands = nodeCommands(nodeOf(plan, node));
      const made = commands.findIndex((c) => c.includes('openssl req'));
      expect(commands[made]).toMatch(
        /^test -s \/etc\/nginx\/lab.crt >\/dev\/null 2>&1 \|\| openssl req -x509 -CA \/etc\/nginx\/authority.crt -CAkey \/etc\/nginx\/authority.key /,
      );
      // Good for whom clients ask and for whom a check asks.
      const address = nodeOf(plan, node).interfaces[0]?.addresses[0]?.address ?? '';
      expect(commands[made]).toContain(
        `-subj /CN=${node} -addext subjectAltName=IP:203.0.113.100,IP:${address} `,
      );
      const signer = commands.findIndex((c) => c.startsWith('cat > /etc/nginx/authority.key '));
      expect(signer).toBeGreaterThanOrEqual(0);
      expect(signer).toBeLessThan(made);
      expect(made).toBeLessThan(commands.findIndex((c) => c.includes('/usr/sbin/nginx')));
      expect(file(plan, node, '/etc/nginx/lab.conf')).toContain(
        '    listen 80;\n    listen 443 ssl;\n    ssl_certificate /etc/nginx/lab.crt;\n    ssl_certificate_key /etc/nginx/lab.key;\n',
      );
    }
  });
});
