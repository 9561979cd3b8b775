import { renderStep } from '../plan/render.ts';
import { isSameService } from '../plan/service-name.ts';
import type { VirtualServiceStep } from '../plan/steps.ts';
import type { PlannedNode, PlannedService } from '../plan/types.ts';
import { parseRule } from '../ipvs/rule.ts';
import type { Difference } from './compare.ts';
import { markName } from './fact-names.ts';

/** What is the matter with a service in a director's table, and with what leads packets to it. */
export interface ServiceDifferences {
  /** `tcp 203.0.113.100:80`, `fwmark 3`: as facts name the service; undefined where the node's plan has none of it. */
  name: string | undefined;
  /** Of the service itself, its real servers and its marks; of a service that is missing no real servers. */
  own: Difference[];
  /** Of what all services of a director share: its timeouts, and services by a mark that the plan does not know. */
  shared: Difference[];
}

/**
 * Of a director's differences those that decide what becomes of a service's requests.
 * @param service of those that share a mark any one: all of them are one to the director
 */
export function aboutService(
  node: PlannedNode,
  service: PlannedService,
  differences: Difference[],
): ServiceDifferences {
  const name = tableName(node, service);
  const ofService = differences.filter((d) => d.kind === 'service' && d.name === name);
  const gone = ofService.some((d) => d.state === 'missing');
  const marks = markNames(node, service);
  return {
    name,
    own: [
      ...ofService,
      ...differences.filter(
        (d) => (!gone && d.kind === 'real server' && d.name.startsWith(`${name} → `)) || isOneOf(d, marks),
      ),
    ],
    shared: differences.filter(
      (d) =>
        d.kind === 'timeouts' ||
        (d.kind === 'service' && d.state === 'extra' && d.name.startsWith('fwmark ')),
    ),
  };
}

function isOneOf(difference: Difference, marks: string[]): boolean {
  return difference.kind === 'mark' && marks.includes(difference.name);
}

function tableName(node: PlannedNode, service: PlannedService): string | undefined {
  const step = node.steps.find((s) => s.kind === 'virtual-service' && isStepOf(s, service));
  const rule = step === undefined ? undefined : parseRule(renderStep(step)[0]?.argv ?? []);
  return typeof rule === 'object' ? rule.service : undefined;
}

function isStepOf(step: VirtualServiceStep, service: PlannedService): boolean {
  return service.mark === undefined
    ? step.mark === undefined && isSameService(step, service)
    : step.mark === service.mark;
}

function markNames(node: PlannedNode, { mark }: PlannedService): string[] {
  if (mark === undefined) return [];
  return node.steps.flatMap((s) =>
    s.kind === 'mark' && s.mark === mark ? [markName(s.device, s.rule)] : [],
  );
}
