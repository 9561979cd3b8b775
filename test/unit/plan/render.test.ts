import { describe, expect, it } from 'vitest';
import { renderStep } from '../../../src/plan/render.ts';
import type { Command } from '../../../src/plan/command.ts';
import type { RealServerStep, Step } from '../../../src/plan/steps.ts';
import { webServer } from '../../../src/plan/web.ts';

const words = (text: string) => text.split(' ');

const REAL: RealServerStep = {
  kind: 'real-server',
  vip: '192.0.2.100',
  servicePort: 80,
  protocol: 'tcp',
  address: '10.0.0.11',
  port: 8080,
  mode: 'nat',
  weight: 3,
  tunnel: 'ipip',
};

const cases: [name: string, step: Step, commands: Command[]][] = [
  [
    'sysctl',
    { kind: 'sysctl', key: 'net.ipv4.ip_forward', value: '1' },
    [{ argv: words('sysctl -qw net.ipv4.ip_forward=1') }],
  ],
  [
    'timeouts',
    { kind: 'timeouts', tcp: 10, tcpfin: 5, udp: 300 },
    [{ argv: words('ipvsadm --set 10 5 300') }],
  ],
  ['link', { kind: 'link', device: 'eth0' }, [{ argv: words('ip link set eth0 up') }]],
  [
    'address',
    { kind: 'address', device: 'lo', address: '192.0.2.100', prefix: 32 },
    [{ argv: words('ip addr replace 192.0.2.100/32 dev lo') }],
  ],
  [
    'tunnel, ipip',
    { kind: 'tunnel', device: 'tunl0', type: 'ipip' },
    [
      { argv: words('ip link add tunl0 type ipip'), unless: words('ip link show tunl0') },
      { argv: words('ip link set tunl0 up') },
    ],
  ],
  [
    'virtual service with flags and persistence',
    {
      kind: 'virtual-service',
      vip: '192.0.2.100',
      port: 80,
      protocol: 'tcp',
      scheduler: 'sh',
      flags: ['sh-port', 'sh-fallback'],
      persistence: { timeout: 30, prefix: 28 },
    },
    [
      {
        argv: words('ipvsadm -A -t 192.0.2.100:80 -s sh -b sh-port,sh-fallback -p 30 -M 255.255.255.240'),
        otherwise: words(
          'ipvsadm -E -t 192.0.2.100:80 -s sh -b sh-port,sh-fallback -p 30 -M 255.255.255.240',
        ),
      },
    ],
  ],
  [
    'real server with thresholds',
    { ...REAL, upper: 10, lower: 8 },
    [
      {
        argv: words('ipvsadm -a -t 192.0.2.100:80 -r 10.0.0.11:8080 -m -w 3 -x 10 -y 8'),
        otherwise: words('ipvsadm -e -t 192.0.2.100:80 -r 10.0.0.11:8080 -m -w 3 -x 10 -y 8'),
      },
    ],
  ],
  [
    'tunnel, gre',
    { kind: 'tunnel', device: 'gre0', type: 'gre' },
    [
      { argv: words('ip link add gre0 type gre'), unless: words('ip link show gre0') },
      { argv: words('ip link set gre0 up') },
    ],
  ],
  [
    'tunnel, gue',
    { kind: 'tunnel', device: 'tunl0', type: 'ipip', gue: 4 },
    [
      { argv: words('ip link add tunl0 type ipip'), unless: words('ip link show tunl0') },
      {
        argv: words('ip fou add port 5555 gue'),
        unless: ['sh', '-c', 'ip fou show | grep -q "port 5555 gue *$"'],
      },
      { argv: words('ip link set tunl0 up') },
    ],
  ],
  [
    'route by a neighbour',
    { kind: 'route', to: 'default', via: '10.0.0.1' },
    [{ argv: words('ip route replace default via 10.0.0.1') }],
  ],
  [
    'route with everything',
    {
      kind: 'route',
      to: '10.1.0.0/24',
      via: '10.0.0.1',
      device: 'eth1',
      source: '10.0.0.11',
      advmss: 1440,
    },
    [{ argv: words('ip route replace 10.1.0.0/24 via 10.0.0.1 dev eth1 src 10.0.0.11 advmss 1440') }],
  ],
  [
    'mark, the first of a device',
    {
      kind: 'mark',
      device: 'eth0',
      rule: 1,
      vip: '192.0.2.100',
      port: 80,
      protocol: 'tcp',
      mark: 7,
    },
    [
      { argv: words('tc qdisc replace dev eth0 clsact') },
      {
        argv: words(
          'tc filter replace dev eth0 ingress protocol ip pref 1 handle 1 flower ip_proto tcp dst_ip 192.0.2.100 dst_port 80 action skbedit mark 7',
        ),
      },
    ],
  ],
  [
    'mark, another one',
    {
      kind: 'mark',
      device: 'eth0',
      rule: 2,
      vip: '192.0.2.100',
      port: 53,
      protocol: 'udp',
      mark: 7,
    },
    [
      {
        argv: words(
          'tc filter replace dev eth0 ingress protocol ip pref 2 handle 1 flower ip_proto udp dst_ip 192.0.2.100 dst_port 53 action skbedit mark 7',
        ),
      },
    ],
  ],
  [
    'virtual service over UDP with one-packet scheduling',
    {
      kind: 'virtual-service',
      vip: '192.0.2.100',
      port: 53,
      protocol: 'udp',
      scheduler: 'rr',
      onePacket: true,
    },
    [
      {
        argv: words('ipvsadm -A -u 192.0.2.100:53 -s rr -o'),
        otherwise: words('ipvsadm -E -u 192.0.2.100:53 -s rr -o'),
      },
    ],
  ],
  [
    'virtual service by mark',
    {
      kind: 'virtual-service',
      vip: '192.0.2.100',
      port: 80,
      protocol: 'tcp',
      mark: 7,
      scheduler: 'rr',
      persistence: { timeout: 60 },
    },
    [
      {
        argv: words('ipvsadm -A -f 7 -s rr -p 60'),
        otherwise: words('ipvsadm -E -f 7 -s rr -p 60'),
      },
    ],
  ],
  [
    'sync daemon',
    { kind: 'sync-daemon', role: 'master', device: 'eth1', id: 7 },
    [
      {
        argv: words('ipvsadm --start-daemon master --mcast-interface eth1 --syncid 7'),
        unless: ['sh', '-c', 'ipvsadm -l --daemon | grep -q "^master sync daemon (mcast=eth1, syncid=7,"'],
      },
    ],
  ],
  [
    'real server over UDP',
    { ...REAL, servicePort: 53, protocol: 'udp', port: 53, mode: 'dr' },
    [
      {
        argv: words('ipvsadm -a -u 192.0.2.100:53 -r 10.0.0.11:53 -g -w 3'),
        otherwise: words('ipvsadm -e -u 192.0.2.100:53 -r 10.0.0.11:53 -g -w 3'),
      },
    ],
  ],
  [
    'real server by mark',
    { ...REAL, mark: 7 },
    [
      {
        argv: words('ipvsadm -a -f 7 -r 10.0.0.11:0 -m -w 3'),
        otherwise: words('ipvsadm -e -f 7 -r 10.0.0.11:0 -m -w 3'),
      },
    ],
  ],
  [
    'mark and services by mark over IPv6: the mark',
    {
      kind: 'mark',
      device: 'eth0',
      rule: 2,
      vip: '2001:db8::100',
      port: 80,
      protocol: 'tcp',
      mark: 7,
    },
    [
      {
        argv: words(
          'tc filter replace dev eth0 ingress protocol ipv6 pref 2 handle 1 flower ip_proto tcp dst_ip 2001:db8::100 dst_port 80 action skbedit mark 7',
        ),
      },
    ],
  ],
  [
    'virtual service by mark over IPv6',
    {
      kind: 'virtual-service',
      vip: '2001:db8::100',
      port: 80,
      protocol: 'tcp',
      mark: 7,
      scheduler: 'rr',
    },
    [{ argv: words('ipvsadm -A -f 7 -6 -s rr'), otherwise: words('ipvsadm -E -f 7 -6 -s rr') }],
  ],
  [
    'real server by mark over IPv6',
    { ...REAL, vip: '2001:db8::100', address: '2001:db8:2::11', mark: 7 },
    [
      {
        argv: words('ipvsadm -a -f 7 -6 -r [2001:db8:2::11]:0 -m -w 3'),
        otherwise: words('ipvsadm -e -f 7 -6 -r [2001:db8:2::11]:0 -m -w 3'),
      },
    ],
  ],
  [
    'certificate',
    {
      kind: 'certificate',
      name: 'rs1',
      addresses: ['192.0.2.100', '192.0.2.101'],
      keyFile: '/etc/k',
      certificateFile: '/etc/c',
    },
    [
      {
        argv: words(
          'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 3650 -subj /CN=rs1 -addext subjectAltName=IP:192.0.2.100,IP:192.0.2.101 -keyout /etc/k -out /etc/c',
        ),
        unless: words('test -s /etc/c'),
      },
    ],
  ],
  [
    'virtual service',
    { kind: 'virtual-service', vip: '192.0.2.100', port: 443, protocol: 'tcp', scheduler: 'wlc' },
    [
      {
        argv: words('ipvsadm -A -t 192.0.2.100:443 -s wlc'),
        otherwise: words('ipvsadm -E -t 192.0.2.100:443 -s wlc'),
      },
    ],
  ],
  [
    'real server, nat',
    REAL,
    [
      {
        argv: words('ipvsadm -a -t 192.0.2.100:80 -r 10.0.0.11:8080 -m -w 3'),
        otherwise: words('ipvsadm -e -t 192.0.2.100:80 -r 10.0.0.11:8080 -m -w 3'),
      },
    ],
  ],
  [
    'real server, dr, whatever tunnel its service names',
    { ...REAL, mode: 'dr', port: 80, weight: 0, tunnel: 'gre' },
    [
      {
        argv: words('ipvsadm -a -t 192.0.2.100:80 -r 10.0.0.11:80 -g -w 0'),
        otherwise: words('ipvsadm -e -t 192.0.2.100:80 -r 10.0.0.11:80 -g -w 0'),
      },
    ],
  ],
  [
    'real server, tun ipip',
    { ...REAL, mode: 'tun', port: 80 },
    [
      {
        argv: words('ipvsadm -a -t 192.0.2.100:80 -r 10.0.0.11:80 -i -w 3'),
        otherwise: words('ipvsadm -e -t 192.0.2.100:80 -r 10.0.0.11:80 -i -w 3'),
      },
    ],
  ],
  [
    'real server, tun gre',
    { ...REAL, mode: 'tun', port: 80, tunnel: 'gre' },
    [
      {
        argv: words('ipvsadm -a -t 192.0.2.100:80 -r 10.0.0.11:80 -i -w 3 --tun-type gre'),
        otherwise: words('ipvsadm -e -t 192.0.2.100:80 -r 10.0.0.11:80 -i -w 3 --tun-type gre'),
      },
    ],
  ],
  [
    'real server, tun gue',
    { ...REAL, mode: 'tun', port: 80, tunnel: 'gue' },
    [
      {
        argv: words('ipvsadm -a -t 192.0.2.100:80 -r 10.0.0.11:80 -i -w 3 --tun-type gue --tun-port 5555'),
        otherwise: words(
          'ipvsadm -e -t 192.0.2.100:80 -r 10.0.0.11:80 -i -w 3 --tun-type gue --tun-port 5555',
        ),
      },
    ],
  ],
  [
    'link quality',
    { kind: 'link-quality', device: 'eth1', delay: 20_000, jitter: 500, loss: 0.5, rate: 10_000_000 },
    [
      { argv: words('ip link set eth1 gso_max_segs 1') },
      {
        argv: words('tc qdisc replace dev eth1 root netem limit 100 delay 20ms 500us loss 0.5% rate 10mbit'),
      },
    ],
  ],
  [
    'link quality, delay alone',
    { kind: 'link-quality', device: 'eth0', delay: 1_500_000 },
    [
      { argv: words('ip link set eth0 gso_max_segs 1') },
      { argv: words('tc qdisc replace dev eth0 root netem limit 100000 delay 1500ms') },
    ],
  ],
  [
    'link quality, plain again',
    { kind: 'link-quality', device: 'eth0', delay: 0 },
    [
      { argv: words('ip link set eth0 gso_max_segs 65535') },
      {
        argv: words('tc qdisc del dev eth0 root'),
        unless: ['sh', '-c', "tc qdisc show dev eth0 root | grep -q '^qdisc noqueue '"],
      },
    ],
  ],
  [
    'file',
    { kind: 'file', path: '/etc/motd', content: 'hello\n' },
    [{ argv: ['tee', '/etc/motd'], file: { path: '/etc/motd', content: 'hello\n' } }],
  ],
  [
    'daemon',
    { kind: 'daemon', name: 'web', argv: ['/usr/sbin/nginx', '-c', '/x'], pidfile: '/run/web.pid', logs: [] },
    [
      {
        argv: words(
          'start-stop-daemon --start --oknodo --quiet --pidfile /run/web.pid --exec /usr/sbin/nginx -- -c /x',
        ),
        first: { absent: '/run/web.pid', argv: words('/usr/sbin/nginx -c /x') },
      },
    ],
  ],
];

describe('a step', () => {
  it.each(cases)('%s', (_, step, commands) => {
    expect(renderStep(step)).toEqual(commands);
  });

  it('of every kind has its case above', () => {
    // A kind that is added to Step and not here fails to compile.
    const kinds: Record<Step['kind'], true> = {
      sysctl: true,
      timeouts: true,
      link: true,
      'link-quality': true,
      address: true,
      tunnel: true,
      route: true,
      'virtual-service': true,
      'real-server': true,
      mark: true,
      'sync-daemon': true,
      file: true,
      certificate: true,
      daemon: true,
    };
    expect([...new Set(cases.map(([, step]) => step.kind))].sort()).toEqual(Object.keys(kinds).sort());
  });
});

it('the web server names the node in body and header, and logs to the files that it declares', () => {
  const [file, daemon] = webServer('rs7', [80, 8080]);
  if (file?.kind !== 'file' || daemon?.kind !== 'daemon') throw new Error('not a file and a daemon');
  expect(file.content).toContain('    listen 80;\n    listen 8080;\n');
  expect(file.content).toContain('location = / { return 200 "rs7\\n"; }');
  expect(file.content).toContain('add_header X-Real-Server rs7 always;');
  expect(daemon.argv).toEqual(['/usr/sbin/nginx', '-c', file.path]);
  expect(daemon.logs).toHaveLength(2);
  for (const log of daemon.logs) expect(file.content).toContain(` ${log}`);
  expect(file.content).toContain(`pid ${daemon.pidfile};`);
});
