import fc from 'fast-check';
import { isIPv6 } from 'node:net';
import { describe, expect, it } from 'vitest';
import { makePlan } from '../../../src/plan/plan.ts';
import { planScript } from '../../../src/plan/script.ts';
import type { Plan } from '../../../src/plan/types.ts';
import { claimsFor } from '../../../src/proof/promises.ts';
import { diagramMermaid } from '../../../src/report/diagram/mermaid.ts';
import { diagramSvg } from '../../../src/report/diagram/svg.ts';
import { diagramText } from '../../../src/report/diagram/text.ts';
import { parseTopology } from '../../../src/topology/parse.ts';
import { SHIPPED, shipped } from '../plan/labs.ts';
import { xmlProblem } from '../report/diagram/well-formed.ts';
import { Forwarding, bits, inside } from './forwarding.ts';
import { CASES, TIME, randomLab } from './labs.ts';

describe('a valid topology, whatever it is,', () => {
  it(
    'is planned with addresses that are unique and inside their networks, can be reached, printed and drawn',
    () => {
      fc.assert(
        fc.property(randomLab, (text) => {
          const plan = makePlan(parseTopology(text, 'lab.yaml', 'lab'));
          expect(addressProblems(plan)).toEqual([]);
          // The director from each client, the real servers from it, and the clients from them.
          expect(reachProblems(plan)).toEqual([]);
          expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
          const script = planScript(plan);
          for (const node of plan.nodes) expect(script).toContain(node.name);
          const all = [script, diagramText(plan), diagramMermaid(plan)].join('\n');
          expect(/\b(undefined|NaN|\[object)/.exec(all.replaceAll(plan.title, ''))).toBeNull();
          expect(xmlProblem(diagramSvg(plan))).toBeUndefined();
          const promising = plan.services.filter((service) =>
            service.servers.some((server) => server.weight > 0),
          );
          expect(claimsFor(plan).length).toBeGreaterThanOrEqual(promising.length);
        }),
        CASES,
      );
    },
    TIME,
  );
});

describe('the judges of it', () => {
  // They follow IPv4's routes only.
  const IPV4 = SHIPPED.filter((name) =>
    shipped(name).networks.every((n) => n.subnets.every((s) => !s.includes(':'))),
  );
  it.each(IPV4)('find nothing wrong with %s', (name) => {
    expect(addressProblems(shipped(name))).toEqual([]);
    expect(reachProblems(shipped(name))).toEqual([]);
  });

  it('see a route, an address or forwarding that is missing', () => {
    const without = (name: string, node: string, kind: string) => {
      const plan = shipped(name);
      return {
        ...plan,
        nodes: plan.nodes.map((n) =>
          n.name === node ? { ...n, steps: n.steps.filter((step) => step.kind !== kind) } : n,
        ),
      };
    };
    expect(reachProblems(without('nat', 'rs1', 'route'))[0]).toContain('rs1: no route to 203.0.113.101');
    expect(reachProblems(without('nat', 'director', 'address')).length).toBeGreaterThan(0);
    expect(reachProblems(without('nat', 'director', 'sysctl'))[0]).toContain('director does not forward');
    expect(reachProblems(without('dr', 'rs1', 'sysctl'))[0]).toContain('2 nodes answer ARP');
    expect(reachProblems(without('tun', 'router', 'sysctl')).length).toBeGreaterThan(0);
  });

  it('see an address that is given twice, or lies elsewhere', () => {
    const plan = shipped('nat');
    const [network] = plan.networks;
    const moved = {
      ...plan,
      networks: [{ ...plan.networks[1], ...network, subnets: ['192.0.2.0/24'] }, plan.networks[1]],
    };
    expect(addressProblems(moved as Plan).length).toBeGreaterThan(0);
    const twice = { ...plan, nodes: [...plan.nodes, ...plan.nodes.slice(0, 1)] };
    expect(addressProblems(twice).length).toBeGreaterThan(0);
  });
});

function addressProblems(plan: Plan): string[] {
  const problems: string[] = [];
  const seen = new Set(plan.services.map((service) => service.vip));
  const once = (thing: string) => {
    if (seen.has(thing)) problems.push(`${thing} twice`);
    seen.add(thing);
  };
  for (const node of plan.nodes) {
    once(node.name);
    for (const own of node.interfaces) {
      once(own.mac);
      const subnets = plan.networks.find((n) => n.name === own.network)?.subnets ?? [];
      for (const { address, prefix } of own.addresses) {
        once(address);
        const size = 1n << BigInt((isIPv6(address) ? 128 : 32) - prefix);
        const host = bits(address) % size;
        if (!subnets.some((subnet) => inside(subnet, address) && subnet.endsWith(`/${prefix}`)))
          problems.push(`${address}/${prefix} is not in ${own.network}`);
        if (host === 0n || (!isIPv6(address) && host === size - 1n)) problems.push(`${address} is no host's`);
      }
    }
    const hosts = node.hosts.map(({ name, address }) => `${name} in IPv${isIPv6(address) ? 6 : 4}`);
    if (new Set(hosts).size !== hosts.length)
      problems.push(`${node.name} knows a name twice: ${hosts.join(', ')}`);
  }
  return problems;
}

/** Each way that a service needs, and why it is not there. */
function reachProblems(plan: Plan): string[] {
  const forwarding = new Forwarding(plan);
  const problems: string[] = [];
  const need = (from: string, to: string, right: (path: string[]) => boolean): void => {
    const path = forwarding.walk(from, to);
    if (!Array.isArray(path)) problems.push(path.why);
    else if (!right(path)) problems.push(`${path.join(' → ')} to ${to} is the wrong way`);
  };
  for (const service of plan.services)
    for (const client of plan.nodes.filter((node) => node.role === 'client')) {
      const own = client.interfaces.flatMap((i) => i.addresses.map(({ address }) => address));
      const home = own.find((address) => isIPv6(address) === isIPv6(service.vip));
      if (home === undefined) continue;
      need(client.name, service.vip, (path) => service.directors.includes(path.at(-1) ?? ''));
      for (const director of service.directors)
        for (const server of service.servers) {
          need(
            director,
            server.address,
            (path) => path.at(-1) === server.node && (server.mode !== 'dr' || path.length === 2),
          );
          // A proxy answers by itself: the real server knows nobody else.
          if (server.mode === 'proxy') {
            const back = plan.nodes
              .find((n) => n.name === director)
              ?.interfaces.flatMap((i) => i.addresses.map(({ address }) => address))
              .find((address) => Array.isArray(forwarding.walk(server.node, address)));
            if (back === undefined) problems.push(`${server.node}: no way to ${director}`);
            need(director, home, (path) => path.at(-1) === client.name);
            continue;
          }
          // Of a cluster one director has the addresses, and so the replies.
          const passing = plan.clusters?.find((c) => c.directors.includes(director))?.directors ?? [director];
          // A reply must pass the director where that has to rewrite it; elsewhere the director would drop it.
          need(
            server.node,
            home,
            (path) =>
              path.at(-1) === client.name &&
              path.some((node) => passing.includes(node)) === (server.mode === 'nat'),
          );
        }
    }
  return problems;
}
