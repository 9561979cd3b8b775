import { clientsOf } from '../plan/clients.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import type { Check } from '../proof/check.ts';
import {
  judgeCommonRound,
  judgePersistentGroup,
  markGroups,
  turnsFor,
  type GroupReply,
} from '../proof/mark-group.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Reply } from '../traffic/replies.ts';
import { ask } from '../traffic/requests.ts';

/** What a client got from the services of one mark, asked turn about. */
export interface Turns {
  group: PlannedService[];
  replies: GroupReply[];
}

/** Asks the services of each mark turn about, where that shows that they are one. */
export async function takeTurns(plan: Plan, runtime: Runtime): Promise<Turns[]> {
  const all: Turns[] = [];
  for (const group of markGroups(plan.services)) {
    const client = group[0] === undefined ? undefined : clientsOf(plan, group[0])[0];
    const replies: GroupReply[] = [];
    for (let turn = 0; client !== undefined && turn < turnsFor(group); turn += 1)
      for (const service of group)
        for (const reply of await ask(runtime, client.name, service, 1)) replies.push({ service, reply });
    all.push({ group, replies });
  }
  return all;
}

/** A check for each mark that groups several services. */
export function groupChecks(
  turns: Turns[],
  rounds: { service: PlannedService; replies: Reply[] }[],
): { service: PlannedService | undefined; check: Check }[] {
  return turns.flatMap(({ group, replies }) => {
    const [service] = group;
    if (service?.persistence === undefined)
      return replies.length === 0 ? [] : [{ service, check: judgeCommonRound(group, replies) }];
    const own = rounds.filter((round) => group.includes(round.service));
    const all = own.flatMap((round) => round.replies.map((reply) => ({ service: round.service, reply })));
    return [{ service, check: judgePersistentGroup(group, all) }];
  });
}
