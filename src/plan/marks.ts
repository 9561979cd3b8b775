import type { MarkStep, Step } from './steps.ts';
import type { PlannedService } from './types.ts';

/** Kernel modules that mark packets as they come in. */
export const MARK_MODULES = ['sch_ingress', 'cls_flower', 'act_skbedit'];

/**
 * What gives a director's packets their marks, on every interface that they may come in by. Traffic control does it,
 * because not every kernel of a lab has a mangle table (Debian's embedded one has none); `iptables -t mangle … -j MARK`
 * is the usual way.
 * @param services what the director carries
 */
export function markSteps(devices: string[], services: PlannedService[]): Step[] {
  const marked = services.flatMap(({ vip, port, protocol, mark }) =>
    mark === undefined ? [] : [{ vip, port, protocol, mark }],
  );
  return devices.flatMap((device) =>
    marked.map((match, index): MarkStep => ({ kind: 'mark', device, rule: index + 1, ...match })),
  );
}

/** The services as the director counts them: of those with one mark only the first. */
export function oncePerMark(services: PlannedService[]): PlannedService[] {
  return services.filter(
    ({ mark }, index) => mark === undefined || services.findIndex((s) => s.mark === mark) === index,
  );
}
