import { hereDocument, line, quote, runScript } from './script.ts';
import type { DaemonStep, Step } from './steps.ts';
import type { PlannedNode } from './types.ts';
import { WRONG_ANSWERS } from './web.ts';

export const FAILURES = ['kill', 'freeze', 'wrong'] as const;
/**
 * How something fails: `kill` ends it at once, without a word; `freeze` stops its processes, while the kernel goes on
 * accepting connections for them; `wrong` makes a web server answer every request with an error.
 */
export type FailureKind = (typeof FAILURES)[number];

/** What fails on a node; `node`: all of it, as when its power goes. */
export type FailureTarget =
  { kind: 'node' } | { kind: 'daemon'; daemon: DaemonStep } | { kind: 'interface'; device: string };

/** The daemon or interface of a node that has this name; undefined where it has none. */
export function failureTarget(node: PlannedNode, what: string | undefined): FailureTarget | undefined {
  if (what === undefined) return { kind: 'node' };
  const daemon = node.steps.find((s) => s.kind === 'daemon' && s.name === what);
  if (daemon?.kind === 'daemon') return { kind: 'daemon', daemon };
  return node.interfaces.some((i) => i.name === what) ? { kind: 'interface', device: what } : undefined;
}

/** What can fail on a node, by name. */
export function failureNames(node: PlannedNode): string[] {
  return [
    ...node.steps.flatMap((s) => (s.kind === 'daemon' ? [s.name] : [])),
    ...node.interfaces.map((i) => i.name),
  ];
}

/** Whether something can fail in this way at all. */
export function canFail(target: FailureTarget, how: FailureKind): boolean {
  if (how === 'wrong') return target.kind === 'daemon' && target.daemon.name === 'web';
  return how === 'kill' || target.kind === 'daemon';
}

/**
 * A daemon's process and all that it has started, the first one first: it could start the others again. Some end by
 * themselves when it does, before they are signalled: that is as good.
 */
const PROCESSES = String.raw`
below() { for c in $(pgrep -P "$1"); do echo "$c"; below "$c"; done; }
processes() { p=; read -r p 2>/dev/null <"$1"; [ -n "$p" ] && kill -0 "$p" 2>/dev/null && echo "$p" && below "$p"; }
signal() { found=$(processes "$2"); [ -z "$found" ] || kill "-$1" $found 2>/dev/null || :; }`;

/** The script that makes it fail. Run twice, it does no more. */
export function failScript(node: PlannedNode, target: FailureTarget, how: FailureKind): string {
  switch (target.kind) {
    case 'node':
      return powerOff(node);
    case 'interface':
      return line(['ip', 'link', 'set', target.device, 'down']);
    case 'daemon':
      return how === 'wrong'
        ? line(['touch', WRONG_ANSWERS])
        : `${PROCESSES}\n${signal(how === 'kill' ? 'KILL' : 'STOP', target.daemon)}`;
  }
}

/** The script that undoes every way of failing. A node gets all its steps again, as after a start. */
export function healScript(node: PlannedNode, target: FailureTarget): string {
  const daemons = node.steps.filter((s) => s.kind === 'daemon');
  switch (target.kind) {
    case 'node':
      return [PROCESSES, ...daemons.flatMap(recover), runScript(node.steps)].join('\n');
    case 'interface': {
      const has = (step: Step) =>
        (step.kind === 'link' && step.device === target.device) ||
        step.kind === 'address' ||
        step.kind === 'route';
      return runScript(node.steps.filter(has));
    }
    case 'daemon':
      return [PROCESSES, ...recover(target.daemon), runScript([target.daemon])].join('\n');
  }
}

/**
 * What is left of a node without power, as far as others can see: nothing. Its daemons stop where they are, so that none
 * sees its links go and writes that down; the links go before the daemons are killed, so that none says goodbye. What it
 * had learnt and was told goes too.
 */
function powerOff(node: PlannedNode): string {
  const devices = node.steps.flatMap((s) =>
    s.kind === 'link' || s.kind === 'tunnel' ? [s.device].filter((d) => d !== 'lo') : [],
  );
  const down = devices.map((device) => `link set ${device} down`);
  const flush = ['lo', ...devices].map((device) => `addr flush dev ${device} scope global`);
  const daemons = node.steps.filter((s) => s.kind === 'daemon');
  return [
    PROCESSES,
    ...daemons.map((s) => signal('STOP', s)),
    hereDocument('ip -batch -', `${down.join('\n')}\n`),
    ...daemons.map((s) => signal('KILL', s)),
    ...(node.role === 'director'
      ? ['for role in master backup; do ipvsadm --stop-daemon $role 2>/dev/null; done', 'ipvsadm -C']
      : []),
    // Whatever was there before is not there after a start.
    hereDocument('ip -force -batch -', `${flush.join('\n')}\n`, ' 2>/dev/null'),
    `rm -f ${WRONG_ANSWERS}`,
    ':',
  ].join('\n');
}

function signal(name: 'KILL' | 'STOP' | 'CONT', { pidfile }: DaemonStep): string {
  return `signal ${name} ${quote(pidfile)}`;
}

function recover(daemon: DaemonStep): string[] {
  return [signal('CONT', daemon), ...(daemon.name === 'web' ? [line(['rm', '-f', WRONG_ANSWERS])] : [])];
}
