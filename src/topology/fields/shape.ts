import type * as z from 'zod';
import { KINDS, isNothing, kindOf } from '../reading/kinds.ts';
import { childOf, keyPosition, toPlain, treeAt, type Path, type Tree } from '../reading/positions.ts';
import { oneOf, show, type Problems } from '../reading/problems.ts';
import { didYouMean, nearest } from '../reading/suggest.ts';
import { factsOf, mappingOf, rangeOf, schemaAt } from './keys.ts';
import { FORMAT_VERSION, topologySchema } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** Reports everything in which a file differs from the schema. */
export function checkShape(root: Tree, problems: Problems): void {
  const result = topologySchema.safeParse(toPlain(root));
  if (result.success) return;
  const report = new ShapeReport(root, problems);
  // What another version's keys mean is not known here.
  const issues = isOtherVersion(root)
    ? result.error.issues.filter((issue) => issue.path[0] === 'lvslab')
    : result.error.issues;
  for (const issue of issues) report.add(issue, []);
}

class ShapeReport {
  readonly #root: Tree;
  readonly #problems: Problems;

  constructor(root: Tree, problems: Problems) {
    this.#root = root;
    this.#problems = problems;
  }

  add(issue: Issue, base: Path): void {
    const path = [...base, ...issue.path];
    const tree = treeAt(this.#root, path);
    if (tree === undefined) this.#missing(path);
    else if (issue.code === 'unrecognized_keys') this.#unknownKeys(path, issue.keys);
    else if (issue.code === 'invalid_union') this.#union(issue, path, tree);
    else if (issue.code === 'invalid_type' && rangeAt(path) !== undefined)
      this.#number(path, tree, issue.expected === 'int');
    else if (issue.code === 'invalid_type') this.#wrongType(path, tree, [issue.expected]);
    else if (issue.code === 'too_small' || issue.code === 'too_big') this.#number(path, tree, false);
    else if (issue.code === 'invalid_value') this.#notAChoice(path, tree, issue.values.map(String));
    else if (issue.code === 'custom' && tree.kind === 'scalar')
      this.#problems.add(tree.at, `${field(path)} ${show(tree.value)} ${issue.message}`, formOf(path));
    else this.#problems.add(tree.at, `${label(path)}: ${issue.message}`);
  }

  /** Of the forms that a value may have, complains about the one that it looks like. */
  #union(issue: Issue & { code: 'invalid_union' }, path: Path, tree: Tree): void {
    const meant = issue.errors.find((issues) => !issues.some(isWrongKind));
    if (meant !== undefined) for (const inner of meant) this.add(inner, path);
    else
      this.#wrongType(
        path,
        tree,
        issue.errors
          .flat()
          .filter(isWrongKind)
          .map((i) => i.expected),
      );
  }

  #missing(path: Path): void {
    const key = field(path);
    const parent = path.slice(0, -1);
    const container = treeAt(this.#root, parent);
    // A mistyped key is one mistake, not an unknown key and a missing one.
    if (container?.kind === 'map') {
      const allowed = allowedKeys(parent);
      const strays = [...container.entries.keys()].filter((k) => !allowed.includes(k));
      if (strays.some((stray) => nearest(stray, allowed) === key)) return;
    }
    const at = keyPosition(this.#root, parent);
    if (path.length === 1 && key === 'lvslab')
      this.#problems.add(at, 'the file does not say which version of the format it has', formOf(path));
    else this.#problems.add(at, `${label(parent)} has no \`${key}\``, formOf(path));
  }

  #unknownKeys(path: Path, keys: readonly string[]): void {
    const allowed = allowedKeys(path);
    for (const key of keys)
      this.#problems.add(
        keyPosition(this.#root, [...path, key]),
        `unknown key ${show(key)} in ${label(path)}`,
        didYouMean(key, allowed),
      );
  }

  #wrongType(path: Path, tree: Tree, expected: readonly string[]): void {
    const wanted = [...new Set(expected.map((e) => KINDS[e] ?? e))].join(' or ');
    const fix = formOf(path);
    if (isNothing(tree)) {
      this.#problems.add(tree.at, `${label(path)} has no value`, fix ?? `it must be ${wanted}`);
      return;
    }
    // What is called by its name or number says enough without its value.
    const value = tree.kind === 'scalar' && /[a-z]$/.test(label(path)) ? ` ${show(tree.value)}` : '';
    const quoted =
      expected.includes('string') && tree.kind === 'scalar'
        ? `write it in quotes: "${String(tree.value)}"`
        : undefined;
    this.#problems.add(tree.at, `${label(path)}${value} is ${kindOf(tree)}, not ${wanted}`, fix ?? quoted);
  }

  #number(path: Path, tree: Tree, notWhole: boolean): void {
    const name = field(path);
    const [least, most] = rangeAt(path) ?? [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
    const allowed = `a whole number from ${least} to ${most}`;
    const value = tree.kind === 'scalar' ? tree.value : undefined;
    if (isNothing(tree)) this.#problems.add(tree.at, `${name} has no value`, allowed);
    else if (typeof value !== 'number' || Number.isNaN(value)) {
      const unquoted =
        typeof value === 'string' && /^\d+$/.test(value) ? `write it without quotes: ${value}` : allowed;
      this.#problems.add(
        tree.at,
        `${name}${tree.kind === 'scalar' ? ` ${show(value)}` : ''} is ${kindOf(tree)}, not a number`,
        unquoted,
      );
    } else if (notWhole && Number.isFinite(value) && !Number.isInteger(value))
      this.#problems.add(tree.at, `${name} ${value} is not a whole number`, allowed);
    else this.#problems.add(tree.at, `${name} ${value} is not between ${least} and ${most}`, allowed);
  }

  #notAChoice(path: Path, tree: Tree, choices: readonly string[]): void {
    const name = field(path);
    const value = tree.kind === 'scalar' ? tree.value : undefined;
    if (path.length === 1 && name === 'lvslab') this.#version(tree, value);
    else if (isNothing(tree)) this.#problems.add(tree.at, `${name} has no value`, oneOf(choices));
    else if (tree.kind !== 'scalar')
      this.#problems.add(tree.at, `${name} is ${kindOf(tree)}, not text`, oneOf(choices));
    else if (name === 'protocol' && value === 'sctp')
      this.#problems.add(tree.at, 'sctp is not supported', oneOf(choices));
    else this.#problems.add(tree.at, `unknown ${name} ${show(value)}`, didYouMean(value, choices));
  }

  #version(tree: Tree, value: unknown): void {
    const what =
      typeof value === 'number'
        ? `format version ${value} is not one that this release reads`
        : `lvslab ${tree.kind === 'scalar' ? show(value) : `is ${kindOf(tree)}, and so`} is not a format version`;
    this.#problems.add(
      tree.at,
      what,
      `this release reads version ${FORMAT_VERSION}: write \`lvslab: ${FORMAT_VERSION}\``,
    );
  }
}

function isWrongKind(issue: Issue): issue is Issue & { code: 'invalid_type' } {
  // A number that is not whole is of the right kind.
  return issue.code === 'invalid_type' && issue.path.length === 0 && issue.expected !== 'int';
}

/** The key of the format that a path leads to (`weight` for a server's weight), never a name that the user chose. */
function field(path: Path): string {
  const [section, , inner] = path;
  if (path.length === 2 && isNamed(section)) return section;
  if (path.length === 3 && section === 'networks' && typeof inner === 'number') return 'subnet';
  if (section === 'names') return section;
  if (path.length >= 4 && (inner === 'on' || inner === 'sysctls')) return inner;
  if (path.length === 4 && inner === 'ports') return 'port';
  const last = path.findLast((step) => typeof step === 'string');
  return typeof last === 'string' ? last : '';
}

/** Sections whose keys are names. */
function isNamed(section: PropertyKey | undefined): section is string {
  return section === 'networks' || section === 'nodes' || section === 'clusters' || section === 'names';
}

/** How to write what is at a path; an item is written as its list shows. */
function formOf(path: Path): string | undefined {
  const schema = schemaAt(topologySchema, path);
  const form = schema === undefined ? undefined : factsOf(schema).write;
  const parent = path.slice(0, -1);
  const isItem =
    path.length > 0 && mappingOf(schemaAt(topologySchema, parent) ?? topologySchema) === undefined;
  return form ?? (isItem ? formOf(parent) : undefined);
}

function rangeAt(path: Path): [least: number, most: number] | undefined {
  const schema = schemaAt(topologySchema, path);
  return schema && rangeOf(schema);
}

/** What a part of the file is called in messages. */
function label(path: Path): string {
  const [section, first, inner, second] = path;
  if (section === undefined) return 'the file';
  const last = path.at(-1);
  if (section === 'names' && typeof last === 'number') return `address ${last + 1}`;
  if (section === 'networks' && typeof last === 'number') return `subnet ${last + 1}`;
  if (path.length === 2 && isNamed(section)) return `${section.slice(0, -1)} ${show(first)}`;
  if (path.length === 2 && section === 'services') return `service ${Number(first) + 1}`;
  if (path.length === 4 && typeof second === 'number')
    return `${String(inner).replace(/s$/, '')} ${second + 1}`.replace(/^on /, 'network ');
  if (path.length >= 4 && inner === 'on') return `the address on ${show(second)}`;
  return String(last);
}

function allowedKeys(path: Path): string[] {
  const schema = schemaAt(topologySchema, path);
  return Object.keys((schema && mappingOf(schema)?.shape) ?? {});
}

/** Whether the file is of a version that this release cannot judge. */
export function isOtherVersion(root: Tree): boolean {
  const version = childOf(root, 'lvslab');
  return version?.kind === 'scalar' && typeof version.value === 'number' && version.value !== FORMAT_VERSION;
}
