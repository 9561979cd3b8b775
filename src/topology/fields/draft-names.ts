import type { Given } from '../reading/given.ts';
import type { Placed, Position, Tree } from '../reading/positions.ts';
import { address, oneOrMore } from '../reading/read-values.ts';

/** A DNS name as far as the file could be understood. */
export interface DraftName {
  name: string;
  at: Position;
  addresses: Given<Placed<string>[]>;
}

/** Reads a DNS name as far as it has the schema's shape. */
export function dnsName(name: string, at: Position, tree: Tree): DraftName {
  return { name, at, addresses: oneOrMore(tree, address) };
}
