import { describe, expect, it } from 'vitest';
import { fixCommands, type Difference } from '../../../src/drift/compare.ts';
import { commandText } from '../../../src/plan/script.ts';
import { recorded, swap } from './recorded.ts';

const NAT_DIRECTOR = recorded('nat', 'director');
const NAT_SERVER = recorded('nat', 'rs1');
const DR_SERVER = recorded('dr', 'rs1');
const TUN_SERVER = recorded('tun-gue', 'rs1');
const MIXED_DIRECTOR = recorded('tun-mixed', 'director');
const MARK_DIRECTOR = recorded('mark', 'director');
const MARK_SERVER = recorded('mark', 'rs1');
const MIXED_SERVER = recorded('tun-mixed', 'rs1');

/** `state kind name: attribute planned → found` */
function words(differences: Difference[]): string[] {
  return differences.map(({ state, kind, name, changes }) =>
    [
      `${state} ${kind} ${name}`,
      ...changes.map((c) => `${c.attribute} ${c.planned ?? '-'} → ${c.found ?? '-'}`),
    ].join(': '),
  );
}
function fixes(differences: Difference[]): string[] {
  return fixCommands(differences).map(commandText);
}

describe('a node that nobody touched', () => {
  it.each([
    ['a director', NAT_DIRECTOR],
    ['a NAT server', NAT_SERVER],
    ['a DR server', DR_SERVER],
    ['a TUN server', TUN_SERVER],
    ['a director of both families', MIXED_DIRECTOR],
    ['a director of marks', MARK_DIRECTOR],
    ['a server of TLS', MARK_SERVER],
    ['a server with tunnels between the families', MIXED_SERVER],
  ])('%s is as planned, and all of it could be read', (_, node) => {
    expect(node.look()).toEqual([]);
    expect(node.foundIn(node.text).unread).toEqual([]);
  });
});

type Case = [
  what: string,
  node: typeof NAT_SERVER,
  change: (dump: string) => string,
  said: string[],
  fix: string[],
];

const SERVER = '-a -t 203.0.113.100:80 -r 10.0.0.12:80 -m -w 1\n';
const CASES: Case[] = [
  [
    'another scheduler',
    NAT_DIRECTOR,
    swap('-s rr', '-s wrr'),
    ['changed service tcp 203.0.113.100:80: scheduler rr → wrr'],
    ['ipvsadm -E -t 203.0.113.100:80 -s rr'],
  ],
  [
    'persistence and flags',
    NAT_DIRECTOR,
    swap('-s rr', '-s rr -p 60 -M 255.255.255.0 -o'),
    [
      'changed service tcp 203.0.113.100:80: persistence - → 60: netmask - → 255.255.255.0: one-packet - → yes',
    ],
    ['ipvsadm -E -t 203.0.113.100:80 -s rr'],
  ],
  [
    'a weight, a limit and a method',
    NAT_DIRECTOR,
    swap(SERVER, '-a -t 203.0.113.100:80 -r 10.0.0.12:80 -g -w 5 -x 10 -y 5\n'),
    [
      'changed real server tcp 203.0.113.100:80 → 10.0.0.12:80: method nat → dr: weight 1 → 5: upper limit - → 10: lower limit - → 5',
    ],
    ['ipvsadm -e -t 203.0.113.100:80 -r 10.0.0.12:80 -m -w 1'],
  ],
  [
    'a server less',
    NAT_DIRECTOR,
    swap(SERVER, ''),
    ['missing real server tcp 203.0.113.100:80 → 10.0.0.12:80'],
    ['ipvsadm -a -t 203.0.113.100:80 -r 10.0.0.12:80 -m -w 1'],
  ],
  [
    'services more',
    NAT_DIRECTOR,
    swap(SERVER, `${SERVER}-A -f 3 -6 -s rr\n-a -f 3 -6 -r [2001:db8::1]:0 -m -w 1\n`),
    ['extra service fwmark 3 IPv6', 'extra real server fwmark 3 IPv6 → [2001:db8::1]:0'],
    ["ipvsadm -d -f 3 -6 -r '[2001:db8::1]:0'", 'ipvsadm -D -f 3 -6'],
  ],
  [
    'the whole table gone',
    NAT_DIRECTOR,
    swap(/-A -t [^]*?\n\n/, '\n'),
    [
      'missing service tcp 203.0.113.100:80',
      'missing real server tcp 203.0.113.100:80 → 10.0.0.11:80',
      'missing real server tcp 203.0.113.100:80 → 10.0.0.12:80',
    ],
    [
      'ipvsadm -A -t 203.0.113.100:80 -s rr',
      'ipvsadm -a -t 203.0.113.100:80 -r 10.0.0.11:80 -m -w 1',
      'ipvsadm -a -t 203.0.113.100:80 -r 10.0.0.12:80 -m -w 1',
    ],
  ],
  [
    'other timeouts',
    NAT_DIRECTOR,
    swap('900 120 300', '60 120 300'),
    ['changed timeouts ipvs: tcp 900 → 60'],
    ['ipvsadm --set 900 120 300'],
  ],
  [
    'a sysctl of the plan',
    DR_SERVER,
    swap('conf/all/arp_ignore:1', 'conf/all/arp_ignore:0'),
    ['changed sysctl net.ipv4.conf.all.arp_ignore: value 1 → 0'],
    ['sysctl -qw net.ipv4.conf.all.arp_ignore=1'],
  ],
  [
    'a sysctl that the plan does not name',
    NAT_DIRECTOR,
    swap('vs/expire_nodest_conn:0', 'vs/expire_nodest_conn:1'),
    ['changed sysctl net.ipv4.vs.expire_nodest_conn: value 0 → 1'],
    ['sysctl -qw net.ipv4.vs.expire_nodest_conn=0'],
  ],
  [
    'forwarding, which turns others with it',
    NAT_DIRECTOR,
    (dump) => {
      const off = swap('ipv4/ip_forward:1', 'ipv4/ip_forward:0')(dump);
      return swap(
        'conf/all/accept_redirects:0',
        'conf/all/accept_redirects:1',
      )(off.replaceAll(/(ipv4\/conf\/\w+\/forwarding):1/g, '$1:0'));
    },
    ['changed sysctl net.ipv4.ip_forward: value 1 → 0'],
    ['sysctl -qw net.ipv4.ip_forward=1'],
  ],
  [
    'an address more',
    NAT_SERVER,
    swap(
      '"addr_info":[{"family":"inet","local":"10.0.0.11"',
      '"addr_info":[{"family":"inet","local":"10.0.0.99","prefixlen":24,"scope":"global"},{"family":"inet","local":"10.0.0.11"',
    ),
    ['extra address 10.0.0.99/24 on eth0'],
    ['ip addr del 10.0.0.99/24 dev eth0'],
  ],
  [
    'the VIP gone',
    DR_SERVER,
    swap(/\{"family":"inet","local":"[\d.]+","prefixlen":32[^}]*\}/, '{}'),
    ['missing address 192.0.2.100/32 on lo'],
    ['ip addr replace 192.0.2.100/32 dev lo'],
  ],
  [
    'another gateway',
    NAT_SERVER,
    swap('"gateway":"10.0.0.1"', '"gateway":"10.0.0.12"'),
    ['changed route default: via 10.0.0.1 → 10.0.0.12'],
    ['ip route replace default via 10.0.0.1'],
  ],
  [
    'the route to its own network gone',
    NAT_SERVER,
    swap(/\{[^{]*"dst":"10.0.0.0\/24"[^}]*\},/, ''),
    ['missing route 10.0.0.0/24'],
    ['ip route replace 10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.11'],
  ],
  [
    'routes more, in any table',
    NAT_SERVER,
    swap(
      '[{"type":"unicast","dst":"default"',
      '[{"type":"blackhole","dst":"10.8.0.0/16","protocol":"boot"},{"type":"unicast","dst":"10.9.0.0/16","dev":"eth0","table":"100","metric":7},{"type":"unicast","dst":"default"',
    ),
    ['extra route blackhole 10.8.0.0/16', 'extra route 10.9.0.0/16 metric 7 table 100'],
    ['ip route del blackhole 10.8.0.0/16', 'ip route del 10.9.0.0/16 dev eth0 table 100 metric 7'],
  ],
  [
    'a route that announces another segment size',
    TUN_SERVER,
    swap('"advmss":1428', '"advmss":1460'),
    ['changed route default: advmss 1428 → 1460'],
    ['ip route replace default via 198.51.100.254 advmss 1428'],
  ],
  [
    'a rule and a neighbour more',
    NAT_SERVER,
    (dump) =>
      swap(
        '{"priority":32766',
        '{"priority":32765,"src":"all","fwmark":"0x1","table":"100"},{"priority":32766',
      )(swap('\n[]\n', '\n[{"dst":"10.0.0.50","dev":"eth0","lladdr":"02:00:00:00:00:01"}]\n')(dump)),
    ['extra rule from all fwmark 0x1 lookup 100', 'extra neighbour 10.0.0.50 on eth0'],
    ['ip neigh del 10.0.0.50 dev eth0', 'ip rule del pref 32765'],
  ],
  [
    'a link down, with another MTU',
    NAT_SERVER,
    swap(
      '"flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"mtu":1500',
      '"flags":["BROADCAST","MULTICAST"],"mtu":1400',
    ),
    ['changed link eth0: state up → down: mtu 1500 → 1400'],
    ['ip link set eth0 address 02:00:00:02:00:02 mtu 1500 arp on up'],
  ],
  [
    'links more: one made, and one of the kernel’s own brought up',
    NAT_SERVER,
    swap(
      '[{"ifindex":1',
      '[{"ifname":"dummy0","flags":[],"mtu":1500,"addr_info":[]},{"ifname":"tunl0","flags":["UP"],"mtu":1480,"addr_info":[]},{"ifindex":1',
    ),
    ['extra link dummy0', 'extra link tunl0'],
    ['ip link del dummy0', 'ip link set tunl0 down'],
  ],
  [
    'a link of the kernel’s own that is down is nobody’s doing',
    NAT_SERVER,
    swap('[{"ifindex":1', '[{"ifname":"tunl0","flags":["NOARP"],"mtu":1480,"addr_info":[]},{"ifindex":1'),
    [],
    [],
  ],
  [
    'the tunnel down, and its port closed',
    TUN_SERVER,
    (dump) =>
      swap(
        '"ifname":"tunl0","flags":["NOARP","UP","LOWER_UP"]',
        '"ifname":"tunl0","flags":["NOARP"]',
      )(swap('port 5555 gue', '')(dump)),
    ['changed link tunl0: state up → down', 'missing tunnel port 5555'],
    [
      'ip link show tunl0 >/dev/null 2>&1 || ip link add tunl0 type ipip',
      `sh -c 'ip fou show | grep -q "port 5555 gue *$"' >/dev/null 2>&1 || ip fou add port 5555 gue`,
      'ip link set tunl0 up',
    ],
  ],
  [
    'netem and another discipline',
    NAT_DIRECTOR,
    (dump) =>
      swap(
        /\{"kind":"noqueue","handle":"0:","dev":"eth0"[^}]*\}\}/,
        '{"kind":"netem","handle":"8001:","dev":"eth0","root":true,"options":{"limit":1000,"delay":{"delay":0.02,"jitter":0.002,"correlation":0},"loss-random":{"loss":0.01,"correlation":0},"rate":{"rate":1250000}}}',
      )(
        swap(
          /\{"kind":"noqueue","handle":"0:","dev":"eth1"[^}]*\}\}/,
          '{"kind":"tbf","handle":"8002:","dev":"eth1","root":true,"options":{"rate":125000}}',
        )(dump),
      ),
    ['extra link quality eth0', 'extra link quality eth1'],
    [
      'ip link set eth1 gso_max_segs 65535',
      `sh -c 'tc qdisc show dev eth1 root | grep -q '\\''^qdisc noqueue '\\''' >/dev/null 2>&1 || tc qdisc del dev eth1 root`,
      'ip link set eth0 gso_max_segs 65535',
      `sh -c 'tc qdisc show dev eth0 root | grep -q '\\''^qdisc noqueue '\\''' >/dev/null 2>&1 || tc qdisc del dev eth0 root`,
    ],
  ],
  [
    'marks: another one, one less, and a rule that does something else',
    MARK_DIRECTOR,
    swap(
      /\n\[\{"protocol":"ip","pref":1[^\n]*\n\nend-of 0 marks eth0/,
      '\n[{"pref":1,"kind":"flower","options":{"keys":{"eth_type":"ipv4","ip_proto":"tcp","dst_ip":"203.0.113.100","dst_port":80},"actions":[{"kind":"skbedit","mark":7}]}},{"pref":9,"kind":"flower"},{"pref":9,"kind":"flower","options":{"keys":{},"actions":[{"kind":"gact"}]}}]\n\nend-of 0 marks eth0',
    ),
    [
      'changed mark eth0 rule 1: action skbedit mark 1 → skbedit mark 7',
      'missing mark eth0 rule 2',
      'extra filter eth0 rule 9',
    ],
    [
      'tc filter del dev eth0 ingress pref 9',
      'tc qdisc replace dev eth0 clsact',
      'tc filter replace dev eth0 ingress protocol ip pref 1 handle 1 flower ip_proto tcp dst_ip 203.0.113.100 dst_port 80 action skbedit mark 1',
      'tc filter replace dev eth0 ingress protocol ip pref 2 handle 1 flower ip_proto tcp dst_ip 203.0.113.100 dst_port 443 action skbedit mark 1',
    ],
  ],
  [
    'a hook where the plan has no marks',
    NAT_SERVER,
    swap('[{"kind":"noqueue"', '[{"kind":"clsact","dev":"eth0"},{"kind":"noqueue"'),
    ['extra filter eth0 clsact'],
    ['tc qdisc del dev eth0 clsact'],
  ],
  [
    'an address of IPv6 that may now be a source',
    MIXED_DIRECTOR,
    swap('"deprecated":true,', ''),
    ['changed address 2001:db8:1::100/128 on eth0: deprecated yes → -'],
    ['ip addr replace 2001:db8:1::100/128 dev eth0 preferred_lft 0'],
  ],
  [
    'a service and a server of IPv6',
    MIXED_DIRECTOR,
    swap('-t [2001:db8:1::100]:80 -s rr', '-t [2001:db8:1::100]:80 -s rr -p 30 -M 64'),
    ['changed service tcp [2001:db8:1::100]:80: persistence - → 30: netmask - → 64'],
    ["ipvsadm -E -t '[2001:db8:1::100]:80' -s rr"],
  ],
  [
    'routes of IPv6',
    MIXED_SERVER,
    (dump) =>
      swap(
        '"dst":"default","gateway":"2001:db8:2::254"',
        '"dst":"default","gateway":"2001:db8:2::1"',
      )(
        swap(
          '[{"type":"unicast"',
          '[{"type":"unicast","dst":"2001:db8:9::/48","dev":"eth1","metric":1024,"pref":"medium"},{"type":"unicast"',
        )(dump),
      ),
    ['changed route default IPv6: via 2001:db8:2::254 → 2001:db8:2::1', 'extra route 2001:db8:9::/48'],
    [
      'ip -6 route del 2001:db8:9::/48 dev eth1 metric 1024',
      'ip route replace default via 2001:db8:2::254 advmss 1420',
    ],
  ],
  [
    'a daemon stopped',
    NAT_SERVER,
    swap('\nweb up\n', '\n'),
    ['missing daemon web'],
    [
      'start-stop-daemon --start --oknodo --quiet --pidfile /run/web.pid --exec /usr/sbin/nginx -- -c /etc/nginx/lab.conf',
    ],
  ],
];

describe('a node that differs', () => {
  it.each(CASES)('%s', (_, node, change, said, fix) => {
    const differences = node.look(change);
    expect(words(differences).sort()).toEqual([...said].sort());
    expect(fixes(differences).sort()).toEqual([...fix].sort());
  });

  it('by a file gets it back, and then whatever reads it anew', () => {
    for (const change of [swap('FILE', 'FILE# mine'), swap(/FILE\nend-of 0 file/, '\nend-of 1 file')]) {
      const differences = NAT_SERVER.look(change);
      expect(differences.map((d) => `${d.kind} ${d.name}`)).toEqual(['file /etc/nginx/lab.conf']);
      expect(fixes(differences).map((text) => text.split(' ').slice(0, 3).join(' ').split('\n')[0])).toEqual([
        'cat > /etc/nginx/lab.conf',
        'start-stop-daemon --stop --oknodo',
        'start-stop-daemon --start --oknodo',
      ]);
    }
  });
});

it('a certificate without its key is made anew, and whatever reads it started anew', () => {
  const differences = MARK_SERVER.look(swap('end-of 0 certificate', 'end-of 1 certificate'));
  expect(words(differences)).toEqual(['missing certificate /etc/nginx/lab.crt']);
  expect(fixes(differences).map((text) => text.split(' ').slice(0, 2).join(' '))).toEqual([
    'rm -f',
    'test -s',
    'start-stop-daemon --stop',
    'start-stop-daemon --start',
  ]);
});

describe('the order of the fixes', () => {
  it('is removals first, what was added last before the rest; then causes before what needs them', () => {
    const differences = NAT_DIRECTOR.look((dump) =>
      swap(
        SERVER,
        `-A -t 1.2.3.4:80 -s rr\n-a -t 1.2.3.4:80 -r 10.0.0.11:80 -m -w 1\n`,
      )(swap('"mtu":1500', '"mtu":1400')(swap('ipv4/ip_forward:1', 'ipv4/ip_forward:0')(dump))),
    );
    expect(fixes(differences).map((text) => text.split(' ').slice(0, 3).join(' '))).toEqual([
      'ipvsadm -d -t',
      'ipvsadm -D -t',
      'ip link set',
      'sysctl -qw net.ipv4.ip_forward=1',
      'ipvsadm -a -t',
    ]);
  });
});

describe('what cannot be read', () => {
  it('is said, and is neither missing nor right', () => {
    const broken = swap(/^[^]*?\nend-of 0 ip\n/, 'no such thing\nend-of 127 ip\n');
    expect(NAT_SERVER.look(broken)).toEqual([]);
    expect(NAT_SERVER.foundIn(broken(NAT_SERVER.text)).unread).toEqual([
      { kinds: ['link', 'address', 'route', 'rule', 'neighbour'], why: 'ip: exit code 127' },
    ]);
    const cut = (dump: string) => dump.slice(0, dump.indexOf('end-of 0 settings'));
    const kinds = NAT_DIRECTOR.foundIn(cut(NAT_DIRECTOR.text)).unread.flatMap((u) => u.kinds);
    expect(kinds).toEqual([
      ...['sysctl', 'daemon', 'leftover', 'service', 'real server', 'timeouts', 'sync daemon'],
    ]);
  });

  it('is not mistaken for something else when a file says anything', () => {
    const sly = swap('FILE', 'FILE\nend-of-0 daemons\nend-of x ip\n');
    expect(NAT_SERVER.look(sly).map((d) => d.kind)).toEqual(['file']);
  });
});
