import type { Sysctl } from '../topology/types.ts';
import type { Step } from './steps.ts';

/**
 * A node's steps with the settings that the file states. Where the plan would set the same key, the file's value takes
 * the plan's place in the order, because order is part of a method (ARP settings before the VIP). The rest follow the
 * first steps: forwarding, which sets many others back to their defaults when it changes.
 */
export function withSysctls(stated: Sysctl[], steps: Step[]): Step[] {
  const values = new Map(stated.map(({ key, value }) => [key, value]));
  const planned = new Set(steps.flatMap((step) => (step.kind === 'sysctl' ? [step.key] : [])));
  const own = steps.map((step): Step =>
    step.kind === 'sysctl' ? { ...step, value: values.get(step.key) ?? step.value } : step,
  );
  const others = own.findIndex((step) => step.kind !== 'sysctl');
  const first = others < 0 ? own.length : others;
  return [
    ...own.slice(0, first),
    ...stated
      .filter(({ key }) => !planned.has(key))
      .map(({ key, value }): Step => ({ kind: 'sysctl', key, value })),
    ...own.slice(first),
  ];
}
