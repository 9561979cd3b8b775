import { isStandardPage, pagePath, pageText } from '../topology/rules/page-text.ts';
import type { PlannedService } from './types.ts';

/** A page that a checking program asks for. */
export interface WebPage {
  /** As a web server compares it: decoded, without a query. */
  path: string;
  text: string;
}

/** The pages that a real server must have to pass its checks, those left out that every web server has. */
export function checkedPages(node: string, services: PlannedService[]): WebPage[] {
  const asked = new Map<string, string[]>();
  for (const { health } of services) {
    if (health?.check !== 'negotiate' || health.request === undefined) continue;
    const path = pagePath(health.request);
    if (path !== undefined) asked.set(path, [...(asked.get(path) ?? []), health.receive ?? '']);
  }
  return [...asked].flatMap(([path, patterns]) => {
    const text = pageText(node, path, patterns);
    const known = isStandardPage(path) && text === pageText(node, path, []);
    return text === undefined || known ? [] : [{ path, text }];
  });
}
