import { show, type Problems } from './reading/problems.ts';
import type { Position } from './reading/positions.ts';
import type { Role } from './types.ts';

/** What every name of the file looks like: it becomes part of host names and interface names. */
export const NAME_PATTERN = '^[a-z][a-z0-9-]*$';

/** Longest names, in characters. */
export const NAME_LIMITS = { node: 12, network: 15, cluster: 15, lab: 32 } as const;
export type Named = keyof typeof NAME_LIMITS;

const LIMIT_REASONS: Record<Named, string> = {
  node: 'the kernel gives an interface 15 bytes, and the far end of a node’s cable is called NODE.N',
  network: 'the kernel gives an interface 15 bytes, and a network’s bridge bears its name',
  cluster: 'keepalived’s instances bear its name',
  lab: 'the name becomes part of directory and process names',
};

/** Names that mean something else already. */
const RESERVED: Record<Named, readonly [RegExp, string][]> = {
  node: [
    [/^switch$/, 'it holds the bridges of the lab’s networks'],
    [/^none$/, '`gateway: none` means no default route'],
    [/^localhost$/, 'it is every node’s name for itself'],
    [/^vip\d*$/, 'on every node it is the name of a service’s address'],
  ],
  network: [
    [/^lo$/, 'every machine has an interface of that name'],
    [/^(all|default)$/, 'to the kernel it means every interface'],
  ],
  cluster: [],
  lab: [],
};

const NAME = new RegExp(NAME_PATTERN);

/** Reports a name that the kernel or the tool could not use. */
export function checkName(kind: Named, name: string, at: Position, problems: Problems): void {
  const limit = NAME_LIMITS[kind];
  if (name.length > limit)
    problems.add(
      at,
      `${kind} name ${show(name)} is ${name.length} characters long, and the limit is ${limit}`,
      `${LIMIT_REASONS[kind]}: take a shorter name`,
    );
  if (!NAME.test(name)) {
    const better = slug(name);
    problems.add(
      at,
      `${kind} name ${show(name)} is not made of lower-case letters, digits and dashes, a letter first`,
      better === undefined || better.length > limit ? 'such as "rs1" or "back-net"' : `such as "${better}"`,
    );
  }
  const [, reserved] = RESERVED[kind].find(([pattern]) => pattern.test(name)) ?? [];
  if (reserved !== undefined)
    problems.add(at, `${kind} name "${name}" is reserved: ${reserved}`, 'take another name');
}

/** A lab's name made from the name of its file. */
export function labNameFrom(fileName: string): string {
  return slug(fileName)?.slice(0, NAME_LIMITS.lab) ?? 'lab';
}

function slug(text: string): string | undefined {
  const clean = text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '');
  return clean === '' ? undefined : clean;
}

const ROLE_NAMES: readonly [RegExp, Role][] = [
  [/^client/i, 'client'],
  [/^director/i, 'director'],
  [/^real/i, 'real-server'],
  [/^router/i, 'router'],
  [/^(ha)?proxy/i, 'proxy'],
  [/^dns/i, 'dns'],
  // Two letters begin many words (rsync, gwen): nothing, a digit, a dash or one letter may follow.
  [/^lb(?![a-z]{2})/i, 'director'],
  [/^rs(?![a-z]{2})/i, 'real-server'],
  [/^gw(?![a-z]{2})/i, 'router'],
];

/** The role that a node's name tells: `rs1` is a real server, `lb-a` a director; undefined where it tells none. */
export function roleFromName(name: string): Role | undefined {
  return ROLE_NAMES.find(([pattern]) => pattern.test(name))?.[1];
}
