import { addressesIn } from '../rules/address-ranges.ts';
import { cluster, type DraftCluster } from './draft-clusters.ts';
import { dnsName, type DraftName } from './draft-names.ts';
import { service, type DraftService } from './draft-services.ts';
import { childOf, entriesOf, type Placed, type Position, type Tree } from '../reading/positions.ts';
import { roleFromName } from '../names.ts';
import type { Range } from '../ip.ts';
import { subnetRange } from '../rules/ip-faults.ts';
import { OPEN, type Given } from '../reading/given.ts';
import { parseMeasure, QUALITY_KEYS, type QualityKey } from './quality.ts';
import { address, choice, list, number, text } from '../reading/read-values.ts';
import { KERNEL_NEEDS, MODES, ROLES, type KernelNeed, type Mode, type Role } from '../types.ts';

/** A topology as far as the file could be understood. */
export interface Draft {
  name: Given<string>;
  title: Given<string>;
  mode: Given<Mode>;
  networks: DraftNetwork[];
  /** Whether the file has a mapping of networks, so that a name can be said to be unknown. */
  networksKnown: boolean;
  /** Undefined where the file has none or something else there. */
  nodesAt: Position | undefined;
  nodes: DraftNode[];
  /** Where the services are, or would be. */
  servicesAt: Position;
  services: DraftService[];
  clusters: DraftCluster[];
  names: DraftName[];
  /** Whether the names could be read as a mapping, or there are none. */
  namesKnown: boolean;
  needs: Given<Placed<KernelNeed>[]>;
}

export interface DraftNetwork {
  name: string;
  at: Position;
  subnets: DraftSubnet[];
  /** Whether the subnets could be read to their end. */
  subnetsKnown: boolean;
  mtu: Given<number>;
  quality: DraftQuality;
}

export interface DraftSubnet {
  text: Placed<string>;
  /** Undefined where the text makes no sense. */
  range: Range | undefined;
}
/** Each measure as written, and in the plan's unit where it makes sense. */
export type DraftQuality = Partial<Record<QualityKey, { text: Placed<string>; value: number | undefined }>>;

export interface DraftNode {
  name: string;
  at: Position;
  /** Undefined where neither the file nor the name tells it. */
  role: Given<Role>;
  attachments: DraftAttachment[];
  /** Whether `on` could be read to its end. */
  attachmentsKnown: boolean;
  gateway: Given<string>;
  routes: { to: Given<string>; via: Given<string> }[];
  /** In file order; a value that cannot be read is left out. */
  sysctls: { key: Placed<string>; value: Placed<string> }[];
  count: Given<number>;
}

export interface DraftAttachment {
  network: Placed<string>;
  /** None: automatic. */
  addresses: Placed<string>[];
  quality: DraftQuality;
}

/** The value of something given; undefined where nothing readable was. */
export function valueOf<T>(given: Given<T>): T | undefined {
  return typeof given === 'object' ? given.value : undefined;
}

/** Reads a tree as far as it has the schema's shape, and leaves out what has not. */
export function readDraft(root: Tree): Draft {
  const services = childOf(root, 'services');
  const nodes = childOf(root, 'nodes');
  return {
    name: text(childOf(root, 'name')),
    title: text(childOf(root, 'title')),
    mode: choice(childOf(root, 'mode'), MODES),
    networksKnown: childOf(root, 'networks')?.kind === 'map',
    networks: entriesOf(childOf(root, 'networks')).map(([name, { keyAt, tree }]) =>
      network(name, keyAt, tree),
    ),
    nodes: entriesOf(nodes).map(([name, { keyAt, tree }]) => node(name, keyAt, tree)),
    nodesAt: nodes?.kind === 'map' ? nodes.at : undefined,
    servicesAt: (root.kind === 'map' ? root.entries.get('services')?.keyAt : undefined) ?? root.at,
    services: services?.kind === 'list' ? services.items.filter((i) => i.kind === 'map').map(service) : [],
    clusters: entriesOf(childOf(root, 'clusters')).map(([name, { keyAt, tree }]) =>
      cluster(name, keyAt, tree),
    ),
    names: entriesOf(childOf(root, 'names')).map(([name, { keyAt, tree }]) => dnsName(name, keyAt, tree)),
    namesKnown: [undefined, 'map'].includes(childOf(root, 'names')?.kind),
    needs: list(childOf(root, 'needs'), (item) => {
      const need = choice(item, KERNEL_NEEDS);
      return typeof need === 'object' ? need : undefined;
    }),
  };
}

function network(name: string, at: Position, tree: Tree): DraftNetwork {
  const stated = tree.kind === 'map' ? tree.entries.get('subnet')?.tree : tree;
  const given = (stated?.kind === 'list' ? stated.items : [stated]).map(text);
  const subnets = given
    .filter((subnet) => typeof subnet === 'object')
    .map((subnet) => ({ text: subnet, range: subnetRange(subnet.value) }));
  return {
    name,
    at,
    subnets,
    subnetsKnown:
      subnets.length === given.length &&
      subnets.every(({ text, range }) => text.value === OPEN || range !== undefined),
    mtu: number(childOf(tree, 'mtu'), 'mtu'),
    quality: quality(tree),
  };
}

function quality(tree: Tree): DraftQuality {
  const measures: DraftQuality = {};
  for (const key of QUALITY_KEYS) {
    const given = text(childOf(tree, key));
    if (typeof given === 'object') measures[key] = { text: given, value: parseMeasure(key, given.value) };
  }
  return measures;
}

function node(name: string, at: Position, tree: Tree): DraftNode {
  const on = childOf(tree, 'on');
  const attachments = on === undefined ? [] : readAttachments(on);
  const routes = childOf(tree, 'routes');
  const role = tree.kind === 'map' ? choice(childOf(tree, 'role'), ROLES) : 'unreadable';
  const told = roleFromName(name);
  return {
    name,
    at,
    role: role ?? (told === undefined ? undefined : { value: told, at }),
    attachments: attachments.filter((a) => a !== undefined),
    attachmentsKnown: on !== undefined && !attachments.includes(undefined),
    gateway: address(childOf(tree, 'gateway')),
    routes:
      routes?.kind === 'list'
        ? routes.items.map((item) => ({ to: text(childOf(item, 'to')), via: address(childOf(item, 'via')) }))
        : [],
    sysctls: entriesOf(childOf(tree, 'sysctls')).flatMap(([key, { keyAt, tree: given }]) =>
      given.kind === 'scalar' && (typeof given.value === 'string' || Number.isInteger(given.value))
        ? [{ key: { value: key, at: keyAt }, value: { value: String(given.value), at: given.at } }]
        : [],
    ),
    count: number(childOf(tree, 'count'), 'count'),
  };
}

/** Undefined for each one that cannot be read. */
function readAttachments(on: Tree): (DraftAttachment | undefined)[] {
  if (on.kind === 'map')
    return [...on.entries].map(([name, { keyAt, tree }]) => {
      const stated = tree.kind === 'map' ? childOf(tree, 'address') : tree;
      const given = (stated?.kind === 'list' ? stated.items : stated === undefined ? [] : [stated]).map(
        address,
      );
      const addresses = given.filter((one) => typeof one === 'object');
      if (addresses.length < given.length) return undefined;
      return {
        network: { value: name, at: keyAt },
        addresses:
          stated?.kind === 'scalar' && addresses[0]?.value === 'auto'
            ? []
            : addresses.flatMap(({ value, at }) => addressesIn(value).map((each) => ({ value: each, at }))),
        quality: quality(tree),
      };
    });
  return (on.kind === 'list' ? on.items : [on]).map((item) => {
    const name = text(item);
    return typeof name === 'object' ? { network: name, addresses: [], quality: {} } : undefined;
  });
}
