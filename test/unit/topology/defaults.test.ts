import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTopology } from '../../../src/topology/parse.ts';
import type { Topology } from '../../../src/topology/types.ts';
import { lab } from './marked.ts';

function parse(text: string, name = 'lab'): Topology {
  return parseTopology(text, 'lab.yaml', name);
}

describe('the shipped NAT lab', () => {
  const url = new URL('../../../topologies/nat.yaml', import.meta.url);
  const text = readFileSync(url, 'utf8');

  it('takes fewer than 15 lines', () => {
    expect(text.trimEnd().split('\n').length).toBeLessThan(15);
  });

  it('is what the sentence says', () => {
    const topology = parseTopology(readFileSync(url), 'nat.yaml', 'nat');
    const auto = (network: string) => ({ network, addresses: [], quality: {} });
    const node = (name: string, role: string, ...networks: string[]) => ({
      name,
      role,
      attachments: networks.map(auto),
      gateway: undefined,
      routes: [],
      sysctls: [],
    });
    const server = (name: string) => ({
      node: name,
      weight: 1,
      upper: undefined,
      lower: undefined,
      port: 80,
      mode: 'nat',
      network: undefined,
    });
    expect(topology).toEqual({
      name: 'nat',
      title: 'Masquerading, with the real servers on a private network behind the director',
      mode: 'nat',
      networks: [
        { name: 'front', subnets: ['203.0.113.0/24'], mtu: undefined, quality: {} },
        { name: 'back', subnets: ['10.0.0.0/24'], mtu: undefined, quality: {} },
      ],
      nodes: [
        node('client', 'client', 'front'),
        node('director', 'director', 'front', 'back'),
        node('rs1', 'real-server', 'back'),
        node('rs2', 'real-server', 'back'),
      ],
      services: [
        {
          vip: '203.0.113.100',
          port: 80,
          protocol: 'tcp',
          application: 'http',
          scheduler: 'rr',
          flags: [],
          'one-packet': false,
          directors: ['director'],
          tunnel: 'ipip',
          servers: [server('rs1'), server('rs2')],
        },
      ],
      clusters: [],
      names: [],
      needs: [],
    });
  });
});

describe('the full form', () => {
  const topology = parse(`
lvslab: 1
name: everything
title: All there is
mode: tun
networks:
  front: 203.0.113.0/24
  back: { subnet: 10.0.0.0/24, mtu: 1400 }
  far: { subnet: 192.0.2.0/25 }
nodes:
  visitor: { role: client, on: front, gateway: r1 }
  lb-a: { on: { front: [203.0.113.2, 203.0.113.5-203.0.113.6], back: auto }, sysctls: { net.ipv4.vs.conntrack: 1, net.ipv4.vs.sync_threshold: 3 50 } }
  r1: { role: router, on: [front, back, far], routes: [{ to: 198.51.100.7, via: lb-a }, { to: 198.51.100.0/24, via: 10.0.0.9 }] }
  rs1: { on: [back, far], gateway: none }
  rs2: { on: { back: 10.0.0.11 }, gateway: 10.0.0.254 }
  web: { role: real-server, on: far, count: 3 }
services:
  - vip: 198.51.100.7
    port: 8000
    protocol: tcp
    scheduler: sh
    flags: [sh-port, sh-fallback]
    persistence: { netmask: 255.255.255.240 }
    tunnel: gue
    directors: [lb-a]
    servers:
      - rs1
      - { node: rs2, weight: 3, port: 8080, mode: nat, network: back }
      - web
      - { node: web, weight: 0, port: 9000, mode: nat }
  - vip: 198.51.100.7
    mode: dr
    persistence: 30
    directors: [lb-a]
    servers: [{ node: rs1, network: back, upper: 10, lower: 5 }]
`);

  it('fills in what the file leaves open', () => {
    expect([topology.name, topology.title, topology.mode]).toEqual(['everything', 'All there is', 'tun']);
    expect(topology.networks[1]).toEqual({ name: 'back', subnets: ['10.0.0.0/24'], mtu: 1400, quality: {} });
    expect(topology.nodes.map((n) => `${n.name} ${n.role}`)).toEqual([
      'visitor client',
      'lb-a director',
      'r1 router',
      'rs1 real-server',
      'rs2 real-server',
      'web1 real-server',
      'web2 real-server',
      'web3 real-server',
    ]);
    expect(topology.nodes[1]?.attachments).toEqual([
      { network: 'front', addresses: ['203.0.113.2', '203.0.113.5', '203.0.113.6'], quality: {} },
      { network: 'back', addresses: [], quality: {} },
    ]);
    expect(topology.nodes[2]?.routes).toEqual([
      { to: '198.51.100.7', via: 'lb-a' },
      { to: '198.51.100.0/24', via: '10.0.0.9' },
    ]);
    expect(topology.nodes.map((n) => n.gateway).filter((g) => g !== undefined)).toEqual([
      'r1',
      'none',
      '10.0.0.254',
    ]);
  });

  it('lets a server have a mode, a port, a weight and a network of its own', () => {
    const [first, second] = topology.services;
    expect(first).toMatchObject({ port: 8000, scheduler: 'sh', tunnel: 'gue', directors: ['lb-a'] });
    expect(first).toMatchObject({
      flags: ['sh-port', 'sh-fallback'],
      persistence: { timeout: 300, prefix: 28 },
    });
    expect(second?.persistence).toEqual({ timeout: 30 });
    expect(topology.nodes[1]?.sysctls).toEqual([
      { key: 'net.ipv4.vs.conntrack', value: '1' },
      { key: 'net.ipv4.vs.sync_threshold', value: '3 50' },
    ]);
    expect(
      first?.servers.map((s) => `${s.node}:${s.port} ${s.mode} ${s.weight} ${s.network ?? '-'}`),
    ).toEqual([
      'rs1:8000 tun 1 -',
      'rs2:8080 nat 3 back',
      'web1:8000 tun 1 -',
      'web2:8000 tun 1 -',
      'web3:8000 tun 1 -',
      'web1:9000 nat 0 -',
      'web2:9000 nat 0 -',
      'web3:9000 nat 0 -',
    ]);
    expect(second?.port).toBe(80);
    expect(second?.servers).toEqual([
      { node: 'rs1', weight: 1, upper: 10, lower: 5, port: 80, mode: 'dr', network: 'back' },
    ]);
  });
});

describe('defaults', () => {
  it('takes the role from the name', () => {
    const nodes = [
      'client',
      'client-2',
      'clients',
      'director1',
      'lb',
      'lb2',
      'lb-a',
      'rs',
      'rs1',
      'rsa',
      'rs-east',
      'real-a',
      'realserver3',
      'router',
      'router-1',
      'gw',
      'gw0',
    ];
    const topology = parse(
      lab({ mode: '', nodes: nodes.map((n) => `  ${n}: { on: front }`).join('\n'), services: '' }),
    );
    expect(topology.nodes.map((n) => n.role)).toEqual([
      ...['client', 'client', 'client'],
      ...['director', 'director', 'director', 'director'],
      ...['real-server', 'real-server', 'real-server', 'real-server', 'real-server', 'real-server'],
      ...['router', 'router', 'router', 'router'],
    ]);
  });

  it('needs neither services nor director nor mode for a plain network', () => {
    for (const services of ['', 'services:\n', 'services: []\n']) {
      const text = `lvslab: 1\nnetworks: { lan: 10.0.0.0/30 }\nnodes: { client: { on: lan } }\n${services}`;
      expect(parse(text)).toMatchObject({ mode: 'nat', services: [] });
    }
  });

  it('takes the mode of the first service where the file has none', () => {
    const services = '  - { vip: 203.0.113.100, mode: tun }\n  - { vip: 203.0.113.101, mode: nat }';
    const topology = parse(lab({ mode: '', services }));
    expect(topology.mode).toBe('tun');
    expect(topology.services.map((s) => s.servers.map((r) => r.mode))).toEqual([
      ['tun', 'tun'],
      ['nat', 'nat'],
    ]);
  });

  it('is content with a mode on every server', () => {
    const services =
      '  - { vip: 203.0.113.100, servers: [{ node: rs1, mode: nat }, { node: rs2, mode: tun }] }';
    expect(parse(lab({ mode: '', services })).services[0]?.servers.map((s) => s.mode)).toEqual([
      'nat',
      'tun',
    ]);
  });

  it('carries a service on every director', () => {
    const nodes =
      '  lb: { on: [front, back], count: 2 }\n  director: { on: [front, back] }\n  rs1: { on: back }';
    expect(parse(lab({ nodes })).services[0]?.directors).toEqual(['lb1', 'lb2', 'director']);
  });

  it('makes a lab name of any file name', () => {
    const names = ['nat', 'My Lab', '01-nat', 'Übung 3', '', '§§', 'x'.repeat(50)];
    expect(names.map((name) => parse(lab(), name).name)).toEqual([
      'nat',
      'my-lab',
      'nat',
      'bung-3',
      'lab',
      'lab',
      'x'.repeat(32),
    ]);
  });

  it('takes a count of one to mean one node with a number', () => {
    const nodes = '  director: { on: [front, back] }\n  rs: { on: back, count: 1 }';
    const topology = parse(lab({ nodes, services: '  - { vip: 203.0.113.100, servers: [rs1] }' }));
    expect(topology.nodes.map((n) => n.name)).toEqual(['director', 'rs1']);
    expect(topology.services[0]?.servers.map((s) => s.node)).toEqual(['rs1']);
  });
});

describe('anchors, aliases and merge keys', () => {
  it('repeats, merges, and lets own keys win wherever they stand', () => {
    const topology = parse(`
lvslab: 1
networks: { back: &net { subnet: 10.0.0.0/24, mtu: 1400 }, far: { <<: *net, subnet: 10.0.1.0/24 } }
nodes:
  rs1: &rs { on: &where back, gateway: none }
  rs2: *rs
  rs3: { <<: *rs, on: far }
  rs4: { on: far, <<: *rs }
  rs5: { <<: [{ role: client }, *rs], on: *where }
  rs6:
    <<: *rs
    <<: { role: router }
`);
    expect(topology.networks.map((n) => `${n.subnets.join()} ${String(n.mtu)}`)).toEqual([
      '10.0.0.0/24 1400',
      '10.0.1.0/24 1400',
    ]);
    expect(
      topology.nodes.map((n) => `${n.name} ${n.role} ${n.attachments[0]?.network ?? ''} ${n.gateway ?? ''}`),
    ).toEqual([
      'rs1 real-server back none',
      'rs2 real-server back none',
      'rs3 real-server far none',
      'rs4 real-server far none',
      'rs5 client back none',
      'rs6 router back none',
    ]);
  });

  it('means the last anchor of a name before the alias', () => {
    const topology = parse(
      lab({
        nodes:
          '  client1: { on: &n front }\n  client2: { on: *n }\n  client3: { on: &n back }\n  client4: { on: *n }',
        services: '',
      }),
    );
    expect(topology.nodes.map((n) => n.attachments[0]?.network)).toEqual(['front', 'front', 'back', 'back']);
  });

  it('reads `on` as a key in YAML 1.1 as well', () => {
    const text = `%YAML 1.1\n---\n${lab({ services: '' })}`;
    expect(parse(text).nodes[0]?.attachments[0]?.network).toBe('front');
  });
});

describe('text', () => {
  it('may begin with a byte order mark and have lines that end in CRLF', () => {
    const text = `\uFEFF${lab().replaceAll('\n', '\r\n')}`;
    expect(parse(text)).toEqual(parse(lab()));
    expect(parseTopology(new TextEncoder().encode(text), 'f', 'lab')).toEqual(parse(lab()));
  });

  it('does not let a name of JavaScript’s own mean anything', () => {
    const nodes = '  constructor: { role: client, on: front }\n  valueof: { role: client, on: constructor }';
    const topology = parse(
      lab({ networks: '  front: 10.1.0.0/24\n  constructor: 10.2.0.0/24', nodes, services: '' }),
    );
    expect(topology.nodes.map((n) => n.name)).toEqual(['constructor', 'valueof']);
  });
});

describe('addresses of an attachment', () => {
  it('can be several, and an empty list is automatic', () => {
    const { nodes } = parse(`lvslab: 1
networks: { a: 10.0.0.0/24 }
nodes: { client: { on: { a: [10.0.0.7, 10.0.0.9] } }, client2: { on: { a: [] } } }
`);
    expect(nodes.map((n) => n.attachments[0]?.addresses)).toEqual([['10.0.0.7', '10.0.0.9'], []]);
  });
});
