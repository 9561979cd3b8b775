import { valueOf, type DraftNode, type DraftService } from '../fields/draft.ts';
import { familyOf } from '../ip.ts';
import type { Placed, Position } from '../reading/positions.ts';
import { show, type Problems } from '../reading/problems.ts';
import { settled, sharedNetworks, type References, type StatedServer } from './references.ts';
import type { Family } from '../types.ts';

/**
 * Checks that directors and real servers have addresses of the VIP's family. The kernel lets a real server's address
 * be of the other family in one case: "Different address family is allowed only for tunneling servers"
 * (net/netfilter/ipvs/ip_vs_ctl.c, do_ip_vs_genl_set_cmd).
 */
export function checkFamilies(service: DraftService, references: References, problems: Problems): void {
  const { vip } = service;
  const family = typeof vip === 'object' ? familyOf(vip.value) : undefined;
  if (typeof vip !== 'object' || family === undefined) return;
  for (const { node } of references.directorsOf(service)) {
    const found = familiesOf(node, references);
    if (found === undefined || valueOf(node.role) !== 'director' || found.has(family)) continue;
    problems.add(
      vip.at,
      `VIP ${show(vip.value)} is IPv${family}, and director "${node.name}" is on no network with an IPv${family} subnet`,
      needsSubnet(node, family),
    );
  }
  for (const stated of references.answeringOf(service))
    checkServer(service, stated, { ...vip, family }, references, problems);
}

function checkServer(
  service: DraftService,
  { entry, referent }: StatedServer,
  { value: vip, at: vipAt, family }: Placed<string> & { family: Family },
  references: References,
  problems: Problems,
): void {
  const server = referent.node;
  const mode = references.modeOf(service, entry);
  const own = familiesOf(server, references);
  const stated = valueOf(entry?.network);
  if (own === undefined || mode === undefined || entry?.network === 'unreadable') return;
  if (stated !== undefined && !server.attachments.some((a) => a.network.value === stated)) return;
  const at = typeof entry?.node === 'object' ? entry.node.at : vipAt;
  const fix = needsSubnet(server, family);
  if (!own.has(family)) {
    const why =
      mode === 'tun'
        ? 'it must answer the clients itself'
        : `mode ${mode} cannot cross from one family to the other (the kernel allows it to tunnels alone)`;
    problems.add(
      at,
      `real server "${server.name}" has no IPv${family} address, and VIP ${show(vip)} is IPv${family}: ${why}`,
      fix,
    );
    return;
  }
  if (mode === 'tun') {
    checkTunnelEnds(service, server, stated, references, problems);
    return;
  }
  const chosen = stated === undefined ? own : subnetFamilies([stated], references);
  if (!chosen.has(family) && typeof entry?.network === 'object')
    problems.add(
      entry.network.at,
      `network ${show(stated)} has no IPv${family} subnet, and VIP ${show(vip)} is IPv${family}: mode ${mode} cannot cross from one family to the other`,
      'name a network that has one, or use mode tun (the kernel allows it to tunnels alone)',
    );
  else if (mode === 'dr') checkSegment(service, { server, family, at }, references, problems);
}

/** A named network of the other family makes the tunnel one through that family. */
function checkTunnelEnds(
  service: DraftService,
  server: DraftNode,
  network: string | undefined,
  references: References,
  problems: Problems,
): void {
  if (network === undefined) return;
  const families = subnetFamilies([network], references);
  for (const { node } of references.directorsOf(service)) {
    const found = familiesOf(node, references);
    if (found === undefined || [...families].some((family) => found.has(family))) continue;
    problems.add(
      service.at,
      `director "${node.name}" and network "${network}" of real server "${server.name}" have no address family in common: no tunnel can lead there`,
      `give one of them a subnet of the other's family`,
    );
  }
}

/** What direct routing needs is checked for both families elsewhere; here, that the shared network has this one. */
function checkSegment(
  service: DraftService,
  { server, family, at }: { server: DraftNode; family: Family; at: Position },
  references: References,
  problems: Problems,
): void {
  for (const { node } of references.directorsOf(service)) {
    const shared = sharedNetworks(server, node);
    if (familiesOf(node, references) === undefined || shared.length === 0) continue;
    if (subnetFamilies(shared, references).has(family)) continue;
    problems.add(
      at,
      `no network that real server "${server.name}" and director "${node.name}" share has an IPv${family} subnet, and mode dr needs that`,
      `give ${shared.join(' or ')} one: write it as a list, such as [${example(4)}, ${example(6)}]`,
    );
  }
}

/** The families that a node has addresses of; undefined where its networks could not all be understood. */
function familiesOf(node: DraftNode, references: References): Set<Family> | undefined {
  const names = node.attachments.map((a) => a.network.value);
  const known = settled(node, references) && names.every((name) => references.network(name)?.subnetsKnown);
  return known ? subnetFamilies(names, references) : undefined;
}

function subnetFamilies(networks: string[], references: References): Set<Family> {
  return new Set(
    networks.flatMap(
      (name) => references.network(name)?.subnets.flatMap(({ range }) => range?.family ?? []) ?? [],
    ),
  );
}

function needsSubnet(node: DraftNode, family: Family): string {
  const networks = node.attachments.map((a) => a.network.value).join(' or ');
  return `give ${networks} an IPv${family} subnet as well, such as ${example(family)}`;
}

function example(family: Family): string {
  return family === 4 ? '192.0.2.0/24' : '2001:db8:1::/64';
}
