import { addressesIn } from './address-ranges.ts';
import { childOf, entriesOf, type Placed, type Position, type Tree } from './positions.ts';
import { roleFromName } from './names.ts';
import { address, choice, list, number, text, type Given } from './given.ts';
import type { Range } from './ip.ts';
import { subnetRange } from './ip-faults.ts';
import {
  MODES,
  ROLES,
  SCHEDULERS,
  SCHEDULER_FLAGS,
  TUNNELS,
  type Mode,
  type Role,
  type Scheduler,
  type SchedulerFlag,
  type TunnelType,
} from './types.ts';

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
}

export interface DraftNetwork {
  name: string;
  at: Position;
  subnets: DraftSubnet[];
  /** Whether the subnets could be read to their end. */
  subnetsKnown: boolean;
  mtu: Given<number>;
}

export interface DraftSubnet {
  text: Placed<string>;
  /** Undefined where the text makes no sense. */
  range: Range | undefined;
}

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
}

export interface DraftService {
  at: Position;
  vip: Given<string>;
  port: Given<number>;
  protocol: Given<'tcp'>;
  scheduler: Given<Scheduler>;
  flags: Given<Placed<SchedulerFlag>[]>;
  persistence: Given<DraftPersistence>;
  mode: Given<Mode>;
  tunnel: Given<TunnelType>;
  directors: Given<Placed<string>[]>;
  servers: Given<DraftServer[]>;
}

export interface DraftPersistence {
  timeout: Given<number>;
  /** Dotted, or its bits. */
  netmask: Given<string | number>;
}

export interface DraftServer {
  node: Given<string>;
  weight: Given<number>;
  upper: Given<number>;
  lower: Given<number>;
  port: Given<number>;
  mode: Given<Mode>;
  network: Given<string>;
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
    subnetsKnown: subnets.length === given.length && subnets.every(({ range }) => range !== undefined),
    mtu: number(childOf(tree, 'mtu'), 'mtu'),
  };
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
      const given = (tree.kind === 'list' ? tree.items : [tree]).map(address);
      const addresses = given.filter((one) => typeof one === 'object');
      if (addresses.length < given.length) return undefined;
      return {
        network: { value: name, at: keyAt },
        addresses:
          tree.kind === 'scalar' && addresses[0]?.value === 'auto'
            ? []
            : addresses.flatMap(({ value, at }) => addressesIn(value).map((each) => ({ value: each, at }))),
      };
    });
  return (on.kind === 'list' ? on.items : [on]).map((item) => {
    const name = text(item);
    return typeof name === 'object' ? { network: name, addresses: [] } : undefined;
  });
}

function service(tree: Tree): DraftService {
  const directors = childOf(tree, 'directors');
  const servers = childOf(tree, 'servers');
  return {
    at: tree.at,
    vip: address(childOf(tree, 'vip')),
    port: number(childOf(tree, 'port'), 'port'),
    protocol: choice(childOf(tree, 'protocol'), ['tcp']),
    scheduler: choice(childOf(tree, 'scheduler'), SCHEDULERS),
    flags: list(childOf(tree, 'flags'), (item) => {
      const flag = choice(item, SCHEDULER_FLAGS);
      return typeof flag === 'object' ? flag : undefined;
    }),
    persistence: persistence(childOf(tree, 'persistence')),
    mode: choice(childOf(tree, 'mode'), MODES),
    tunnel: choice(childOf(tree, 'tunnel'), TUNNELS),
    directors: list(directors, (item) => {
      const name = text(item);
      return typeof name === 'object' ? name : undefined;
    }),
    servers: list(servers, server),
  };
}

function persistence(tree: Tree | undefined): Given<DraftPersistence> {
  if (tree === undefined) return undefined;
  if (tree.kind === 'list') return 'unreadable';
  if (tree.kind === 'scalar') {
    const timeout = number(tree, 'persistence');
    return timeout === 'unreadable' ? timeout : { value: { timeout, netmask: undefined }, at: tree.at };
  }
  const mask = childOf(tree, 'netmask');
  const dotted = text(mask);
  return {
    value: {
      timeout: number(childOf(tree, 'timeout'), 'timeout'),
      netmask: dotted === 'unreadable' ? number(mask, 'netmask') : dotted,
    },
    at: tree.at,
  };
}

function server(tree: Tree): DraftServer {
  return {
    node: tree.kind === 'scalar' ? text(tree) : (text(childOf(tree, 'node')) ?? 'unreadable'),
    weight: number(childOf(tree, 'weight'), 'weight'),
    upper: number(childOf(tree, 'upper'), 'upper'),
    lower: number(childOf(tree, 'lower'), 'lower'),
    port: number(childOf(tree, 'port'), 'port'),
    mode: choice(childOf(tree, 'mode'), MODES),
    network: text(childOf(tree, 'network')),
  };
}
