import { membersOf, movingAddresses, sharedByAll, syncNetwork, vrrpNetworks } from './cluster-networks.ts';
import { valueOf, type DraftCluster } from '../fields/draft.ts';
import type { Given } from '../reading/given.ts';
import { familyOf } from '../ip.ts';
import { parseInterval } from '../fields/normalize-clusters.ts';
import type { Position } from '../reading/positions.ts';
import { onLine, show, type Problems } from '../reading/problems.ts';
import type { References } from './references.ts';
import { syncSchema, vrrpSchema } from '../fields/cluster.ts';
import { fill } from '../fields/fill.ts';
import { didYouMean } from '../reading/suggest.ts';

/** Milliseconds. A shorter one makes a busy machine lose its VIP; more than 40.95 s do not fit into VRRP's packet. */
const INTERVALS = { least: 100, most: 40_000 };

/** Checks how a cluster's directors speak VRRP. */
export function checkVrrp(cluster: DraftCluster, references: References, problems: Problems): void {
  if (typeof cluster.vrrp !== 'object') return;
  const { interval, on } = cluster.vrrp.value;
  if (typeof interval === 'object') {
    const value = parseInterval(interval.value);
    if (value === undefined || value < INTERVALS.least || value > INTERVALS.most)
      problems.add(
        interval.at,
        `interval ${show(interval.value)} is not a time from 100ms to 40s`,
        'write it with its unit: 1s, 500ms',
      );
    else if (value % 10 !== 0)
      problems.add(
        interval.at,
        `interval ${show(interval.value)} is not in whole hundredths of a second`,
        'VRRP counts in those: 500ms, 1s, 1.25s',
      );
  }
  if (!checkOn(cluster, on, references, problems) || typeof on !== 'object') return;
  const families = familiesOf(on.value, references);
  const stranger = movingAddresses(cluster, references).find(
    ({ address }) => !families.includes(familyOf(address)),
  );
  if (stranger !== undefined)
    problems.add(
      on.at,
      `network ${show(on.value)} has no IPv${familyOf(stranger.address) ?? 4} subnet, and VRRP moves ${stranger.address} by its own protocol alone`,
      'take a network with both, or leave `on` out',
    );
}

/** Checks a cluster's sync daemons, and who is their master. */
export function checkSync(cluster: DraftCluster, references: References, problems: Problems): void {
  if (typeof cluster.sync !== 'object') return;
  const { on, master: stated } = cluster.sync.value;
  if (checkOn(cluster, on, references, problems)) {
    const network = syncNetwork(cluster, references);
    if (network !== undefined && !familiesOf(network, references).includes(4))
      problems.add(
        typeof on === 'object' ? on.at : cluster.sync.at,
        `network ${show(network)} has no IPv4 subnet, and the sync daemon tells 224.0.0.81`,
        'name one that has: `sync: { on: NETWORK }`',
      );
  }
  const [first] = membersOf(cluster, references).flatMap(({ names }) => names);
  const [master, second] = valueOf(stated) ?? [];
  if (second !== undefined)
    problems.add(
      second.at,
      `two masters with one sync id ${fill(syncSchema, cluster.sync.value).id}: ${show(master?.value)} and ${show(second.value)}`,
      'the one that has the VIPs tells the others: name it alone, or leave `master` out',
    );
  else if (master !== undefined && first !== undefined && master.value !== first)
    problems.add(
      master.at,
      `master ${show(master.value)} has no connections to tell of: the VIPs are at director "${first}", the first of cluster "${cluster.name}"`,
      `name ${show(master.value)} first in \`directors\`, or leave \`master\` out`,
    );
}

function familiesOf(network: string, references: References): (4 | 6 | undefined)[] {
  return (references.network(network)?.subnets ?? []).map(({ range }) => range?.family);
}

/** Whether a network that is named, if one is, can be used. */
function checkOn(
  cluster: DraftCluster,
  on: Given<string>,
  references: References,
  problems: Problems,
): boolean {
  if (on === 'unreadable') return false;
  if (on === undefined) return true;
  if (references.lacksNetwork(on.value)) {
    problems.add(on.at, `unknown network ${show(on.value)}`, didYouMean(on.value, references.networkNames()));
    return false;
  }
  const shared = sharedByAll(cluster, references);
  if (shared === undefined || shared.length === 0 || shared.includes(on.value)) return shared !== undefined;
  problems.add(
    on.at,
    `the directors of cluster "${cluster.name}" are not all on network ${show(on.value)}`,
    `those that they share: ${shared.join(', ')}`,
  );
  return false;
}

/** A cluster's id on some networks. */
interface Claimed {
  networks: string[];
  id: Given<number>;
  standard: number;
  /** Where the cluster says that it has one at all. */
  at: Position;
}

/** Who has the same id on the same network is taken for one of the own cluster. */
export function checkIds(references: References, problems: Problems): void {
  const routers = new Map<string, Position>();
  const masters = new Map<string, Position>();
  for (const cluster of references.draft.clusters) {
    const { vrrp, sync } = cluster;
    if (typeof vrrp === 'object') {
      const networks = vrrpNetworks(cluster, references);
      const claimed = { networks, id: vrrp.value.id, standard: fill(vrrpSchema, undefined).id, at: vrrp.at };
      once(routers, claimed, (id, network, line) => {
        problems.add(
          placeOf(claimed),
          `two clusters speak VRRP with id ${id} on network ${show(network)}: the other is on ${line}`,
          'they would take each other for one of their own: give one of them another `id`',
        );
      });
    }
    if (typeof sync === 'object') {
      const networks = [syncNetwork(cluster, references) ?? ''];
      const claimed = { networks, id: sync.value.id, standard: fill(syncSchema, undefined).id, at: sync.at };
      once(masters, claimed, (id, network, line) => {
        problems.add(
          placeOf(claimed),
          `two masters with one sync id ${id} on network ${show(network)}: the other cluster is on ${line}`,
          'the others would hear both: give one of the clusters another `id`',
        );
      });
    }
  }
}

function placeOf({ id, at }: Claimed): Position {
  return typeof id === 'object' ? id.at : at;
}

/** Tells where an id is on a network already, and takes it where not. */
function once(
  seen: Map<string, Position>,
  claimed: Claimed,
  tell: (id: number, network: string, line: string) => void,
): void {
  if (claimed.id === 'unreadable') return;
  const id = valueOf(claimed.id) ?? claimed.standard;
  const twice = claimed.networks.find((network) => seen.has(`${network} ${id}`));
  const first = seen.get(`${twice ?? ''} ${id}`);
  if (twice !== undefined && first !== undefined) tell(id, twice, onLine(first));
  for (const network of claimed.networks)
    if (!seen.has(`${network} ${id}`)) seen.set(`${network} ${id}`, placeOf(claimed));
}
