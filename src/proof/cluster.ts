import type { PlannedCluster } from '../plan/types.ts';
import type { Check } from './check.ts';
import { clientOf, type ConnectionRow } from './director-table.ts';
import type { Reply } from '../traffic/replies.ts';
import { counted } from '../topology/counted.ts';

/** What the directors of a cluster know, by name. */
export type KnownConnections = Map<string, ConnectionRow[]>;

/** The connections that were answered and that a director does not know, as the tables write them. */
export function unknownTo(rows: ConnectionRow[], replies: Reply[]): string[] {
  const known = new Set(rows.map(({ client }) => client));
  return replies
    .filter(({ server }) => server !== undefined)
    .map(clientOf)
    .filter((client) => !known.has(client));
}

/**
 * Whether every director of a cluster knows the connections that clients made: one of them carried them, the others
 * can have them from the sync daemon alone.
 */
export function judgeSync({ name, sync }: PlannedCluster, known: KnownConnections, replies: Reply[]): Check {
  const base = { id: `sync ${name}`, title: 'sync daemon' };
  const answered = replies.filter(({ server }) => server !== undefined).length;
  if (answered === 0)
    return {
      ...base,
      outcome: 'unknown',
      detail: `cluster ${name}: no connection was answered`,
      evidence: [],
    };
  const lacking = [...known].flatMap(([director, rows]) => {
    const unknown = unknownTo(rows, replies);
    return unknown.length === 0 ? [] : [{ director, unknown }];
  });
  const [worst] = lacking;
  if (worst === undefined)
    return {
      ...base,
      outcome: 'pass',
      detail: `${[...known.keys()].join(' and ')} know the same ${counted(answered, 'connection')}, by sync id ${sync?.id ?? '?'}`,
      evidence: [],
    };
  return {
    ...base,
    outcome: 'fail',
    detail: `${worst.director} was not told of ${worst.unknown.length} of ${counted(answered, 'connection')}: they would break with the director that has them`,
    evidence: lacking.flatMap(({ director, unknown }) =>
      unknown.map((client) => `${director}: not ${client}`),
    ),
  };
}
