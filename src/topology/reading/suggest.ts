import { oneOf } from './problems.ts';

/** Beyond this a file is not one that a person mistyped, and comparing everything with everything takes long. */
const MOST_CANDIDATES = 1000;
const LONGEST_WORD = 40;

/** What other tools and books call the things of the file. */
const SYNONYMS: Readonly<Record<string, string>> = {
  masq: 'nat',
  masquerading: 'nat',
  masquerade: 'nat',
  ipip: 'tun',
  tunnel: 'tun',
  tunneling: 'tun',
  tunnelling: 'tun',
  gate: 'dr',
  gatewaying: 'dr',
  direct: 'dr',
  'direct-routing': 'dr',
  realserver: 'real-server',
  real: 'real-server',
  server: 'real-server',
  'load-balancer': 'director',
  'round-robin': 'rr',
  'weighted-round-robin': 'wrr',
  'least-connection': 'lc',
  'least-connections': 'lc',
  type: 'role',
  cidr: 'subnet',
  method: 'mode',
  network: 'on',
  networks: 'on',
  address: 'vip',
  ip: 'vip',
  'real-servers': 'servers',
};

/** The candidate that a mistyped word was most likely meant to be; undefined where none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > LONGEST_WORD || candidates.length > MOST_CANDIDATES) return undefined;
  const lower = word.toLowerCase();
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const limit = Math.max(1, Math.floor(Math.max(lower.length, candidate.length) / 3));
    // Of two that are as near, the one that begins alike: first letters are seldom mistyped.
    const distance = editDistance(lower, candidate, limit) + (candidate[0] === lower[0] ? 0 : 0.5);
    if (distance > limit + 0.5 || distance >= candidate.length) continue;
    if (best === undefined || distance < best.distance) best = { candidate, distance };
  }
  const synonym = Object.hasOwn(SYNONYMS, lower) ? SYNONYMS[lower] : undefined;
  if (best?.distance !== 0 && synonym !== undefined && candidates.includes(synonym)) return synonym;
  return best?.candidate;
}

/** A fix that names the likely word, if there is one, and then all that is allowed. */
export function didYouMean(word: unknown, allowed: readonly string[]): string {
  // Names that are themselves wrong are no help.
  const candidates = allowed.filter((name) => /^[!-~]{1,40}$/.test(name));
  const meant = typeof word === 'string' ? nearest(word, candidates) : undefined;
  const choices = candidates.length === 0 ? '' : oneOf(candidates);
  return meant === undefined ? choices : `did you mean "${meant}"? ${choices}`;
}

/** Insertions, deletions, replacements and swaps of neighbours; anything over the limit where it is exceeded. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      current.push(least);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
