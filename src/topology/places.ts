import { readDocument } from './document.ts';
import { readDraft, type DraftNode } from './draft.ts';
import type { Position } from './positions.ts';
import { Problems } from './problems.ts';
import { References } from './references.ts';
import { readText } from './text.ts';

/** Where things stand in a topology file, for problems that only its plan shows. */
export interface Places {
  /** A node's `gateway`, or the node itself where it has none. */
  ofGateway: (node: string) => Position;
}

const START: Position = { line: 1, column: 1 };

/** Finds the places of a file that has been read as a topology before. */
export function placesOf(source: string | Uint8Array): Places {
  const ignored = new Problems();
  const text = readText(source, ignored);
  const tree = text === undefined ? undefined : readDocument(text, ignored);
  const references = tree === undefined ? undefined : new References(readDraft(tree));
  const place = (node: DraftNode | undefined) =>
    typeof node?.gateway === 'object' ? node.gateway.at : node?.at;
  return { ofGateway: (name) => place(references?.node(name)?.node) ?? START };
}
