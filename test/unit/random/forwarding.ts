import { BlockList, isIPv6 } from 'node:net';
import type { Plan, PlannedNode } from '../../../src/plan/types.ts';

/**
 * How a kernel would forward by what a plan's steps set, and by nothing else: addresses, routes, ip_forward, and who
 * answers ARP. Written without a line of the planner's own, so that the two cannot err alike.
 */
export class Forwarding {
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = { ...plan, nodes: elected(plan.nodes) };
  }

  /**
   * The nodes that a packet comes through, from the one that sends it to the one that takes it.
   * @returns why it does not arrive, where it does not
   */
  walk(from: string, to: string): string[] | { why: string } {
    const stops = this.stops(from, to);
    return Array.isArray(stops) ? [from, ...stops.map(({ node }) => node)] : stops;
  }

  /** The same as the nodes after the sender, each with the interface by which the packet comes in. */
  stops(from: string, to: string): { node: string; device: string }[] | { why: string } {
    let node = this.#node(from);
    const path = [from];
    const stops: { node: string; device: string }[] = [];
    // One's own address is as good as there; a sender looks for the address elsewhere.
    while (path.length < 20) {
      const next = this.#next(node, to);
      if (typeof next === 'string') return { why: `${path.join(' → ')}: ${next}` };
      node = next.node;
      path.push(node.name);
      stops.push({ node: node.name, device: next.device });
      if (addressesOf(node).some((own) => own.address === to)) return stops;
      if (sysctl(node, isIPv6(to) ? 'net.ipv6.conf.all.forwarding' : 'net.ipv4.ip_forward') !== '1')
        return { why: `${path.join(' → ')} does not forward to ${to}` };
    }
    return { why: `${path.join(' → ')}: it goes round` };
  }

  #next(node: PlannedNode, to: string): { node: PlannedNode; device: string } | string {
    const best = routesOf(node)
      .filter((route) => inside(route.to, to))
      .sort((a, b) => Number(b.to.split('/')[1]) - Number(a.to.split('/')[1]))[0];
    if (best === undefined) return `no route to ${to}`;
    const hop = best.via ?? to;
    const device =
      best.device ?? routesOf(node).find((r) => r.via === undefined && inside(r.to, hop))?.device;
    const network = node.interfaces.find((i) => i.name === device)?.network;
    if (network === undefined) return `next hop ${hop} is on no network of its own`;
    const answering = this.#plan.nodes.filter((other) => other !== node && answersArp(other, network, hop));
    const [only] = answering;
    if (only === undefined) return `nobody answers ARP for ${hop} on ${network}`;
    const arrives = only.interfaces.find((i) => i.network === network)?.name ?? '';
    return answering.length === 1
      ? { node: only, device: arrives }
      : `${answering.length} nodes answer ARP for ${hop} on ${network}`;
  }

  #node(name: string): PlannedNode {
    const node = this.#plan.nodes.find((n) => n.name === name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }
}

interface Route {
  to: string;
  via?: string | undefined;
  device?: string | undefined;
}

/** Those that the addresses bring, and those that the steps add or replace. */
function routesOf(node: PlannedNode): Route[] {
  const routes = new Map<string, Route>();
  for (const { address, prefix, device } of addressesOf(node))
    if (prefix < (isIPv6(address) ? 128 : 32))
      routes.set(`${address}/${prefix}`, { to: `${address}/${prefix}`, device });
  for (const step of node.steps)
    if (step.kind === 'route') {
      const to = step.to !== 'default' ? step.to : isIPv6(step.via ?? '') ? '::/0' : '0.0.0.0/0';
      routes.set(to, { to, via: step.via, device: step.device });
    }
  return [...routes.values()];
}

/** The nodes once VRRP has chosen: the one with the highest priority has what its keepalived.conf says. */
function elected(nodes: PlannedNode[]): PlannedNode[] {
  const configs = nodes.map(
    (node) =>
      node.steps.flatMap((s) => (s.kind === 'file' && s.path.endsWith('vrrp.conf') ? [s.content] : []))[0] ??
      '',
  );
  const priorities = configs.map((text) => Number(/priority (\d+)/.exec(text)?.[1] ?? 0));
  const first = priorities.indexOf(Math.max(1, ...priorities));
  return nodes.map((node, index) => {
    if (index !== first) return node;
    const own = (configs[index] ?? '').matchAll(/^ +(\S+)\/(\d+) dev (\S+)$/gm);
    const steps = Array.from(own, ([, address = '', prefix, device = '']) => ({
      kind: 'address' as const,
      device,
      address,
      prefix: Number(prefix),
    }));
    return { ...node, steps: [...node.steps, ...steps] };
  });
}

function addressesOf(node: PlannedNode) {
  return node.steps.filter((step) => step.kind === 'address');
}

/**
 * In IPv4 Linux answers for every address that it has, on whatever device, unless arp_ignore says otherwise; in IPv6
 * only for those of the device that was asked.
 */
function answersArp(node: PlannedNode, network: string, address: string): boolean {
  const device = node.interfaces.find((i) => i.network === network)?.name;
  const has = addressesOf(node).filter((own) => own.address === address);
  if (device === undefined) return false;
  const quiet = isIPv6(address) || sysctl(node, 'net.ipv4.conf.all.arp_ignore') === '1';
  return has.some((own) => !quiet || own.device === device);
}

/** A kernel setting as the steps leave it. */
export function sysctl(node: PlannedNode, key: string): string | undefined {
  return node.steps.filter((step) => step.kind === 'sysctl').findLast((step) => step.key === key)?.value;
}

/** An address as a number. */
export function bits(address: string): bigint {
  if (!isIPv6(address)) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [front = [], back = []] = address
    .split('::')
    .map((half) => half.split(':').filter((part) => part !== ''));
  const missing = Array.from({ length: 8 - front.length - back.length }, () => '0');
  return [...front, ...missing, ...back].reduce((sum, part) => sum * 65_536n + BigInt(`0x${part}`), 0n);
}

/** Whether an address is in a network, as Node itself sees it. */
export function inside(network: string, address: string): boolean {
  const [first = '', prefix = ''] = network.split('/');
  const list = new BlockList();
  list.addSubnet(first, Number(prefix), isIPv6(first) ? 'ipv6' : 'ipv4');
  return isIPv6(first) === isIPv6(address) && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
