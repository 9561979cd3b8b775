import type { DraftNode } from '../fields/draft.ts';
import type { Given } from '../reading/given.ts';
import { BITS, block, contains, familyOf, parseCidr, reservedIn, toCidr } from '../ip.ts';
import { addressFault, cidrFault } from './ip-faults.ts';
import type { Placed, Position } from '../reading/positions.ts';
import { onLine, show, type Problems } from '../reading/problems.ts';
import { settled, sharedNetworks, type References } from './references.ts';
import { didYouMean } from '../reading/suggest.ts';

/** Checks a node's static routes. */
export function checkRoutes(node: DraftNode, references: References, problems: Problems): void {
  const seen = new Map<string, Position>();
  for (const { to, via } of node.routes) {
    if (typeof to === 'object') checkDestination(to, seen, problems);
    checkNeighbour('via', via, node, references, problems);
    checkSameFamily(to, via, node, references, problems);
  }
}

/** A next hop is reached by an address of the destination's family. */
function checkSameFamily(
  to: Given<string>,
  via: Given<string>,
  node: DraftNode,
  references: References,
  problems: Problems,
): void {
  if (typeof to !== 'object' || typeof via !== 'object') return;
  const family = parseCidr(to.value)?.family ?? familyOf(to.value);
  const hop = familyOf(via.value);
  const fix = `a next hop of an IPv${family} route has an IPv${family} address`;
  if (family === undefined) return;
  if (hop !== undefined && hop !== family)
    problems.add(
      via.at,
      `route to ${show(to.value)} mixes IPv${family} and IPv${hop}: via ${show(via.value)}`,
      fix,
    );
  const neighbour = references.node(via.value);
  if (neighbour === undefined || !settled(node, references) || !settled(neighbour.node, references)) return;
  const shared = sharedNetworks(node, neighbour.node).map((name) => references.network(name));
  if (shared.length === 0 || shared.some((n) => n?.subnetsKnown !== true)) return;
  if (!shared.some((n) => n?.subnets.some(({ range }) => range?.family === family)))
    problems.add(
      via.at,
      `route to ${show(to.value)} is IPv${family}, and no network that "${node.name}" and "${via.value}" share has an IPv${family} subnet`,
      fix,
    );
}

function checkDestination(to: Placed<string>, seen: Map<string, Position>, problems: Problems): void {
  const { value, at } = to;
  if (value === 'default' || parseCidr(value)?.prefix === 0) {
    problems.add(at, `route to ${show(value)} would be a default route`, 'write `gateway` instead');
    return;
  }
  const family = parseCidr(value)?.family ?? familyOf(value) ?? 4;
  const fault = familyOf(value) === undefined ? cidrFault(value, 1, BITS[family]) : undefined;
  if (fault !== undefined) {
    problems.add(at, `route to ${show(value)}: it ${fault.why}`, fault.fix);
    return;
  }
  const { address, prefix } = parseCidr(value) ?? { address: value, prefix: BITS[family] };
  const key = toCidr(block(address, prefix));
  const first = seen.get(key);
  if (first !== undefined)
    problems.add(
      at,
      `route to ${show(value)} is here twice: it is on ${onLine(first)} already`,
      'keep one of them',
    );
  else seen.set(key, at);
}

/** Checks a next hop: a node or an address, on a network of the node's own. */
export function checkNeighbour(
  key: 'gateway' | 'via',
  given: Given<string>,
  node: DraftNode,
  references: References,
  problems: Problems,
): void {
  if (typeof given !== 'object' || (key === 'gateway' && given.value === 'none')) return;
  const { value, at } = given;
  const referent = references.node(value);
  if (referent === undefined) {
    if (/^[\d.]+$|[:/]/.test(value)) checkHopAddress(key, given, node, references, problems);
    else
      problems.add(
        at,
        `${key} ${show(value)} is neither a node nor an address`,
        didYouMean(
          value,
          references.nodeNames().filter((name) => name !== node.name),
        ),
      );
    return;
  }
  if (referent.node === node) {
    problems.add(at, `node ${show(node.name)} cannot be its own ${key}`, 'name a neighbour');
  } else if (referent.names.length > 1) {
    problems.add(
      at,
      `${key} "${value}" stands for ${referent.names.length} nodes`,
      `name one, such as ${value}1`,
    );
  } else if (settled(node, references) && settled(referent.node, references)) {
    if (sharedNetworks(node, referent.node).length > 0) return;
    problems.add(
      at,
      `${key} "${value}" shares no network with node "${node.name}"`,
      `"${node.name}" is on ${networksOf(node)}; "${value}" is on ${networksOf(referent.node)}`,
    );
  }
}

function checkHopAddress(
  key: string,
  { value, at }: Placed<string>,
  node: DraftNode,
  references: References,
  problems: Problems,
): void {
  const fault = addressFault(value, '10.0.0.1');
  if (fault !== undefined) {
    problems.add(at, `${key} ${show(value)} ${fault.why}`, fault.fix);
    return;
  }
  const networks = node.attachments.map((a) => references.network(a.network.value));
  const found = networks
    .flatMap((network) => network?.subnets ?? [])
    .flatMap(({ range }) => range ?? [])
    .find((range) => contains(range, value));
  const reserved = found === undefined ? undefined : reservedIn(found, value);
  if (reserved !== undefined)
    problems.add(at, `${key} ${show(value)} is the ${reserved} of its network`, 'no machine can have it');
  else if (
    found === undefined &&
    settled(node, references) &&
    networks.every((n) => n?.subnetsKnown === true)
  )
    problems.add(
      at,
      `${key} ${show(value)} is outside the networks of node "${node.name}"`,
      `a next hop is a neighbour: "${node.name}" is on ${networksOf(node)}`,
    );
}

function networksOf(node: DraftNode): string {
  return node.attachments.map((a) => a.network.value).join(', ');
}
