import type { DraftNetwork } from './draft.ts';
import { valueOf } from './given.ts';
import {
  PREFIXES,
  block,
  cidrFault,
  contains,
  isIPv4,
  parseCidr,
  reservedIn,
  toCidr,
  unusable,
  type Range,
} from './ipv4.ts';
import { checkName } from './names.ts';
import { onLine, show, type Problems } from './problems.ts';
import type { References } from './references.ts';

/** Checks the networks: names, subnets, overlaps, and whether the nodes find room. */
export function checkNetworks(references: References, problems: Problems): void {
  const { networks } = references.draft;
  for (const network of networks) {
    checkName('network', network.name, network.at, problems);
    checkSubnet(network, problems);
  }
  checkOverlaps(networks, problems);
  checkRoom(references, problems);
}

function checkSubnet({ subnet }: DraftNetwork, problems: Problems): void {
  if (typeof subnet !== 'object') return;
  const address = parseCidr(subnet.value)?.address;
  const fault =
    cidrFault(subnet.value, PREFIXES.largest, PREFIXES.smallest) ??
    (address === undefined ? undefined : unusable(address));
  if (fault !== undefined) problems.add(subnet.at, `subnet ${show(subnet.value)} ${fault.why}`, fault.mend);
}

function checkOverlaps(networks: readonly DraftNetwork[], problems: Problems): void {
  const placed = networks.flatMap(({ name, range, subnet }) =>
    range !== undefined && typeof subnet === 'object' ? [{ name, range, subnet }] : [],
  );
  for (const [i, { name, range, subnet }] of placed.entries()) {
    const other = placed.find((p, j) => j >= i || overlap(p.range, range));
    if (other === undefined || other.subnet === subnet) continue;
    problems.add(
      subnet.at,
      `subnet ${show(subnet.value)} of "${name}" overlaps ${show(other.subnet.value)} of "${other.name}" on ${onLine(other.subnet.at)}`,
      'give every network a subnet of its own',
    );
  }
}

function overlap(a: Range, b: Range): boolean {
  return a.first < b.first + b.size && b.first < a.first + a.size;
}

/** A VIP inside a subnet takes an address of it, just as a node does. */
function checkRoom(references: References, problems: Problems): void {
  const { networks, nodes, services } = references.draft;
  for (const { name, range, subnet } of networks) {
    if (range === undefined || typeof subnet !== 'object') continue;
    let wanted = 0;
    for (const node of nodes) {
      const attachment = node.attachments.find((a) => a.network.value === name);
      if (attachment !== undefined)
        wanted += Math.max(1, attachment.addresses.length) * (valueOf(node.count) ?? 1);
    }
    const vips = new Set(
      services
        .map((service) => valueOf(service.vip) ?? '')
        .filter((vip) => isIPv4(vip) && contains(range, vip) && reservedIn(range, vip) === undefined),
    );
    const room = range.size - 2;
    if (wanted + vips.size <= room) continue;
    const virtual =
      vips.size === 0 ? '' : ` and ${vips.size} virtual ${vips.size === 1 ? 'address' : 'addresses'}`;
    problems.add(
      subnet.at,
      `subnet ${show(subnet.value)} of "${name}" has ${room} addresses, too few for ${wanted} nodes${virtual}`,
      `such as ${toCidr(block(subnet.value.split('/')[0] ?? '', prefixFor(wanted + vips.size)))}`,
    );
  }
}

function prefixFor(addresses: number): number {
  return Math.min(24, 32 - Math.ceil(Math.log2(addresses + 2)));
}
