import type { Plan, PlannedNode } from '../../../src/plan/types.ts';

/**
 * How a kernel would forward by what a plan's steps set, and by nothing else: addresses, routes, forwarding, and who
 * answers ARP or neighbour solicitations. Written without a line of the planner's own, so that the two cannot err alike.
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
      const forwarding = width(to) === 32 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding';
      if (sysctl(node, forwarding) !== '1') return { why: `${path.join(' → ')} does not forward to ${to}` };
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
    const answering = this.#plan.nodes.filter((other) => other !== node && answers(other, network, hop));
    const [only] = answering;
    if (only === undefined) return `nobody answers for ${hop} on ${network}`;
    return answering.length === 1 ? only : `${answering.length} nodes answer for ${hop} on ${network}`;
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
    if (prefix < width(address)) routes.set(cidr(address, prefix), { to: `${address}/${prefix}`, device });
  for (const step of node.steps)
    if (step.kind === 'route') {
      const to = step.to !== 'default' ? step.to : width(step.via ?? '') === 32 ? '0.0.0.0/0' : '::/0';
      routes.set(normal(to), { to, via: step.via, device: step.device });
    }
  return [...routes.values()];
}

function addressesOf(node: PlannedNode) {
  return node.steps.filter((step) => step.kind === 'address');
}

/**
 * By ARP Linux answers for every address that it has, on whatever device, unless arp_ignore says otherwise; by neighbour
 * advertisements only for those of the device that the question came in by.
 */
function answers(node: PlannedNode, network: string, address: string): boolean {
  const device = node.interfaces.find((i) => i.network === network)?.name;
  const has = addressesOf(node).filter((own) => own.address === address);
  if (device === undefined) return false;
  const quiet = width(address) === 128 || sysctl(node, 'net.ipv4.conf.all.arp_ignore') === '1';
  return has.some((own) => !quiet || own.device === device);
}

function sysctl(node: PlannedNode, key: string): string | undefined {
  return node.steps.filter((step) => step.kind === 'sysctl').findLast((step) => step.key === key)?.value;
}

/** Bits of an address of that family. */
export function width(address: string): 32 | 128 {
  return address.includes(':') ? 128 : 32;
}

/** An address as a number. */
export function bits(address: string): bigint {
  if (width(address) === 32) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [left = [], right] = address.split('::').map((half) => half.split(':').filter((g) => g !== ''));
  const zeros = right === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...(right ?? [])].reduce(
    (sum, group) => sum * 65536n + BigInt(`0x${group}`),
    0n,
  );
}

/** One text for a network, however its address is written. */
function cidr(address: string, prefix: number): string {
  const host = BigInt(width(address) - prefix);
  return `${width(address)} bits ${(bits(address) >> host) << host}/${prefix}`;
}

function normal(network: string): string {
  const [address = '', prefix] = network.split('/');
  return cidr(address, Number(prefix ?? width(address)));
}

export function inside(network: string, address: string): boolean {
  return (
    width(network) === width(address) && cidr(address, Number(network.split('/')[1])) === normal(network)
  );
}
