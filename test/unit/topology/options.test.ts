import { describe, expect, it } from 'vitest';
import { parseTopology } from '../../../src/topology/parse.ts';
import { maskBits, maskOf } from '../../../src/topology/fields/netmask.ts';
import { expectProblems, lab, problemsOf } from './marked.ts';

function service(rest: string): string {
  return lab({ services: `  - { vip: 203.0.113.100, ${rest} }` });
}

describe('scheduler flags', () => {
  it('are those of the scheduler, each named once', () => {
    expect(problemsOf(service('scheduler: mh, flags: [mh-port, mh-fallback]'))).toEqual([]);
    expect(problemsOf(service('scheduler: sh, flags: []'))).toEqual([]);
    expectProblems(service('scheduler: sh, flags: [▸mh-port]'), [
      'scheduler sh does not know flag "mh-port"',
      'it knows sh-fallback and sh-port',
    ]);
    expectProblems(
      service('flags: [▸sh-port, ▸sh-port]'),
      [
        'scheduler rr does not know flag "sh-port"',
        'only sh and mh have flags: write `scheduler: sh`, or leave `flags` out',
      ],
      ['flag "sh-port" is named twice', 'name it once'],
    );
    expectProblems(service('scheduler: sh, flags: [▸sh-prot]'), ['unknown flags "sh-prot"']);
    expectProblems(service('scheduler: sh, flags: ▸sh-port'), [
      'flags "sh-port" is text, not a list',
      'write a list, such as `[sh-port]`',
    ]);
    // The scheduler's own mistake is complaint enough.
    expectProblems(service('scheduler: ▸ssh, flags: [sh-port]'), ['unknown scheduler "ssh"']);
  });
});

describe('persistence', () => {
  const forms = 'write `persistence: 30` (seconds) or `persistence: { timeout: 30, netmask: 255.255.255.0 }`';

  it('is seconds, or seconds and a netmask', () => {
    for (const good of [
      '30',
      '{ timeout: 30 }',
      '{ netmask: 255.255.255.255 }',
      '{ timeout: 1, netmask: 24 }',
      '{}',
    ])
      expect(problemsOf(service(`persistence: ${good}`)), good).toEqual([]);
    expectProblems(service('persistence: ▸0'), ['persistence 0 is not between 1 and 2678400']);
    expectProblems(service('persistence: ▸1.5'), ['persistence 1.5 is not a whole number']);
    expectProblems(service('persistence: ▸long'), [
      'persistence "long" is text, not a number or a mapping',
      forms,
    ]);
    expectProblems(service('persistence: ▸[30]'), [
      'persistence is a list, not a number or a mapping',
      forms,
    ]);
    expectProblems(
      service('persistence: { timeout: ▸2678401, ▸mask: 24 }'),
      ['timeout 2678401 is not between 1 and 2678400', 'a whole number from 1 to 2678400'],
      ['unknown key "mask" in persistence', 'one of: timeout, netmask'],
    );
  });

  it('wants a netmask that is one', () => {
    const fix = 'such as 255.255.255.0, or its bits, 1 to 32, without quotes';
    const masked = (mask: string) => service(`persistence: { netmask: ▸${mask} }`);
    expectProblems(masked('33'), [
      'netmask 33 has more bits than the 32 of an IPv4 address',
      'a whole number from 1 to 32',
    ]);
    for (const bits of [0, 129])
      expectProblems(masked(String(bits)), [`netmask ${bits} is not between 1 and 128`]);
    const masked6 = (mask: string) =>
      masked(mask)
        .replace('203.0.113.100', '"2001:db8::100"')
        .replaceAll('0/24', '0/24, "2001:db8::/64"')
        .replace('front: 203.0.113.0/24, "2001:db8::/64"', 'front: [203.0.113.0/24, "2001:db8::/64"]')
        .replace('back: 10.0.0.0/24, "2001:db8::/64"', 'back: [10.0.0.0/24, "2001:db8:1::/64"]');
    expect(problemsOf(masked6('64').replace('▸', ''))).toEqual([]);
    expectProblems(masked6('255.255.255.0'), [
      'netmask "255.255.255.0" is no mask for IPv6',
      'IPv6 takes the number of bits alone, 1 to 128, without quotes',
    ]);
    expectProblems(masked('255.255.256.0'), [
      'netmask "255.255.256.0" is not four numbers from 0 to 255 with dots between them',
      fix,
    ]);
    expectProblems(masked('255.0.255.0'), [
      'netmask "255.0.255.0" has a gap: its ones must all come before its zeros',
      fix,
    ]);
    expectProblems(masked('0.0.0.255'), [
      'netmask "0.0.0.255" has a gap: its ones must all come before its zeros',
    ]);
    expectProblems(masked('0.0.0.0'), ['netmask "0.0.0.0" would make one client of all']);
    expectProblems(masked('"24"'), ['netmask "24" is not four numbers from 0 to 255 with dots between them']);
    expectProblems(masked('true'), ['netmask true is a truth value, not text or a number']);
  });

  it('knows every mask', () => {
    for (let bits = 0; bits <= 32; bits += 1) expect(maskBits(maskOf('192.0.2.1', bits))).toBe(bits);
    expect([0, 1, 24, 28, 32].map((bits) => maskOf('192.0.2.1', bits))).toEqual([
      '0.0.0.0',
      '128.0.0.0',
      '255.255.255.0',
      '255.255.255.240',
      '255.255.255.255',
    ]);
  });
});

describe('thresholds', () => {
  const server = (rest: string) => service(`servers: [{ node: rs1, ${rest} }, rs2]`);

  it('stand the right way up', () => {
    for (const good of ['upper: 10', 'upper: 10, lower: 8', 'upper: 10, lower: 10'])
      expect(problemsOf(server(good)), good).toEqual([]);
    expectProblems(server('upper: 5, lower: ▸6'), [
      'lower 6 is above upper 5',
      'a server is full at `upper` connections, and takes more again below `lower`: the kernel refuses them upside down',
    ]);
    expectProblems(server('lower: ▸6'), [
      'lower 6 without upper: a server that is never full has nothing to wait for',
      'add `upper`, more than 6, or leave `lower` out',
    ]);
    expectProblems(server('upper: ▸0'), ['upper 0 is not between 1 and 2147483647']);
    expectProblems(
      server('upper: ▸many, lower: ▸-1'),
      ['upper "many" is text, not a number'],
      ['lower -1 is not between 1 and 2147483647'],
    );
  });
});

describe('several addresses of an interface', () => {
  const client = (on: string) => lab({ nodes: `  client: { on: { front: ${on} } }`, services: '' });

  it('are addresses and ranges of them', () => {
    for (const good of [
      '[203.0.113.7]',
      '[203.0.113.7, 203.0.113.20-203.0.113.29]',
      '203.0.113.20-203.0.113.29',
    ])
      expect(problemsOf(client(good)), good).toEqual([]);
    expectProblems(client('[203.0.113.8, ▸10.0.0.7]'), [
      'address "10.0.0.7" is outside network "front", which is "203.0.113.0/24" (line 4)',
    ]);
    expectProblems(client('[203.0.113.8, ▸203.0.113.250-203.0.114.9]'), [
      'address "203.0.113.255" is the broadcast address of network "front"',
    ]);
    expectProblems(client('[203.0.113.8, ▸203.0.113.9-203.0.113.7]'), [
      'address "203.0.113.9-203.0.113.7" ends before it begins',
      'write 203.0.113.7-203.0.113.9',
    ]);
    expectProblems(client('[203.0.113.8, ▸203.0.113.9-15]'), [
      'address "203.0.113.9-15" is not a range of IPv4 addresses',
    ]);
    expectProblems(client('[203.0.113.8, ▸10.0.0.0-10.255.255.255]'), [
      'address "10.0.0.0-10.255.255.255" is a range of 16777216 addresses, and the limit is 254',
    ]);
    expectProblems(client('[203.0.113.7, ▸203.0.113.5-203.0.113.9]'), [
      'address "203.0.113.7" is used twice: "client" has it on line 7',
    ]);
    expectProblems(client('[▸[203.0.113.7]]'), ['the address on "front" is a list, not text']);
  });

  it('are not the VIP, nor of a counted node, nor more than there is room for', () => {
    expectProblems(
      lab({
        nodes:
          '  client: { on: { front: [203.0.113.8, ▸203.0.113.99-203.0.113.101] } }\n  director: { on: [front, back] }\n  rs1: { on: back }',
      }),
      ['address "203.0.113.100" is the VIP of a service on line 11'],
    );
    expectProblems(lab({ nodes: '  client: { on: { front: ▸203.0.113.7 }, count: 2 }', services: '' }), [
      'address "203.0.113.7" cannot belong to every node that a count makes',
    ]);
    expectProblems(
      lab({
        networks: '  front: ▸203.0.113.0/29',
        nodes:
          '  client: { on: { front: 203.0.113.1-203.0.113.5 } }\n  client2: { on: front }\n  client3: { on: front }',
        services: '',
      }),
      ['subnet "203.0.113.0/29" of "front" has 6 addresses, too few for 7 nodes'],
    );
  });
});

describe('timeouts', () => {
  const node = (timeouts: string, of = 'director', services?: string) =>
    lab({
      nodes: ['client', 'director', 'rs1']
        .map((name) => {
          const on = { client: 'front', director: '[front, back]', rs1: 'back' }[name] ?? '';
          return `  ${name}: { on: ${on}${name === of ? `, timeouts: ${timeouts}` : ''} }`;
        })
        .join('\n'),
      ...(services === undefined ? {} : { services }),
    });
  const form = 'write it with its unit, s, m, h or d, such as `tcp: 15m`';

  it('are times with their unit, up to what ipvsadm takes', () => {
    for (const time of ['1s', '15m', '2h', '31d', '2678400s'])
      expect(problemsOf(node(`{ tcp: ${time}, tcpfin: ${time}, udp: ${time} }`)), time).toEqual([]);
    expect(problemsOf(node('{}'))).toEqual([]);
    for (const time of ['0s', '32d', '2678401s', '1.5m', '-1s', 'soon', '15', '99999999d'])
      expectProblems(node(`{ tcp: ▸"${time}" }`), [`tcp "${time}" is not a time from 1s to 31d`, form]);
    expectProblems(node('{ tcp: ▸900 }'), ['tcp 900 is a number, not text', form]);
    expectProblems(node('▸15m'), [
      'timeouts "15m" is text, not a mapping',
      'write `timeouts: { tcp: 15m, tcpfin: 2m, udp: 5m }`, or some of these',
    ]);
    expectProblems(node('{ ▸icmp: 1m }'), ['unknown key "icmp" in timeouts', 'one of: tcp, tcpfin, udp']);
  });

  it('are a director’s that carries a service', () => {
    expectProblems(node('▸{ tcp: 1m }', 'rs1'), [
      'node "rs1" is no director, and has no connections to remember',
      'write `timeouts` at a node of role director, or leave it out',
    ]);
    expectProblems(node('▸{ tcp: 1m }', 'director', ''), [
      'director "director" carries no service, and has no connections to remember',
      'name it among the `directors` of a service, or leave `timeouts` out',
    ]);
  });

  it('leave to the kernel what they do not name', () => {
    const [, director] = parseTopology(node('{ udp: 90s }').replaceAll('▸', ''), 'x.yaml', 'x').nodes;
    expect(director?.timeouts).toEqual({ tcp: 900, tcpfin: 120, udp: 90 });
  });
});

describe('sysctls', () => {
  const node = (sysctls: string, services?: string) =>
    lab({
      nodes: `  client: { on: front }\n  director: { on: [front, back], sysctls: ${sysctls} }\n  rs1: { on: back }`,
      ...(services === undefined ? {} : { services }),
    });

  it('are the network’s alone', () => {
    expect(
      problemsOf(
        node(
          '{ net.ipv4.vs.conntrack: 1, net.ipv4.vs.sync_threshold: 3 50, net.ipv4.conf.eth0.rp_filter: "2" }',
        ),
      ),
    ).toEqual([]);
    expectProblems(node('{ ▸kernel.sysrq: 1 }'), [
      'sysctl "kernel.sysrq" is not the network’s, and a node may set no other',
      'such as net.ipv4.vs.expire_nodest_conn or net.ipv4.ip_forward',
    ]);
    expectProblems(node('{ ▸net/ipv4/ip_forward: 1 }'), [
      'sysctl "net/ipv4/ip_forward" is not written as names with dots between them',
      'write net.ipv4.ip_forward',
    ]);
    for (const bad of ['net', 'net.', 'net..ipv4', 'net.ipv4/../kernel', 'net.ipv4.x y', 'network.x'])
      expect(problemsOf(node(`{ "${bad}": 1 }`))[0]?.message, bad).toContain(`sysctl "${bad}" is not`);
  });

  it('have a value that a command line can bear', () => {
    expectProblems(node('{ net.ipv4.vs.conntrack: ▸"1; reboot" }'), [
      'sysctl net.ipv4.vs.conntrack cannot be "1; reboot"',
    ]);
    expectProblems(node('{ net.ipv4.vs.conntrack: ▸"" }'), ['sysctl net.ipv4.vs.conntrack cannot be ""']);
    expectProblems(node('{ net.ipv4.vs.conntrack: ▸true }'), [
      'net.ipv4.vs.conntrack true is a truth value, not text or a number',
    ]);
    expectProblems(node('{ net.ipv4.vs.conntrack: ▸1.5 }'), [
      'net.ipv4.vs.conntrack 1.5 is a number, not a whole number',
    ]);
    expectProblems(node('▸[net.ipv4.vs.conntrack]'), [
      'sysctls is a list, not a mapping',
      'write keys and values, such as `{ net.ipv4.vs.conntrack: 1 }`',
    ]);
  });

  it('are of ip_vs only where it is loaded', () => {
    expectProblems(node('{ ▸net.ipv4.vs.conntrack: 1 }', ''), [
      'sysctl "net.ipv4.vs.conntrack" is of ip_vs, and the lab has no virtual service',
    ]);
  });
});
