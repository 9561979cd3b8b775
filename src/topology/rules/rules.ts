import { valueOf, type Draft } from '../fields/draft.ts';
import { checkName } from '../names.ts';
import type { Problems } from '../reading/problems.ts';
import { References } from './references.ts';
import { checkClusters } from './clusters.ts';
import { checkDnsNames } from './dns-names.ts';
import { checkNetworks } from './networks.ts';
import { checkNodes } from './nodes.ts';
import { checkServices } from './services.ts';

/** Far beyond what one lab can teach; a few lines with `count` could ask for millions. */
const MOST_NODES = 1000;
const MOST_SERVICES = 1000;

/** Reports everything that the schema allows and that still cannot be a lab. */
export function checkMeaning(draft: Draft, problems: Problems): void {
  if (typeof draft.name === 'object') checkName('lab', draft.name.value, draft.name.at, problems);
  if (!checkSize(draft, problems)) return;
  const references = new References(draft);
  checkNetworks(references, problems);
  checkNodes(references, problems);
  checkServices(references, problems);
  checkClusters(references, problems);
  checkDnsNames(references, problems);
}

function checkSize(draft: Draft, problems: Problems): boolean {
  const excess = draft.services[MOST_SERVICES];
  if (excess !== undefined) {
    problems.add(
      excess.at,
      `the lab has more than ${MOST_SERVICES} services`,
      'make several smaller labs of it',
    );
    return false;
  }
  let total = 0;
  for (const node of draft.nodes) {
    total += valueOf(node.count) ?? 1;
    if (total <= MOST_NODES) continue;
    problems.add(
      node.at,
      `with node "${node.name}" the lab has more than ${MOST_NODES} nodes`,
      'make several smaller labs of it',
    );
    return false;
  }
  return true;
}
