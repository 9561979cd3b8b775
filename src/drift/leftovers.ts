import type { FoundFact } from './facts.ts';

/**
 * Lists a node's processes, those among them that the tool holds for the length of a command, and files of its own that
 * are older than any command that uses one.
 */
export const LEFTOVERS = [
  'ps -ww -eo pid=,ppid=,args=',
  `grep -lsz '^LVSLAB_LEASE=' /proc/[0-9]*/environ`,
  // Of versions that kept captures on the nodes.
  'for f in /run/capture /run/load.*.lua; do [ -e "$f" ] && echo "file $f"; done',
  `find /run /tmp /srv/www /srv/www/upload -maxdepth 1 -type f -name 'lvslab-*' -mmin +1 -printf 'file %p\n' 2>/dev/null`,
  ':',
].join('; ');

/** Command lines of the tool's own, of this version and of older ones, that nobody else writes so. */
const OWN = [
  /^tcpdump -i \S+ -n -p -U --immediate-mode .*-Z root -w /,
  /^tcpdump -l -tt -e -n -p --immediate-mode -i /,
  /^wrk .* -s (\/run\/load\.|\/proc\/self\/fd\/)/,
];

/**
 * What is left of commands that have ended: an orphan that was held, or that is started as the tool does. What a living
 * command has started has a parent.
 */
export function leftoverFacts(text: string): FoundFact[] {
  const lines = text.split('\n');
  const held = new Set(lines.flatMap((line) => /^\/proc\/(\d+)\/environ$/.exec(line)?.[1] ?? []));
  const processes = lines.flatMap((line) => {
    const [, pid = '', parent = '', command = ''] = /^ *(\d+) +(\d+) (.+)$/.exec(line) ?? [];
    if (parent !== '1' || !(held.has(pid) || OWN.some((own) => own.test(command)))) return [];
    return [leftover(`process ${pid}: ${shortened(command)}`, ['kill', '-KILL', pid])];
  });
  const files = lines.flatMap((line) => {
    const path = /^file (\/.+)$/.exec(line)?.[1];
    return path === undefined ? [] : [leftover(path, ['rm', '-rf', path])];
  });
  return [...files, ...processes];
}

function leftover(name: string, argv: string[]): FoundFact {
  return { kind: 'leftover', name, attributes: {}, remove: [{ argv }] };
}

function shortened(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
