import type { Given } from '../reading/given.ts';
import { health, type DraftHealth } from './draft-health.ts';
import { childOf, type Placed, type Position, type Tree } from '../reading/positions.ts';
import { address, choice, list, number, text, truth } from '../reading/read-values.ts';
import {
  MODES,
  PROTOCOLS,
  SCHEDULERS,
  SCHEDULER_FLAGS,
  TUNNELS,
  type Mode,
  type Protocol,
  type Scheduler,
  type SchedulerFlag,
  type TunnelType,
} from '../types.ts';

export interface DraftService {
  at: Position;
  vip: Given<string>;
  port: Given<number>;
  protocol: Given<Protocol>;
  tls: Given<boolean>;
  onePacket: Given<boolean>;
  persistence: Given<DraftPersistence>;
  mark: Given<number>;
  /** Each as it is written: a number, or text such as `443/tls`. */
  ports: Given<Placed<number | string>[]>;
  scheduler: Given<Scheduler>;
  flags: Given<Placed<SchedulerFlag>[]>;
  mode: Given<Mode>;
  tunnel: Given<TunnelType>;
  directors: Given<Placed<string>[]>;
  servers: Given<DraftServer[]>;
  health: Given<DraftHealth>;
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

/** Reads a service as far as it has the schema's shape. */
export function service(tree: Tree): DraftService {
  const directors = childOf(tree, 'directors');
  const servers = childOf(tree, 'servers');
  return {
    at: tree.at,
    vip: address(childOf(tree, 'vip')),
    port: number(childOf(tree, 'port'), 'port'),
    protocol: choice(childOf(tree, 'protocol'), PROTOCOLS),
    tls: truth(childOf(tree, 'tls')),
    onePacket: truth(childOf(tree, 'one-packet')),
    persistence: persistence(childOf(tree, 'persistence')),
    mark: number(childOf(tree, 'mark'), 'mark'),
    ports: list(childOf(tree, 'ports'), (item) => {
      const port = text(item) === 'unreadable' ? number(item, 'port') : text(item);
      return typeof port === 'object' ? port : undefined;
    }),
    scheduler: choice(childOf(tree, 'scheduler'), SCHEDULERS),
    flags: list(childOf(tree, 'flags'), (item) => {
      const flag = choice(item, SCHEDULER_FLAGS);
      return typeof flag === 'object' ? flag : undefined;
    }),
    mode: choice(childOf(tree, 'mode'), MODES),
    tunnel: choice(childOf(tree, 'tunnel'), TUNNELS),
    directors: list(directors, (item) => {
      const name = text(item);
      return typeof name === 'object' ? name : undefined;
    }),
    servers: list(servers, server),
    health: health(childOf(tree, 'health')),
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
