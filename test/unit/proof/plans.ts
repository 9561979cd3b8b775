import type { Plan, PlannedNode, PlannedService } from '../../../src/plan/types.ts';
import type { Mode, Role, TunnelType } from '../../../src/topology/types.ts';

/** The interface `[network, last byte of address and MAC]` on a network of the labs below. */
type Attached = [network: number, host: number];

/** Plans of the labs that were captured in test/fixtures/pcap (see labs.sh there), by the same addresses and MACs. */
function plan(
  mode: Mode,
  networks: [name: string, subnet: string][],
  nodes: [name: string, role: Role, ...attached: Attached[]][],
  service: PlannedService,
): Plan {
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  return {
    version: 1,
    name: mode,
    title: mode,
    mode,
    networks: networks.map(([name, subnet]) => ({ name, subnets: [subnet], mtu: 1500 })),
    nodes: nodes.map(([name, role, ...attached]): PlannedNode => ({
      name,
      role,
      interfaces: attached.map(([network, host], index) => {
        const [net = '', subnet = ''] = networks[network - 1] ?? [];
        return {
          name: `eth${index}`,
          network: net,
          addresses: [{ family: 4, address: subnet.replace(/\d+\/24$/, String(host)), prefix: 24 }],
          mac: `02:00:00:00:${hex(network)}:${hex(host)}`,
        };
      }),
      hosts: [],
      steps: [],
    })),
    services: [service],
    modules: [],
  };
}

function service(
  mode: Mode,
  vip: string,
  servers: string,
  port = 80,
  tunnel: TunnelType = 'ipip',
): PlannedService {
  return {
    vip,
    port: 80,
    protocol: 'tcp',
    application: 'http',
    scheduler: 'rr',
    directors: ['director'],
    tunnel,
    servers: [11, 12].map((host, i) => ({
      node: `rs${i + 1}`,
      address: `${servers}.${host}`,
      port,
      weight: 1,
      mode,
    })),
  };
}

/** client – front – director – back – rs1, rs2; a router stands beside the director. VIP 192.0.2.100:80 → :8080. */
export function natPlan(): Plan {
  return plan(
    'nat',
    [
      ['front', '192.0.2.0/24'],
      ['back', '10.0.0.0/24'],
    ],
    [
      ['client', 'client', [1, 2]],
      ['director', 'director', [1, 1], [2, 1]],
      ['rs1', 'real-server', [2, 11]],
      ['rs2', 'real-server', [2, 12]],
      ['router', 'router', [2, 254], [1, 254]],
    ],
    service('nat', '192.0.2.100', '10.0.0', 8080),
  );
}

/** All on one segment. VIP 10.0.0.100:80. */
export function drPlan(): Plan {
  return plan(
    'dr',
    [['lan', '10.0.0.0/24']],
    [
      ['client', 'client', [1, 2]],
      ['director', 'director', [1, 1]],
      ['rs1', 'real-server', [1, 11]],
      ['rs2', 'real-server', [1, 12]],
    ],
    service('dr', '10.0.0.100', '10.0.0'),
  );
}

/** client, director, router on front; the router leads to far with rs1 and rs2. VIP 192.0.2.100:80. */
export function tunPlan(tunnel: TunnelType = 'ipip'): Plan {
  return plan(
    'tun',
    [
      ['front', '192.0.2.0/24'],
      ['far', '10.0.1.0/24'],
    ],
    [
      ['client', 'client', [1, 2]],
      ['director', 'director', [1, 1]],
      ['router', 'router', [1, 254], [2, 254]],
      ['rs1', 'real-server', [2, 11]],
      ['rs2', 'real-server', [2, 12]],
    ],
    service('tun', '192.0.2.100', '10.0.1', 80, tunnel),
  );
}

/** The same lab with a DNS service in place of the web service. */
export function overUdp(plan: Plan, port = 53): Plan {
  return {
    ...plan,
    services: plan.services.map((service) => ({
      ...service,
      port: 53,
      protocol: 'udp',
      application: 'dns',
      servers: service.servers.map((server) => ({ ...server, port })),
    })),
  };
}
