import { valueOf, type DraftServer, type DraftService } from '../fields/draft.ts';
import { maskFault } from '../fields/netmask.ts';
import { show, type Problems } from '../reading/problems.ts';
import { SCHEDULER_FLAGS } from '../types.ts';

/** Checks that a service's flags are its scheduler's, each named once. */
export function checkFlags({ flags, scheduler }: DraftService, problems: Problems): void {
  if (scheduler === 'unreadable') return;
  const name = valueOf(scheduler) ?? 'rr';
  const own = SCHEDULER_FLAGS.filter((flag) => flag.startsWith(`${name}-`));
  const seen = new Set<string>();
  for (const { value, at } of valueOf(flags) ?? []) {
    if (seen.has(value)) problems.add(at, `flag ${show(value)} is named twice`, 'name it once');
    else if (!own.includes(value))
      problems.add(
        at,
        `scheduler ${name} does not know flag ${show(value)}`,
        own.length > 0
          ? `it knows ${own.join(' and ')}`
          : `only sh and mh have flags: write \`scheduler: ${value.split('-')[0] ?? ''}\`, or leave \`flags\` out`,
      );
    seen.add(value);
  }
}

/** Checks that a netmask is one, of the VIP's family. */
export function checkPersistence({ persistence, vip }: DraftService, problems: Problems): void {
  const netmask = valueOf(persistence)?.netmask;
  if (typeof netmask !== 'object' || typeof vip !== 'object') return;
  const fault = maskFault(netmask.value, vip.value);
  if (fault !== undefined) problems.add(netmask.at, `netmask ${show(netmask.value)} ${fault.why}`, fault.fix);
}

/** Checks that a server's lower threshold stands under its upper one. */
export function checkThresholds({ upper, lower }: DraftServer, problems: Problems): void {
  if (typeof lower !== 'object' || upper === 'unreadable') return;
  if (upper === undefined)
    problems.add(
      lower.at,
      `lower ${lower.value} without upper: a server that is never full has nothing to wait for`,
      `add \`upper\`, more than ${lower.value}, or leave \`lower\` out`,
    );
  else if (lower.value > upper.value)
    problems.add(
      lower.at,
      `lower ${lower.value} is above upper ${upper.value}`,
      'a server is full at `upper` connections, and takes more again below `lower`: the kernel refuses them upside down',
    );
}
