import { valueOf, type DraftNetwork, type DraftSubnet } from '../fields/draft.ts';
import { BITS, block, contains, overlap, reservedIn, toCidr, usable, type Range } from '../ip.ts';
import { subnetFault } from './ip-faults.ts';
import { checkName } from '../names.ts';
import { onLine, show, type Problems } from '../reading/problems.ts';
import { checkQuality } from './quality.ts';
import type { References } from './references.ts';
import type { Family } from '../types.ts';

/** Checks the networks: names, subnets, overlaps, and whether the nodes find room. */
export function checkNetworks(references: References, problems: Problems): void {
  const { networks } = references.draft;
  for (const network of networks) {
    checkName('network', network.name, network.at, problems);
    checkSubnets(network, problems);
    checkQuality(network.quality, {}, problems);
    checkMtu(network, problems);
  }
  checkOverlaps(networks, problems);
  checkRoom(references, problems);
}

/** The kernel takes IPv6 off an interface whose MTU is smaller. */
const LEAST_MTU6 = 1280;

function checkMtu({ name, subnets, mtu }: DraftNetwork, problems: Problems): void {
  const value = valueOf(mtu);
  if (typeof mtu !== 'object' || value === undefined || value >= LEAST_MTU6) return;
  if (subnets.some(({ range }) => range?.family === 6))
    problems.add(
      mtu.at,
      `mtu ${value} of network ${show(name)} is too small for its IPv6 subnet`,
      `IPv6 wants ${LEAST_MTU6} bytes of every link (RFC 8200): make it larger, or leave the subnet out`,
    );
}

function checkSubnets({ name, at, subnets, subnetsKnown }: DraftNetwork, problems: Problems): void {
  if (subnets.length === 0 && subnetsKnown)
    problems.add(at, `network ${show(name)} has no subnet`, 'write one, such as 10.0.0.0/24');
  const seen = new Map<Family, string>();
  for (const { text, range } of subnets) {
    const fault = subnetFault(text.value);
    if (fault !== undefined) problems.add(text.at, `subnet ${show(text.value)} ${fault.why}`, fault.fix);
    if (range === undefined) continue;
    const other = seen.get(range.family);
    if (other === undefined) seen.set(range.family, text.value);
    else
      problems.add(
        text.at,
        `network ${show(name)} has two IPv${range.family} subnets: ${show(other)} and ${show(text.value)}`,
        'one of each family at most: make a network of its own of the other',
      );
  }
}

function checkOverlaps(networks: readonly DraftNetwork[], problems: Problems): void {
  const placed = networks.flatMap(({ name, subnets }) =>
    subnets.flatMap(({ range, text: subnet }) => (range === undefined ? [] : [{ name, range, subnet }])),
  );
  for (const [i, { name, range, subnet }] of placed.entries()) {
    const other = placed.find((p, j) => j >= i || (overlap(p.range, range) && p.name !== name));
    if (other === undefined || other.subnet === subnet) continue;
    problems.add(
      subnet.at,
      `subnet ${show(subnet.value)} of "${name}" overlaps ${show(other.subnet.value)} of "${other.name}" on ${onLine(other.subnet.at)}`,
      'give every network a subnet of its own',
    );
  }
}

/** A VIP inside a subnet takes an address of it, just as a node does. */
function checkRoom(references: References, problems: Problems): void {
  for (const { name, subnets } of references.draft.networks)
    for (const subnet of subnets) checkSubnetRoom(name, subnet, references, problems);
}

function checkSubnetRoom(
  name: string,
  { range, text: subnet }: DraftSubnet,
  { draft: { nodes, services } }: References,
  problems: Problems,
): void {
  if (range === undefined) return;
  let wanted = 0;
  for (const node of nodes) {
    const attachment = node.attachments.find((a) => a.network.value === name);
    if (attachment !== undefined)
      wanted +=
        Math.max(1, attachment.addresses.filter(({ value }) => contains(range, value)).length) *
        (valueOf(node.count) ?? 1);
  }
  const vips = new Set(
    services
      .map((service) => valueOf(service.vip) ?? '')
      .filter((vip) => contains(range, vip) && reservedIn(range, vip) === undefined),
  );
  const { first, last } = usable(range);
  const room = last - first + 1n;
  if (BigInt(wanted + vips.size) <= room) return;
  const virtual =
    vips.size === 0 ? '' : ` and ${vips.size} virtual ${vips.size === 1 ? 'address' : 'addresses'}`;
  problems.add(
    subnet.at,
    `subnet ${show(subnet.value)} of "${name}" has ${room} addresses, too few for ${wanted} nodes${virtual}`,
    `such as ${toCidr(block(subnet.value.split('/')[0] ?? '', prefixFor(range, wanted + vips.size)))}`,
  );
}

function prefixFor({ family }: Range, addresses: number): number {
  return Math.min(family === 4 ? 24 : 64, BITS[family] - Math.ceil(Math.log2(addresses + 2)));
}
