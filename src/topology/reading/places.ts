import { readDocument } from './document.ts';
import { readDraft, valueOf, type DraftNode } from '../fields/draft.ts';
import type { Position } from './positions.ts';
import { Problems } from './problems.ts';
import { References } from '../rules/references.ts';
import { readText } from './text.ts';

/** Where things stand in a topology file, for problems that only its plan shows. */
export interface FilePlaces {
  /** A node's `gateway`, or the node itself where it has none. */
  ofGateway: (node: string) => Position;
  /** What first asks for a part of the kernel: a service's scheduler, or an entry of `needs`. */
  ofPart: (part: string) => Position;
}

const START: Position = { line: 1, column: 1 };

/** Finds the places of a file that has been read as a topology before. */
export function placesOf(source: string | Uint8Array): FilePlaces {
  const ignored = new Problems();
  const text = readText(source, ignored);
  const tree = text === undefined ? undefined : readDocument(text, ignored);
  const draft = tree === undefined ? undefined : readDraft(tree);
  const references = draft === undefined ? undefined : new References(draft);
  const place = (node: DraftNode | undefined) =>
    typeof node?.gateway === 'object' ? node.gateway.at : node?.at;
  const asking = [
    ...(draft?.services ?? []).flatMap(({ scheduler }) =>
      typeof scheduler === 'object' ? { part: `ip_vs_${scheduler.value}`, at: scheduler.at } : [],
    ),
    ...(valueOf(draft?.needs) ?? []).map(({ value, at }) => ({ part: value, at })),
  ];
  return {
    ofGateway: (name) => place(references?.node(name)?.node) ?? START,
    ofPart: (part) => asking.find((one) => one.part === part)?.at ?? START,
  };
}
