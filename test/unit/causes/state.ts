import type { NodeLook, RouteAnswer } from '../../../src/causes/state.ts';
import type { Difference } from '../../../src/drift/compare.ts';
import type { FactKind, FoundFact } from '../../../src/drift/facts.ts';

/** A fact as it is found on a node. */
export function fact(kind: FactKind, name: string, attributes: Record<string, string> = {}): FoundFact {
  return { kind, name, attributes, remove: [] };
}

/** A difference from the plan. */
export function difference(
  kind: FactKind,
  name: string,
  state: Difference['state'] = 'changed',
  changes: Difference['changes'] = [],
): Difference {
  return { kind, name, state, changes, fix: [] };
}

interface Parts {
  sysctls?: Record<string, string>;
  /** `10.0.0.1/24 on eth1`. */
  addresses?: string[];
  /** Devices that are down; eth0 and eth1 are up else. */
  down?: string[];
  facts?: FoundFact[];
  /** By the arguments of `ip route get`: a device, `local`, a gateway and a device, or the kernel's words in `!`. */
  routes?: Record<string, string>;
}

/** A node with two interfaces, where nothing is wrong but what is said. */
export function stateOf(node: string, parts: Parts & Partial<Omit<NodeLook, 'routes' | 'facts'>>): NodeLook {
  const { sysctls = {}, addresses = [], down = [], facts = [], routes = {}, ...rest } = parts;
  const all = {
    'net.ipv4.ip_forward': '1',
    'net.ipv4.conf.all.rp_filter': '0',
    'net.ipv4.conf.eth0.rp_filter': '0',
    'net.ipv4.conf.eth1.rp_filter': '0',
    'net.ipv4.conf.tunl0.rp_filter': '0',
    'net.ipv4.conf.all.accept_local': '0',
    'net.ipv4.conf.eth1.accept_local': '0',
    'net.ipv4.conf.all.arp_ignore': '1',
    'net.ipv4.conf.all.arp_announce': '2',
    ...sysctls,
  };
  const links = ['eth0', 'eth1'].filter((name) => !facts.some((f) => f.kind === 'link' && f.name === name));
  return {
    node,
    facts: [
      ...Object.entries(all).map(([name, value]) => fact('sysctl', name, { value })),
      ...links.map((name) => fact('link', name, { state: down.includes(name) ? 'down' : 'up', arp: 'on' })),
      ...addresses.map((name) => fact('address', name)),
      ...facts,
    ],
    differences: [],
    filters: [],
    sockets: [],
    routes: new Map(
      Object.entries(routes).map(([question, answer]): [string, RouteAnswer] => {
        if (answer.startsWith('!')) return [question, { error: answer.slice(1) }];
        if (answer === 'local') return [question, { type: 'local', device: 'lo' }];
        const [device = '', gateway] = answer.split(' by ');
        return [question, { device, ...(gateway === undefined ? {} : { gateway }) }];
      }),
    ),
    ...rest,
  };
}
