import { DEFAULT_REQUEST } from '../fields/health.ts';
import { textMatching } from './matching-text.ts';

/** The path of a request as a web server compares it: decoded, without a query; undefined where it cannot be decoded. */
export function pagePath(request: string): string | undefined {
  try {
    return decodeURIComponent(new URL(request.replace(/^\/+/, '/'), 'http://server').pathname).replaceAll(
      /\/{2,}/g,
      '/',
    );
  } catch {
    return undefined;
  }
}

/** Whether every web server of a lab has a page there, with or without a check. */
export function isStandardPage(path: string): boolean {
  return path === '/' || path === DEFAULT_REQUEST;
}

/**
 * What a real server answers at a path: what every web server of a lab has there, or what the checks want to find.
 * @param patterns that must match it
 * @returns undefined where no such text was found
 */
export function pageText(node: string, path: string, patterns: string[]): string | undefined {
  const standard = path === '/' ? `${node}\n` : 'ok\n';
  const own = isStandardPage(path) ? undefined : textMatching(patterns, '');
  return own ?? textMatching(patterns, standard);
}
