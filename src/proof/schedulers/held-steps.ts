import type { PlannedService } from '../../plan/types.ts';
import type { Held } from '../../traffic/held.ts';
import { fullness, type ServerLoad } from './load.ts';

/** One connection that was opened while others were held. */
export interface HeldStep {
  /** The real servers as the director had them at that moment. */
  servers: ServerLoad[];
  /** Index of the one that got it; undefined: refused, or answered by none of them. */
  taken: number | undefined;
  /** Who answered. */
  server: string | undefined;
}

/**
 * What each connection met. The director's own numbers are known before the first and while the last were open; those
 * between follow from what was opened and ended.
 */
export function stepsOf(
  { protocol }: PlannedService,
  before: ServerLoad[],
  during: ServerLoad[],
  { events }: Held,
): HeldStep[] {
  const servers = before.map((load) => ({ ...load, inactive: { ...load.inactive } }));
  // To a director datagrams are connections that have ended: source ip_vs_proto_udp.c, which counts none as active.
  const ending = protocol === 'udp' ? 'opened' : 'ended';
  const toEnd = before.map(
    ({ node }) => events.filter((e) => e.kind === ending && e.connection.server === node).length,
  );
  const update = (index: number, change: { active: number; ended: number }) => {
    const load = servers[index];
    if (load === undefined) return;
    load.active += change.active;
    toEnd[index] = (toEnd[index] ?? 0) - change.ended;
    // Ended ones are only ever forgotten: no more than were there and ended since, no fewer than are left in the end.
    load.inactive.most += change.ended;
    load.inactive.least = Math.max(0, (during[index]?.inactive.least ?? 0) - (toEnd[index] ?? 0));
    load.full = fullness(load);
  };
  for (const index of servers.keys()) update(index, { active: 0, ended: 0 });
  const steps: HeldStep[] = [];
  for (const { kind, connection } of events) {
    const index = servers.findIndex((load) => load.node === connection.server);
    if (kind === 'ended') {
      update(index, { active: -1, ended: 1 });
      continue;
    }
    steps.push({
      servers: servers.map((load) => ({ ...load, inactive: { ...load.inactive } })),
      taken: index < 0 ? undefined : index,
      server: connection.server,
    });
    update(index, ending === 'opened' ? { active: 0, ended: 1 } : { active: 1, ended: 0 });
  }
  return steps;
}
