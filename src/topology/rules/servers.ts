import { valueOf, type DraftServer, type DraftService } from '../fields/draft.ts';
import type { Placed, Position } from '../reading/positions.ts';
import { onLine, show, type Problems } from '../reading/problems.ts';
import { settled, sharedNetworks, type References, type StatedServer } from './references.ts';
import { portsOf } from '../service-ports.ts';
import { didYouMean } from '../reading/suggest.ts';
import type { Role } from '../types.ts';
import { checkThresholds } from './options.ts';

/** Checks the real servers of a service. */
export function checkServers(service: DraftService, references: References, problems: Problems): void {
  checkPresent(service, references, problems);
  const seen = new Map<string, Position>();
  for (const entry of valueOf(service.servers) ?? []) {
    if (typeof entry.node === 'object') checkNamed('real-server', entry.node, references, problems);
    checkOnce(service, entry, references, seen, problems);
    checkPort(service, entry, references, problems);
    checkNetwork(entry, references, problems);
    checkThresholds(entry, problems);
  }
  for (const stated of references.answeringOf(service)) checkSegment(service, stated, references, problems);
}

/** Reports a name that no node bears, or one whose node has another role. */
export function checkNamed(
  role: Role,
  { value, at }: Placed<string>,
  references: References,
  problems: Problems,
): void {
  const what = role.replace('-', ' ');
  const referent = references.node(value);
  if (referent === undefined) {
    if (references.draft.nodesAt === undefined) return;
    problems.add(
      at,
      `no node bears the name of ${what} ${show(value)}`,
      didYouMean(value, references.nodeNames(role)),
    );
    return;
  }
  const actual = valueOf(referent.node.role);
  if (actual !== undefined && actual !== role)
    problems.add(
      at,
      `node ${show(value)} is a ${actual.replace('-', ' ')}, not a ${what}`,
      `name another, or give "${referent.node.name}" \`role: ${role}\``,
    );
}

function checkPresent(service: DraftService, references: References, problems: Problems): void {
  const { servers, vip, at } = service;
  if (servers === 'unreadable' || (servers?.value.length ?? 0) > 0) return;
  const { nodes, nodesAt } = references.draft;
  const unknown = nodesAt === undefined || nodes.some((node) => typeof node.role !== 'object');
  if (servers === undefined && (references.ofRole('real-server').length > 0 || unknown)) return;
  problems.add(
    servers?.at ?? (typeof vip === 'object' ? vip.at : at),
    'a service without any real server',
    servers === undefined
      ? 'add a node that answers, such as `rs1: { on: back }`'
      : 'leave `servers` out to have every real server answer',
  );
}

function checkOnce(
  service: DraftService,
  entry: DraftServer,
  references: References,
  seen: Map<string, Position>,
  problems: Problems,
): void {
  const ports = portsOf(service);
  if (typeof entry.node !== 'object' || entry.port === 'unreadable' || ports === undefined) return;
  const port = valueOf(entry.port) ?? ports[0]?.value.port ?? '';
  const names = references.node(entry.node.value)?.names ?? [];
  const twice = names.find((name) => seen.has(`${name}:${port}`));
  const first = seen.get(`${twice}:${port}`);
  if (twice !== undefined && first !== undefined)
    problems.add(
      entry.node.at,
      `real server "${twice}" with port ${port} is in this service twice: it is on ${onLine(first)} already`,
      'name it once; a larger share is what `weight` is for',
    );
  for (const name of names) if (!seen.has(`${name}:${port}`)) seen.set(`${name}:${port}`, entry.node.at);
}

function checkPort(
  service: DraftService,
  entry: DraftServer,
  references: References,
  problems: Problems,
): void {
  const mode = references.modeOf(service, entry);
  const port = portsOf(service)?.[0]?.value.port;
  // A mark's ports cannot be mapped at all, which is said elsewhere.
  if (typeof entry.port !== 'object' || port === undefined || service.mark !== undefined) return;
  if (mode === undefined || mode === 'nat' || mode === 'proxy') return;
  if (entry.port.value === port) return;
  problems.add(
    entry.port.at,
    `port ${entry.port.value} differs from the service’s port ${port}, and mode ${mode} cannot map ports`,
    'only nat rewrites packets (ipvsadm would silently use the service’s port): leave `port` out, or use mode nat',
  );
}

function checkNetwork({ node, network }: DraftServer, references: References, problems: Problems): void {
  if (typeof network !== 'object') return;
  if (references.lacksNetwork(network.value)) {
    problems.add(
      network.at,
      `unknown network ${show(network.value)}`,
      didYouMean(network.value, references.networkNames()),
    );
    return;
  }
  const server = references.node(valueOf(node) ?? '')?.node;
  if (server === undefined || !settled(server, references)) return;
  const own = server.attachments.map((a) => a.network.value);
  if (!own.includes(network.value))
    problems.add(
      network.at,
      `real server "${server.name}" is not on network ${show(network.value)}`,
      `it is on ${own.join(', ')}`,
    );
}

/** Direct routing puts the server's MAC address on the frame and nothing else: both must be on one segment. */
function checkSegment(
  service: DraftService,
  { entry, referent }: StatedServer,
  references: References,
  problems: Problems,
): void {
  if (references.modeOf(service, entry) !== 'dr' || entry?.network === 'unreadable') return;
  const at = typeof entry?.node === 'object' ? entry.node.at : service.at;
  const server = referent.node;
  const stated = valueOf(entry?.network);
  const onStated = stated === undefined || server.attachments.some((a) => a.network.value === stated);
  if (!onStated || !settled(server, references) || (valueOf(server.role) ?? 'real-server') !== 'real-server')
    return;
  for (const director of references.directorsOf(service)) {
    if (!settled(director.node, references) || valueOf(director.node.role) !== 'director') continue;
    const shared = sharedNetworks(server, director.node);
    if (stated === undefined ? shared.length > 0 : shared.includes(stated)) continue;
    const where = stated === undefined ? 'shares no network with' : `does not share network "${stated}" with`;
    problems.add(
      at,
      `real server "${server.name}" ${where} director "${director.node.name}", and mode dr needs that`,
      'direct routing rewrites only the MAC address: put both on one network, or use mode tun or nat',
    );
    return;
  }
}
