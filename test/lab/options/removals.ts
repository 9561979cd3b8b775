import { renderStep } from '../../../src/plan/render.ts';
import { commandText } from '../../../src/plan/script.ts';
import type { Step } from '../../../src/plan/steps.ts';
import type { Plan, PlannedNode } from '../../../src/plan/types.ts';

/** What the steps of a kind have that a plan may leave out, and what is there when it is taken away. */
type Taken<K extends Step['kind']> = (step: Extract<Step, { kind: K }>) => Step | undefined;

const SERVICE: Record<string, Taken<'virtual-service'>> = {
  scheduler: (step) => ({ ...step, flags: [], scheduler: step.scheduler === 'lc' ? 'wlc' : 'lc' }),
  flags: ({ flags, ...rest }) => (flags === undefined ? undefined : rest),
  persistence: ({ persistence, ...rest }) => (persistence === undefined ? undefined : rest),
  'persistence timeout': ({ persistence, ...rest }) =>
    persistence === undefined ? undefined : { ...rest, persistence: { ...persistence, timeout: 360 } },
  netmask: ({ persistence, ...rest }) =>
    persistence?.prefix === undefined
      ? undefined
      : { ...rest, persistence: { timeout: persistence.timeout } },
  'one-packet': ({ onePacket, ...rest }) => (onePacket === undefined ? undefined : rest),
};
const SERVER: Record<string, Taken<'real-server'>> = {
  weight: (step) => ({ ...step, weight: step.weight + 1 }),
  mode: (step) => ({ ...step, mode: step.mode === 'dr' ? 'tun' : 'dr' }),
  tunnel: (step) => (step.tunnel === 'ipip' ? undefined : { ...step, tunnel: 'ipip' }),
};

/** What is taken away, as the README's table names it. */
export const OPTIONS = [...Object.keys(SERVICE), ...Object.keys(SERVER), 'a real server', 'mark'];

/** An option that is taken away from every service that has it, by hand and on the director. */
export interface Removal {
  option: string;
  /** VIPs of the services that had it. */
  vips: string[];
  /** Lines for the director's shell. */
  lines: string[];
}

/**
 * Every option of the services that a director carries, taken away as a person would with ipvsadm and tc.
 * @param watched VIPs whose real servers a daemon puts in and out: their weights and presence are its own
 */
export function removals(plan: Plan, director: PlannedNode, watched: string[]): Removal[] {
  const steps = director.steps.filter((step) =>
    ['virtual-service', 'real-server', 'mark'].includes(step.kind),
  );
  const vipOf = (step: Step) => ('vip' in step ? step.vip : '');
  const edits = <K extends 'virtual-service' | 'real-server'>(kind: K, taken: Record<string, Taken<K>>) =>
    Object.entries(taken).map(([option, take]): Removal => {
      // Of a service's real servers the last: what the others have stays.
      const last = steps.filter(
        (s, i) =>
          s.kind === kind && !steps.slice(i + 1).some((t) => t.kind === kind && vipOf(t) === vipOf(s)),
      ) as Extract<Step, { kind: K }>[];
      const changed = last
        .filter((step) => kind !== 'real-server' || option !== 'weight' || !watched.includes(vipOf(step)))
        .flatMap((step) => take(step) ?? []);
      return {
        option,
        vips: changed.map(vipOf),
        lines: changed.map((step) => commandText({ argv: renderStep(step)[0]?.otherwise ?? [] })),
      };
    });
  const gone = steps.filter((s, i) => s.kind === 'real-server' && steps[i + 1]?.kind !== 'real-server');
  const marks = steps.filter((s) => s.kind === 'mark' && s.device === 'eth0');
  const lastMarks = marks.filter((s, i) => !marks.slice(i + 1).some((t) => vipOf(t) === vipOf(s)));
  return [
    ...edits('virtual-service', SERVICE),
    ...edits('real-server', SERVER),
    {
      option: 'a real server',
      ...taken(
        gone.filter((s) => !watched.includes(vipOf(s))),
        (step) => step.replace(/^ipvsadm -a (-\S+ \S+( -6)?) (-r \S+) .*/, 'ipvsadm -d $1 $3'),
      ),
    },
    {
      option: 'mark',
      ...taken(lastMarks, (step) =>
        step.replace(/^tc filter \S+ (dev \S+ ingress) .*?(pref \d+) .*/, 'tc filter del $1 $2'),
      ),
    },
  ];

  function taken(of: Step[], edit: (line: string) => string): Pick<Removal, 'vips' | 'lines'> {
    return {
      vips: of.map(vipOf),
      lines: of.map((step) => edit(commandText(renderStep(step).at(-1) ?? { argv: [] }))),
    };
  }
}
