import type { Given } from '../reading/given.ts';
import { childOf, type Placed, type Position, type Tree } from '../reading/positions.ts';
import { address, number, oneOrMore, text } from '../reading/read-values.ts';

/** A cluster of directors as far as the file could be understood. */
export interface DraftCluster {
  name: string;
  at: Position;
  directors: Given<Placed<string>[]>;
  vrrp: Given<DraftVrrp>;
  sync: Given<DraftSync>;
  gateways: Given<Placed<string>[]>;
}

export interface DraftVrrp {
  interval: Given<string>;
  id: Given<number>;
  on: Given<string>;
}

export interface DraftSync {
  id: Given<number>;
  on: Given<string>;
  masters: Given<Placed<string>[]>;
}

/** Reads a cluster as far as it has the schema's shape. */
export function cluster(name: string, at: Position, tree: Tree): DraftCluster {
  return {
    name,
    at,
    directors: oneOrMore(childOf(tree, 'directors'), text),
    vrrp: mapping(childOf(tree, 'vrrp'), (vrrp) => ({
      interval: text(childOf(vrrp, 'interval')),
      id: number(childOf(vrrp, 'id'), 'id'),
      on: text(childOf(vrrp, 'on')),
    })),
    sync: mapping(childOf(tree, 'sync'), (sync) => ({
      id: number(childOf(sync, 'id'), 'id'),
      on: text(childOf(sync, 'on')),
      masters: oneOrMore(childOf(sync, 'master'), text),
    })),
    gateways: oneOrMore(childOf(tree, 'gateway'), address),
  };
}

function mapping<T>(tree: Tree | undefined, read: (tree: Tree) => T): Given<T> {
  if (tree === undefined) return undefined;
  return tree.kind === 'map' ? { value: read(tree), at: tree.at } : 'unreadable';
}
