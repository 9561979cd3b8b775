import { valueOf } from '../fields/draft.ts';
import { isPattern, isPlain } from './matching-text.ts';
import { pagePath, pageText } from './page-text.ts';
import { DEFAULT_REQUEST } from '../fields/health.ts';
import { onLine, show, type Problems } from '../reading/problems.ts';
import type { Placed } from '../reading/positions.ts';
import type { References } from './references.ts';

/** What checks ask of one page of a real server. */
interface Asked {
  node: string;
  path: string;
  receive: Placed<string>;
}

/** Checks that web servers can answer as the checks want it: a page of a node has one text for all who ask for it. */
export function checkPages(references: References, problems: Problems): void {
  const before = new Map<string, Asked[]>();
  for (const asked of askedPages(references)) {
    const { node, path, receive } = asked;
    const key = `${node} ${path}`;
    const others = before.get(key) ?? [];
    const patterns = others.map((other) => other.receive.value);
    if (pageText(node, path, [receive.value]) === undefined)
      problems.add(
        receive.at,
        `receive ${show(receive.value)}: no text was found that it matches, so that no web server could answer it`,
        'write a simpler regular expression, such as a part of the text: `receive: ok`',
      );
    else if (pageText(node, path, [...patterns, receive.value]) === undefined) {
      const other = others.find((o) => pageText(node, path, [o.receive.value, receive.value]) === undefined);
      const where = other === undefined ? '' : ` on ${onLine(other.receive.at)}`;
      problems.add(
        receive.at,
        `receive ${show(receive.value)} and that${where} want different answers from one page, ${path}`,
        'give one of them a page of its own: `request: /other`',
      );
    } else before.set(key, [...others, asked]);
  }
}

function askedPages(references: References): Asked[] {
  return references.draft.services.flatMap((service) => {
    const health = valueOf(service.health);
    const receive = health?.receive;
    // What cannot be read at all is complaint enough.
    if (typeof receive === 'object' && !(isPattern(receive.value) && isPlain(receive.value))) return [];
    if (health === undefined || typeof receive !== 'object' || valueOf(health.check) !== 'negotiate')
      return [];
    const path = pagePath(valueOf(health.request) ?? DEFAULT_REQUEST);
    if (path === undefined) return [];
    const nodes = references.serversOf(service).flatMap(({ referent }) => referent.names);
    return [...new Set(nodes)].map((node) => ({ node, path, receive }));
  });
}
