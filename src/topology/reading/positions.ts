/** A place in the topology file; both count from 1. */
export interface Position {
  line: number;
  column: number;
}

/** A value with the place where it is written. */
export interface Placed<T> {
  value: T;
  at: Position;
}

/** The file's content, aliases and merge keys followed, every part with its place. */
export type Tree = MapTree | ListTree | ScalarTree;

export interface MapTree {
  kind: 'map';
  at: Position;
  /** In file order. */
  entries: Map<string, Entry>;
}

export interface ListTree {
  kind: 'list';
  at: Position;
  items: Tree[];
}

export interface ScalarTree {
  kind: 'scalar';
  at: Position;
  value: unknown;
}

export interface Entry {
  keyAt: Position;
  tree: Tree;
}

/** Finds places by their offset in a text. */
export class Lines {
  /** Offset of every line's first character. */
  readonly #starts = [0];
  readonly #end: number;

  constructor(text: string) {
    this.#end = text.length;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  place(offset: number): Position {
    const inside = Math.max(0, Math.min(offset, this.#end));
    let line = 0;
    // The last line that begins at or before the offset.
    for (let step = 2 ** Math.ceil(Math.log2(this.#starts.length + 1)); step >= 1; step /= 2)
      if ((this.#starts[line + step] ?? Infinity) <= inside) line += step;
    return { line: line + 1, column: inside - (this.#starts[line] ?? 0) + 1 };
  }
}

/** Names and indices that lead from the file's root to a part of it. */
export type Path = readonly PropertyKey[];

/** The part of a tree at a path; undefined where there is none. */
export function treeAt(root: Tree, path: Path): Tree | undefined {
  let tree: Tree | undefined = root;
  for (const step of path) tree = tree === undefined ? undefined : part(tree, step);
  return tree;
}

function part(tree: Tree, step: PropertyKey): Tree | undefined {
  if (tree.kind === 'map') return tree.entries.get(String(step))?.tree;
  if (tree.kind === 'list') return tree.items[Number(step)];
  return undefined;
}

/** The place of the key at a path, or of the value itself for a list's item and for the root. */
export function keyPosition(root: Tree, path: Path): Position {
  const parent = treeAt(root, path.slice(0, -1));
  const last = path.at(-1);
  if (parent?.kind === 'map' && last !== undefined) {
    const entry = parent.entries.get(String(last));
    if (entry !== undefined) return entry.keyAt;
  }
  return (treeAt(root, path) ?? root).at;
}

/** A tree as plain data. Objects have no prototype, so that no key of the file can mean anything to JavaScript. */
export function toPlain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(toPlain);
  const plain = Object.create(null) as Record<string, unknown>;
  for (const [key, entry] of tree.entries) plain[key] = toPlain(entry.tree);
  return plain;
}

/** The entries of a mapping; none where the tree is something else. */
export function entriesOf(tree: Tree | undefined): [string, Entry][] {
  return tree?.kind === 'map' ? [...tree.entries] : [];
}

/** The value under a key; undefined where there is no such key or the tree is no mapping. */
export function childOf(tree: Tree, key: string): Tree | undefined {
  return tree.kind === 'map' ? tree.entries.get(key)?.tree : undefined;
}
