import { membersOf, networkHolding, servicesOf, sharedByAll } from './cluster-networks.ts';
import { valueOf, type DraftCluster, type DraftService } from '../fields/draft.ts';
import { familyOf, reservedIn } from '../ip.ts';
import { addressFault } from './ip-faults.ts';
import { checkName } from '../names.ts';
import type { Placed } from '../reading/positions.ts';
import { onLine, show, type Problems } from '../reading/problems.ts';
import type { References } from './references.ts';
import { checkIds, checkSync, checkVrrp } from './cluster-daemons.ts';
import { checkNamed } from './servers.ts';

/** Priorities go down by ten from 200 for each director, and none is to reach nought. */
const MOST_DIRECTORS = 16;

/** Checks the clusters of directors: who is in them, what they carry, and how they know of one another. */
export function checkClusters(references: References, problems: Problems): void {
  const { clusters } = references.draft;
  const taken = new Map<string, DraftCluster>();
  for (const cluster of clusters) {
    checkName('cluster', cluster.name, cluster.at, problems);
    // What follows from who is in it says nothing new where that is wrong.
    const before = problems.count;
    checkDirectors(cluster, references, taken, problems);
    if (problems.count > before) continue;
    checkShared(cluster, references, problems);
    checkCarried(cluster, references, problems);
    checkGateways(cluster, references, problems);
    checkVrrp(cluster, references, problems);
    checkSync(cluster, references, problems);
  }
  checkIds(references, problems);
}

function checkDirectors(
  cluster: DraftCluster,
  references: References,
  taken: Map<string, DraftCluster>,
  problems: Problems,
): void {
  if (typeof cluster.directors !== 'object') return;
  const { value: directors, at } = cluster.directors;
  const before = problems.count;
  const seen = new Set<string>();
  for (const director of directors) {
    checkNamed('director', director, references, problems);
    for (const name of references.node(director.value)?.names ?? []) {
      const other = taken.get(name);
      if (seen.has(name)) problems.add(director.at, `director ${show(name)} is named twice`, 'name it once');
      else if (other !== undefined)
        problems.add(
          director.at,
          `director ${show(name)} is in two clusters: this one and "${other.name}" on ${onLine(other.at)}`,
          'a director stands in for those of one cluster: leave it out of one of them',
        );
      else taken.set(name, cluster);
      seen.add(name);
    }
  }
  if (problems.count === before && seen.size < 2)
    problems.add(
      at,
      `cluster "${cluster.name}" has ${seen.size === 0 ? 'no director' : 'one director'}, and nobody to take over from it`,
      'name two or more, such as `directors: [director1, director2]`',
    );
  if (seen.size > MOST_DIRECTORS)
    problems.add(
      at,
      `cluster "${cluster.name}" has ${seen.size} directors, and the limit is ${MOST_DIRECTORS}`,
      'make several clusters of them',
    );
}

function checkShared(cluster: DraftCluster, references: References, problems: Problems): void {
  if (typeof cluster.directors !== 'object' || sharedByAll(cluster, references)?.length !== 0) return;
  problems.add(
    cluster.directors.at,
    `the directors of cluster "${cluster.name}" share no network`,
    'an address can move only between machines on one segment: put all of them on the VIP’s network',
  );
}

function checkCarried(cluster: DraftCluster, references: References, problems: Problems): void {
  const members = new Set(membersOf(cluster, references).flatMap(({ names }) => names));
  const services = servicesOf(cluster, references);
  if (services.length === 0 && members.size > 1 && references.draft.services.every(isReadable))
    problems.add(
      cluster.at,
      `cluster "${cluster.name}" carries no service: nothing is there to be taken over`,
      'add a service, or name these directors in the `directors` of one',
    );
  const shared = sharedByAll(cluster, references);
  for (const service of services) {
    checkCarriedByAll(cluster, service, members, references, problems);
    if (typeof service.vip !== 'object' || shared === undefined || shared.length === 0) continue;
    const network = networkHolding(service.vip.value, references);
    if (familyOf(service.vip.value) === undefined || shared.includes(network ?? '')) continue;
    problems.add(
      service.vip.at,
      `VIP ${show(service.vip.value)} lies in ${network === undefined ? 'no network' : `network "${network}"`}, and a cluster can move an address only on a network that all its directors are on`,
      `take one of ${shared.join(' or ')}`,
    );
  }
}

function isReadable({ directors }: DraftService): boolean {
  return directors !== 'unreadable';
}

/** What one has and the other has not is gone when the first one fails. */
function checkCarriedByAll(
  cluster: DraftCluster,
  service: DraftService,
  members: Set<string>,
  references: References,
  problems: Problems,
): void {
  const carriers = new Set(references.directorsOf(service).flatMap(({ names }) => names));
  const at = typeof service.directors === 'object' ? service.directors.at : service.at;
  const lacking = [...members].filter((name) => !carriers.has(name));
  const strangers = [...carriers].filter((name) => !members.has(name));
  if (lacking.length > 0)
    problems.add(
      at,
      `director "${lacking[0] ?? ''}" does not carry this service, which others of its cluster "${cluster.name}" do`,
      `name all of them: \`directors: [${[...members].join(', ')}]\``,
    );
  if (strangers.length > 0)
    problems.add(
      at,
      `director "${strangers[0] ?? ''}" carries this service and is not of cluster "${cluster.name}", whose VIP it would have as well`,
      `name those of one cluster: \`directors: [${[...members].join(', ')}]\``,
    );
}

function checkGateways(cluster: DraftCluster, references: References, problems: Problems): void {
  for (const gateway of valueOf(cluster.gateway) ?? []) checkGateway(cluster, gateway, references, problems);
  if (cluster.gateway !== undefined) return;
  const service = servicesOf(cluster, references).find((each) =>
    references
      .serversOf(each)
      .some(
        ({ entry, referent }) =>
          references.modeOf(each, entry) === 'nat' && referent.node.gateway === undefined,
      ),
  );
  if (service === undefined) return;
  problems.add(
    cluster.at,
    `cluster "${cluster.name}" carries a service in mode nat (${onLine(service.at)}) and has no gateway: the real servers’ replies would go on to a director that has failed`,
    'add an address of their network that moves with the VIP, such as `gateway: 10.0.0.253`',
  );
}

function checkGateway(
  cluster: DraftCluster,
  { value, at }: Placed<string>,
  references: References,
  problems: Problems,
): void {
  const fault = addressFault(value, '10.0.0.253');
  if (fault !== undefined) {
    problems.add(at, `gateway ${show(value)} ${fault.why}`, fault.fix);
    return;
  }
  const { nodes, services } = references.draft;
  const owner = nodes.find((node) =>
    node.attachments.some((a) => a.addresses.some((b) => b.value === value)),
  );
  const vip = services.find((service) => valueOf(service.vip) === value);
  if (owner !== undefined)
    problems.add(
      at,
      `gateway ${show(value)} is an address of node "${owner.name}" (${onLine(owner.at)})`,
      'the gateway moves from director to director: take an address that no node has',
    );
  if (vip !== undefined)
    problems.add(
      at,
      `gateway ${show(value)} is the VIP of a service (${onLine(vip.at)}), which moves by itself`,
      'take another address, on the real servers’ network',
    );
  const shared = sharedByAll(cluster, references);
  if (shared === undefined || shared.length === 0) return;
  const network = networkHolding(value, references);
  const range = references
    .network(network ?? '')
    ?.subnets.map((subnet) => subnet.range)
    .find((one) => one?.family === familyOf(value));
  const reserved = range === undefined ? undefined : reservedIn(range, value);
  if (network === undefined || !shared.includes(network))
    problems.add(
      at,
      `gateway ${show(value)} lies in ${network === undefined ? 'no network' : `network "${network}"`}, which is none that all directors of cluster "${cluster.name}" are on`,
      `take one of ${shared.join(' or ')}`,
    );
  else if (reserved !== undefined)
    problems.add(
      at,
      `gateway ${show(value)} is the ${reserved} of network ${show(network)}`,
      'take another address of that network',
    );
}
