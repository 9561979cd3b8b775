import type { DraftNode } from '../fields/draft.ts';
import { NAME_LIMITS, checkName } from '../names.ts';
import { oneOf, onLine, show, type Problems } from '../reading/problems.ts';
import { namesOf, type References } from './references.ts';
import { didYouMean } from '../reading/suggest.ts';
import { ROLES } from '../types.ts';
import { AddressBook } from './addresses.ts';
import { checkQuality } from './quality.ts';
import { checkNeighbour, checkRoutes } from './routes.ts';
import { checkSysctls } from './sysctls.ts';
import { checkTimeouts } from './timeouts.ts';

/** Checks the nodes: names, roles, networks, addresses, gateways and routes. */
export function checkNodes(references: References, problems: Problems): void {
  const { nodes, nodesAt } = references.draft;
  if (nodesAt !== undefined && nodes.length === 0)
    problems.add(nodesAt, 'there are no nodes', 'add one, such as `client: { on: front }`');
  const addresses = new AddressBook(references, problems);
  for (const node of nodes) {
    checkName('node', node.name, node.at, problems);
    checkCountedName(node, problems);
    if (node.role === undefined)
      problems.add(
        node.at,
        `node ${show(node.name)} has no role, and its name does not tell one`,
        `add \`role\`, ${oneOf(ROLES)}; or begin the name with client, director, lb, rs, real, router, gw, dns or proxy`,
      );
    checkAttachments(node, references, addresses, problems);
    checkNeighbour('gateway', node.gateway, node, references, problems);
    checkRoutes(node, references, problems);
    checkSysctls(node, references, problems);
    checkTimeouts(node, references, problems);
  }
  checkClashes(nodes, problems);
}

function checkCountedName(node: DraftNode, problems: Problems): void {
  const longest = namesOf(node).at(-1) ?? '';
  if (
    typeof node.count !== 'object' ||
    longest.length <= NAME_LIMITS.node ||
    node.name.length > NAME_LIMITS.node
  )
    return;
  problems.add(
    node.count.at,
    `count ${node.count.value} makes a node "${longest}", ${longest.length} characters long, and the limit is ${NAME_LIMITS.node}`,
    'take a shorter name or a smaller count',
  );
}

/** Two nodes cannot bear one name, be it given or made by a count. */
function checkClashes(nodes: readonly DraftNode[], problems: Problems): void {
  const bearers = new Map<string, DraftNode>();
  for (const node of nodes) {
    const clash = [node.name, ...namesOf(node)].find((name) => (bearers.get(name) ?? node) !== node);
    const other = clash === undefined ? undefined : bearers.get(clash);
    if (clash !== undefined && other !== undefined)
      problems.add(
        node.at,
        `two nodes would be called "${clash}": this one and "${other.name}" on ${onLine(other.at)}${typeof other.count === 'object' ? ` with count ${other.count.value}` : ''}`,
        'rename one of them',
      );
    for (const name of [node.name, ...namesOf(node)]) if (!bearers.has(name)) bearers.set(name, node);
  }
}

function checkAttachments(
  node: DraftNode,
  references: References,
  addresses: AddressBook,
  problems: Problems,
): void {
  if (node.attachments.length === 0 && node.attachmentsKnown)
    problems.add(node.at, `node ${show(node.name)} is on no network`, 'add one, such as `on: front`');
  const seen = new Set<string>();
  for (const attachment of node.attachments) {
    const { value, at } = attachment.network;
    if (seen.has(value))
      problems.add(
        at,
        `node ${show(node.name)} is on network ${show(value)} twice`,
        'name every network once',
      );
    seen.add(value);
    if (references.lacksNetwork(value))
      problems.add(at, `unknown network ${show(value)}`, didYouMean(value, references.networkNames()));
    addresses.check(node, attachment);
    checkQuality(attachment.quality, references.network(value)?.quality ?? {}, problems);
  }
}
