import { isAlias, isMap, isScalar, isSeq, type Alias, type Pair, type YAMLMap } from 'yaml';
import type { Entry, MapTree, Position, Tree } from './positions.ts';
import { onLine, show, type Problems } from './problems.ts';
import { nearest } from './suggest.ts';

const DEEPEST = 32;
/** Many times what the largest lab needs; a few nested aliases can stand for billions. */
const MOST_VALUES = 20_000;

/**
 * Turns a YAML document into a tree: follows aliases, merges `<<`, reports duplicate keys.
 * @returns undefined, with the problems reported, where the aliases make no sense or the result would be too large
 */
export function expand(
  contents: unknown,
  place: (offset: number) => Position,
  problems: Problems,
): Tree | undefined {
  const expander = new Expander(place, problems);
  expander.findTargets(contents, 0);
  const tree = expander.stopped ? undefined : expander.convert(contents, undefined, 0);
  return expander.stopped ? undefined : tree;
}

class Expander {
  /** Set once a problem leaves nothing to go on with. */
  stopped = false;
  readonly #place: (offset: number) => Position;
  readonly #problems: Problems;
  readonly #anchors = new Map<string, unknown>();
  readonly #targets = new Map<Alias, unknown>();
  /** What is being converted right now; an alias to any of it is a loop. */
  readonly #following = new Set<unknown>();
  /** The outermost alias that is being followed. */
  #alias: Alias | undefined;
  #values = 0;

  constructor(place: (offset: number) => Position, problems: Problems) {
    this.#place = place;
    this.#problems = problems;
  }

  /** Finds what every alias stands for: the last anchor of its name before it. */
  findTargets(node: unknown, depth: number): void {
    if (this.stopped) return;
    if (depth > DEEPEST) {
      this.#stop(node, undefined, 'nested too deeply', 'a topology needs no more than a few levels');
      return;
    }
    if (isAlias(node)) {
      if (this.#anchors.has(node.source)) this.#targets.set(node, this.#anchors.get(node.source));
      else this.#unknownAlias(node);
      return;
    }
    if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined)
      this.#anchors.set(node.anchor, node);
    if (isSeq(node)) for (const item of node.items) this.findTargets(item, depth + 1);
    if (isMap(node))
      for (const { key, value } of node.items) {
        this.findTargets(key, depth + 1);
        this.findTargets(value, depth + 1);
      }
  }

  #unknownAlias(alias: Alias): void {
    const meant = nearest(alias.source, [...this.#anchors.keys()]);
    this.#stop(
      alias,
      undefined,
      `alias *${alias.source} stands for nothing: there is no anchor &${alias.source} before it`,
      meant === undefined
        ? `write &${alias.source} before the value that it repeats`
        : `did you mean *${meant}?`,
    );
  }

  /**
   * @param fallback the place of what has none of its own: a value that is not written
   */
  convert(node: unknown, fallback: Position | undefined, depth: number): Tree {
    const at = this.#position(node, fallback);
    const nothing: Tree = { kind: 'scalar', at, value: null };
    if (this.stopped || !this.#affordable(node, at, depth)) return nothing;
    if (isAlias(node)) return { ...this.#follow(node, at, depth), at };
    if (isScalar(node) && isPlain(node.value)) return { kind: 'scalar', at, value: node.value };
    if (isSeq(node))
      return { kind: 'list', at, items: node.items.map((item) => this.convert(item, at, depth + 1)) };
    if (isMap(node)) return this.#map(node, at, depth);
    if (node !== null && node !== undefined)
      this.#stop(
        node,
        at,
        'this is YAML that a topology has no use for',
        'use plain mappings, lists and text',
      );
    return nothing;
  }

  #follow(alias: Alias, at: Position, depth: number): Tree {
    const target = this.#targets.get(alias);
    if (this.#following.has(target)) {
      this.#stop(
        alias,
        at,
        `alias *${alias.source} stands for something that contains itself`,
        'write the value out',
      );
      return { kind: 'scalar', at, value: null };
    }
    const outermost = this.#alias === undefined;
    if (outermost) this.#alias = alias;
    this.#following.add(target);
    const tree = this.convert(target, at, depth);
    this.#following.delete(target);
    if (outermost) this.#alias = undefined;
    return tree;
  }

  #map(node: YAMLMap, at: Position, depth: number): MapTree {
    const entries = new Map<string, Entry>();
    const own = new Map<string, Position>();
    for (const pair of node.items) {
      if (isMerge(pair)) continue;
      const key = this.#key(pair.key, at);
      if (key === undefined) continue;
      const first = own.get(key.text);
      if (first === undefined) own.set(key.text, key.at);
      else
        this.#problems.add(
          key.at,
          `${show(key.text)} is here twice: it is on ${onLine(first)} already`,
          'rename or remove one of them',
        );
    }
    for (const pair of node.items) {
      if (isMerge(pair)) {
        this.#merge(this.convert(pair.value, this.#position(pair.key, at), depth + 1), own, entries);
        continue;
      }
      const text = keyText(pair.key);
      if (text === undefined) continue;
      const keyAt = this.#position(pair.key, at);
      const entry = { keyAt, tree: this.convert(pair.value, keyAt, depth + 1) };
      if (!entries.has(text)) entries.set(text, entry);
    }
    return { kind: 'map', at, entries };
  }

  /** A mapping's own keys win over merged ones wherever they stand, and of merged ones the first. */
  #merge(source: Tree, own: ReadonlyMap<string, Position>, into: Map<string, Entry>): void {
    if (source.kind === 'list' && source.items.every((item) => item.kind === 'map')) {
      for (const item of source.items) this.#merge(item, own, into);
    } else if (source.kind === 'map') {
      for (const [key, entry] of source.entries) if (!own.has(key) && !into.has(key)) into.set(key, entry);
    } else if (!this.stopped)
      this.#stop(
        undefined,
        source.at,
        'the merge key << needs a mapping',
        'such as `<<: *name`, or a list of such aliases',
      );
  }

  #key(node: unknown, fallback: Position): { text: string; at: Position } | undefined {
    const at = this.#position(node, fallback);
    const text = keyText(node);
    if (text !== undefined) return { text, at };
    this.#problems.add(at, 'a key must be plain text', 'write `key: value`');
    return undefined;
  }

  #affordable(node: unknown, at: Position, depth: number): boolean {
    this.#values += 1;
    if (depth > DEEPEST)
      this.#stop(node, at, 'nested too deeply', 'a topology needs no more than a few levels');
    else if (this.#values > MOST_VALUES)
      this.#stop(
        this.#alias ?? node,
        at,
        `the file has more than ${MOST_VALUES} values${this.#targets.size > 0 ? ' once its aliases are followed' : ''}`,
        'is this the right file?',
      );
    return !this.stopped;
  }

  #stop(node: unknown, at: Position | undefined, message: string, fix: string): void {
    if (!this.stopped) this.#problems.add(this.#position(node, at), message, fix);
    this.stopped = true;
  }

  #position(node: unknown, fallback: Position | undefined): Position {
    const range = isAlias(node) || isScalar(node) || isMap(node) || isSeq(node) ? node.range : undefined;
    // A value that is not written at all is best shown at its key.
    const unwritten = isScalar(node) && node.source === '' && node.type === 'PLAIN';
    if (fallback !== undefined && (unwritten || !range)) return fallback;
    return range ? this.#place(range[0]) : { line: 1, column: 1 };
  }
}

/** Binary data and dates are YAML's too, but not a topology's. */
function isPlain(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof value);
}

function isMerge(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.type === 'PLAIN' && pair.key.source === '<<';
}

/** A key as written: YAML 1.1 would read `on` as true, and `1.0` as 1. */
function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return key.source ?? String(key.value);
}
