import type { Plan, PlannedNode } from '../../../src/plan/types.ts';

/**
 * How a kernel would forward by what a plan's steps set, and by nothing else: addresses, routes, ip_forward, and who
 * answers ARP. Written without a line of the planner's own, so that the two cannot err alike.
 */
export class Forwarding {
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /**
   * The nodes that a packet comes through, from the one that sends it to the one that takes it.
   * @returns why it does not arrive, where it does not
   */
  walk(from: string, to: string): string[] | { why: string } {
    let node = this.#node(from);
    const path = [from];
    // One's own address is as good as there; a sender looks for the address elsewhere.
    while (path.length < 20) {
      const next = this.#next(node, to);
      if (typeof next === 'string') return { why: `${path.join(' → ')}: ${next}` };
      path.push(next.name);
      node = next;
      if (addressesOf(node).some((own) => own.address === to)) return path;
      if (sysctl(node, 'net.ipv4.ip_forward') !== '1')
        return { why: `${path.join(' → ')} does not forward to ${to}` };
    }
    return { why: `${path.join(' → ')}: it goes round` };
  }

  #next(node: PlannedNode, to: string): PlannedNode | string {
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
    return answering.length === 1 ? only : `${answering.length} nodes answer ARP for ${hop} on ${network}`;
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
    if (prefix < 32) routes.set(cidr(address, prefix), { to: cidr(address, prefix), device });
  for (const step of node.steps)
    if (step.kind === 'route') {
      const to = step.to === 'default' ? '0.0.0.0/0' : step.to;
      routes.set(to, { to, via: step.via, device: step.device });
    }
  return [...routes.values()];
}

function addressesOf(node: PlannedNode) {
  return node.steps.filter((step) => step.kind === 'address');
}

/** Linux answers for every address that it has, on whatever device, unless arp_ignore says otherwise. */
function answersArp(node: PlannedNode, network: string, address: string): boolean {
  const device = node.interfaces.find((i) => i.network === network)?.name;
  const has = addressesOf(node).filter((own) => own.address === address);
  if (device === undefined) return false;
  const quiet = sysctl(node, 'net.ipv4.conf.all.arp_ignore') === '1';
  return has.some((own) => !quiet || own.device === device);
}

function sysctl(node: PlannedNode, key: string): string | undefined {
  return node.steps.filter((step) => step.kind === 'sysctl').findLast((step) => step.key === key)?.value;
}

export function bits(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function cidr(address: string, prefix: number): string {
  const size = 2 ** (32 - prefix);
  const first = Math.floor(bits(address) / size) * size;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${prefix}`;
}

export function inside(network: string, address: string): boolean {
  const [, prefix = '32'] = network.split('/');
  return cidr(address, Number(prefix)) === cidr(network.split('/')[0] ?? '', Number(prefix));
}
