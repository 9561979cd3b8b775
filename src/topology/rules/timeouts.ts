import { valueOf, type DraftNode } from '../fields/draft.ts';
import { show, type Problems } from '../reading/problems.ts';
import type { References } from './references.ts';

/** Checks that a node with timeouts of connections is one that remembers any: a director of an IPVS service. */
export function checkTimeouts(node: DraftNode, references: References, problems: Problems): void {
  if (typeof node.timeouts !== 'object' || node.role === 'unreadable' || node.role === undefined) return;
  const { at } = node.timeouts;
  if (valueOf(node.role) !== 'director')
    problems.add(
      at,
      `node ${show(node.name)} is no director, and has no connections to remember`,
      'write `timeouts` at a node of role director, or leave it out',
    );
  else if (
    !references.draft.services.some((service) =>
      references.directorsOf(service).some((director) => director.node === node),
    )
  )
    problems.add(
      at,
      `director ${show(node.name)} carries no service, and has no connections to remember`,
      'name it among the `directors` of a service, or leave `timeouts` out',
    );
}
