import * as z from 'zod';
import type { Range } from '../ip.ts';
import { roleFromName } from '../names.ts';
import { OPEN, type Given } from '../reading/given.ts';
import { childOf, entriesOf, type Placed, type Position, type Tree } from '../reading/positions.ts';
import { addressesIn } from '../rules/address-ranges.ts';
import { subnetRange } from '../rules/ip-faults.ts';
import type { KernelNeed, Mode } from '../types.ts';
import { clusterSchema } from './cluster.ts';
import type { healthSchema } from './health.ts';
import { networkSchema } from './network.ts';
import { addressSchema, attachmentSchema, nodeSchema } from './node.ts';
import { QUALITY_KEYS, parseMeasure, type QualityKey } from './quality.ts';
import { readMapping, readValue, type DraftMapping } from './reader.ts';
import { addressesSchema, topologySchema } from './schema.ts';
import type { serverSchema, serviceSchema } from './service.ts';

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

export type DraftService = DraftMapping<typeof serviceSchema.shape>;
export type DraftServer = DraftMapping<typeof serverSchema.shape>;
export type DraftHealth = DraftMapping<typeof healthSchema.shape>;
export type DraftCluster = DraftMapping<typeof clusterSchema.shape> & { name: string };

/** A DNS name. */
export interface DraftName {
  name: string;
  at: Position;
  addresses: Given<Placed<string>[]>;
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

type NodeKeys = DraftMapping<typeof nodeSchema.shape>;

export interface DraftNode extends Omit<NodeKeys, 'on' | 'routes' | 'sysctls'> {
  name: string;
  attachments: DraftAttachment[];
  /** Whether `on` could be read to its end. */
  attachmentsKnown: boolean;
  routes: { to: Given<string>; via: Given<string> }[];
  /** In file order; a value that cannot be read is left out. */
  sysctls: { key: Placed<string>; value: Placed<string> }[];
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
  const { name, title, mode, needs, services } = readMapping(topologySchema, root);
  const part = (key: keyof typeof topologySchema.shape) => childOf(root, key);
  const named = <T>(
    key: keyof typeof topologySchema.shape,
    read: (name: string, at: Position, tree: Tree) => T,
  ) => entriesOf(part(key)).map(([own, { keyAt, tree }]) => read(own, keyAt, tree));
  const nodes = part('nodes');
  return {
    ...{ name, title, mode, needs },
    networksKnown: part('networks')?.kind === 'map',
    networks: named('networks', network),
    nodes: named('nodes', node),
    nodesAt: nodes?.kind === 'map' ? nodes.at : undefined,
    servicesAt: (root.kind === 'map' ? root.entries.get('services')?.keyAt : undefined) ?? root.at,
    services: valueOf(services) ?? [],
    clusters: named('clusters', (own, at, tree) => ({ ...readMapping(clusterSchema, tree), name: own, at })),
    names: named('names', (own, at, tree) => ({
      name: own,
      at,
      addresses: readValue(addressesSchema, tree),
    })),
    namesKnown: [undefined, 'map'].includes(part('names')?.kind),
  };
}

const TEXT = z.string();

function network(name: string, at: Position, tree: Tree): DraftNetwork {
  const stated = tree.kind === 'map' ? tree.entries.get('subnet')?.tree : tree;
  const given = (stated?.kind === 'list' ? stated.items : [stated]).map((item) => readValue(TEXT, item));
  const subnets = given
    .filter((subnet) => typeof subnet === 'object')
    .map((subnet) => ({ text: subnet, range: subnetRange(subnet.value) }));
  const keys = valueOf(readValue(networkSchema, tree));
  return {
    name,
    at,
    subnets,
    subnetsKnown:
      subnets.length === given.length &&
      subnets.every(({ text, range }) => text.value === OPEN || range !== undefined),
    mtu: keys?.mtu,
    quality: quality(keys),
  };
}

function quality(keys: Partial<Record<QualityKey, Given<string>>> | undefined): DraftQuality {
  const measures: DraftQuality = {};
  for (const key of QUALITY_KEYS) {
    const given = keys?.[key];
    if (typeof given === 'object') measures[key] = { text: given, value: parseMeasure(key, given.value) };
  }
  return measures;
}

function node(name: string, at: Position, tree: Tree): DraftNode {
  const on = childOf(tree, 'on');
  const attachments = on === undefined ? [] : readAttachments(on);
  const keys = readMapping(nodeSchema, tree);
  const role = tree.kind === 'map' ? keys.role : 'unreadable';
  const told = roleFromName(name);
  return {
    ...keys,
    name,
    at,
    role: role ?? (told === undefined ? undefined : { value: told, at }),
    attachments: attachments.filter((a) => a !== undefined),
    attachmentsKnown: on !== undefined && !attachments.includes(undefined),
    routes: valueOf(keys.routes) ?? [],
    sysctls: entriesOf(childOf(tree, 'sysctls')).flatMap(([key, { keyAt, tree: given }]) =>
      given.kind === 'scalar' && (typeof given.value === 'string' || Number.isInteger(given.value))
        ? [{ key: { value: key, at: keyAt }, value: { value: String(given.value), at: given.at } }]
        : [],
    ),
  };
}

/** Undefined for each one that cannot be read. */
function readAttachments(on: Tree): (DraftAttachment | undefined)[] {
  if (on.kind === 'map')
    return [...on.entries].map(([name, { keyAt, tree }]) => {
      const stated = tree.kind === 'map' ? childOf(tree, 'address') : tree;
      const given = (stated?.kind === 'list' ? stated.items : stated === undefined ? [] : [stated]).map(
        (item) => readValue(addressSchema, item),
      );
      const addresses = given.filter((one) => typeof one === 'object');
      if (addresses.length < given.length) return undefined;
      return {
        network: { value: name, at: keyAt },
        addresses:
          stated?.kind === 'scalar' && addresses[0]?.value === 'auto'
            ? []
            : addresses.flatMap(({ value, at }) => addressesIn(value).map((each) => ({ value: each, at }))),
        quality: quality(readMapping(attachmentSchema, tree)),
      };
    });
  return (on.kind === 'list' ? on.items : [on]).map((item) => {
    const name = readValue(TEXT, item);
    return typeof name === 'object' ? { network: name, addresses: [], quality: {} } : undefined;
  });
}
