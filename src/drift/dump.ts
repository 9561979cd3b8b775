import { SAVE_WITH_LIMITS } from '../ipvs/limits.ts';
import { hereDocument, quote } from '../plan/script.ts';
import type { CertificateStep } from '../plan/steps.ts';
import type { PlannedNode } from '../plan/types.ts';
import { LEFTOVERS } from './leftovers.ts';
import { settingsCommand } from './settings.ts';

/** One part of what a node says of itself. */
export interface Section {
  text: string;
  /** Exit code of the command that wrote it. */
  code: number;
}

/** Which parts a node is asked for beside those that every node has. */
export function asks(node: PlannedNode): {
  fou: boolean;
  ipvs: boolean;
  /** Devices whose marks it is asked for. */
  marks: string[];
} {
  return {
    marks: [...new Set(node.steps.flatMap((s) => (s.kind === 'mark' ? [s.device] : [])))],
    fou: node.steps.some((s) => s.kind === 'tunnel' && s.gue !== undefined),
    ipvs: node.steps.some((s) => s.kind === 'virtual-service'),
  };
}

export type SectionName =
  | 'ip'
  | 'tc'
  | 'settings'
  | 'fou'
  | 'ipvs'
  | 'timeouts'
  | 'sync'
  | 'daemons'
  | 'leftovers'
  | 'iptables'
  | 'ip6tables'
  | 'nft'
  | `file ${string}`
  | `certificate ${string}`
  | `marks ${string}`;

/** What `ip -batch` is asked, in order; it answers each with a line of JSON. */
export const IP_QUESTIONS = ['addr show', 'route show table all', 'rule show', 'neigh show nud permanent'];

/**
 * The script that a node runs to say what it has; it changes nothing.
 * @param marker ends each part; the caller draws it by lot, because a file on the node may say anything
 */
export function dumpScript(node: PlannedNode, marker: string): string {
  const part = (name: SectionName, command: string) => partOf(name, command);
  const steps = node.steps;
  return [
    partFunction(marker),
    part('ip', hereDocument('ip -json -details -batch -', `${IP_QUESTIONS.join('\n')}\n`)),
    ...(asks(node).marks.length > 0 ? [] : [part('tc', QDISCS)]),
    part('settings', settingsCommand(node)),
    ...(asks(node).fou ? [part('fou', 'ip fou show')] : []),
    ...tableParts(node),
    ...(asks(node).ipvs ? [part('sync', 'ipvsadm -l --daemon')] : []),
    ...[...new Set(steps.flatMap((s) => (s.kind === 'file' ? [s.path] : [])))].map((path) =>
      part(`file ${path}`, `cat ${quote(path)}`),
    ),
    ...steps.flatMap((s) =>
      s.kind === 'certificate'
        ? [part(`certificate ${s.certificateFile}`, `sh -c ${quote(isWhole(s))}`)]
        : [],
    ),
    'daemons() {',
    ...steps.flatMap((s) =>
      s.kind === 'daemon'
        ? [
            `p=; read -r p 2>/dev/null <${quote(s.pidfile)}`,
            `if [ -n "$p" ] && kill -0 "$p" 2>/dev/null; then echo ${quote(s.name)} up; fi`,
          ]
        : [],
    ),
    ':; }',
    part('daemons', 'daemons'),
    part('leftovers', `sh -c ${quote(LEFTOVERS)}`),
  ].join('\n');
}

const QDISCS = 'tc -json qdisc show';

/** Marks by other means than the plan's; where the kernel has none of it, each fails at once. */
const NETFILTER = [
  partOf('iptables', 'iptables-save -t mangle'),
  partOf('ip6tables', 'ip6tables-save -t mangle'),
  partOf('nft', 'nft -j list ruleset'),
];

/** The script by which a director says what its table has, and what leads packets to it, and nothing else. */
export function tableScript(node: PlannedNode, marker: string): string {
  return [partFunction(marker), ...tableParts(node)].join('\n');
}

function tableParts(node: PlannedNode): string[] {
  const { ipvs, marks } = asks(node);
  return [
    ...(ipvs
      ? [partOf('ipvs', `sh -c ${quote(SAVE_WITH_LIMITS)}`), partOf('timeouts', 'ipvsadm -L --timeout')]
      : []),
    ...(marks.length > 0 ? [partOf('tc', QDISCS)] : []),
    ...marks.map((device) => partOf(`marks ${device}`, `tc -json filter show dev ${device} ingress`)),
    ...(marks.length > 0 ? NETFILTER : []),
  ];
}

/** Whether key and certificate are there, and the certificate is by whom it should be: another one nobody trusts. */
function isWhole({ certificateFile, keyFile, authority }: CertificateStep): string {
  const there = `test -s ${quote(certificateFile)} -a -s ${quote(keyFile)}`;
  return authority === undefined
    ? there
    : `${there} && openssl verify -CAfile ${quote(authority.certificateFile)} ${quote(certificateFile)}`;
}

/** The shell function that runs one part: its name and the command's exit code follow what it printed. */
export function partFunction(marker: string): string {
  return `part() { name=$1; shift; "$@" 2>/dev/null; printf '\\n%s %s %s\\n' ${marker} $? "$name"; }`;
}

/** The line of a script that runs one part. */
export function partOf(name: string, command: string): string {
  return `part ${quote(name)} ${command}`;
}

/** Takes the output of the script apart. A part that is not there was not reached: the node ended before it. */
export function readDump(output: string, marker: string): Map<string, Section> {
  const sections = new Map<string, Section>();
  const end = new RegExp(`\\n${marker} (\\d+) (.*)\\n`, 'g');
  let start = 0;
  for (const match of output.matchAll(end)) {
    const [whole, code = '', name = ''] = match;
    sections.set(name, { text: output.slice(start, match.index), code: Number(code) });
    start = match.index + whole.length;
  }
  return sections;
}
