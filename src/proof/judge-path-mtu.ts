import { isSameService } from '../plan/service-name.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import { encapsulation } from './changes.ts';
import type { Check } from './check.ts';
import { chosenServer, listText, witness } from './evidence.ts';
import { tooBigMessages, type TooBig } from './too-big.ts';
import { findLimit, type Limit } from './mtu-limit.ts';
import { pathMtuHint } from './path-mtu-hint.ts';
import type { NodeMtu } from './node-mtu.ts';
import { innermost } from './packet.ts';
import { observationText } from './packet-text.ts';
import { isLost, stuckSegments, type StuckSegment } from './stuck-segments.ts';
import { walks } from './path.ts';
import type { Observation } from './types.ts';

/** A stuck segment, what limits it, and what was said about it. */
export interface BlackHole extends StuckSegment {
  server: string | undefined;
  limit: Limit | undefined;
  messages: TooBig;
}

/** Copies that must be lost where nothing on the way explains it. */
const UNEXPLAINED = 3;

/** Whether a connection to a service shows a segment that never comes through while smaller packets do. */
export function hasStuckSegments(plan: Plan, service: PlannedService, observations: Observation[]): boolean {
  return connections(plan, service, observations).some((walk) => stuckSegments(service, walk).length > 0);
}

/**
 * Names a path-MTU black hole: the packets that do not fit, where, and why their sender does not learn of it.
 * @param nodes what each node's kernel says, with what it made and took in while the traffic was captured
 * @returns undefined where the packets show none
 */
export function judgePathMtu(
  plan: Plan,
  service: PlannedService,
  observations: Observation[],
  nodes: NodeMtu[],
): Check | undefined {
  const all = connections(plan, service, observations);
  const holes = all.flatMap((walk) =>
    stuckSegments(service, walk)
      .map((stuck): BlackHole => ({
        ...stuck,
        server: chosenServer(service, walk)?.node,
        limit: findLimit(plan, stuck, nodes),
        messages: tooBigMessages(stuck, nodes),
      }))
      .filter(({ limit, messages, times }) => limit !== undefined || messages.said || times >= UNEXPLAINED),
  );
  if (holes.length === 0) return undefined;
  const kinds = new Map<string, BlackHole[]>();
  for (const hole of holes) {
    const key = `${hole.direction} ${placeOf(hole)} ${String(hole.limit?.mtu)}`;
    kinds.set(key, [...(kinds.get(key) ?? []), hole]);
  }
  return {
    id: 'path-mtu',
    title: 'path MTU',
    outcome: 'fail',
    detail: [...kinds.values()].map((kind) => kindText(kind, all.length)).join('; and '),
    evidence: [...kinds.values()].flatMap((kind) => evidenceOf(plan, service, kind)),
  };
}

function connections(plan: Plan, service: PlannedService, observations: Observation[]) {
  return walks(plan, observations).filter(
    // What is left of an earlier one is sent again for half a minute, and says nothing of smaller packets.
    ({ service: to, journeys }) =>
      isSameService(to, service) && journeys.some(({ label }) => label === 'SYN'),
  );
}

function kindText(kind: BlackHole[], all: number): string {
  const [hole] = kind;
  if (hole === undefined) return '';
  const servers = serversOf(kind);
  const to = servers.length === 0 ? '' : `, to ${listText(servers)}`;
  return `${holeText(hole, hole.direction === 'reply' && servers.length > 0 ? listText(servers) : hole.sender)} (${kind.length} of ${all} connections${to})`;
}

function serversOf(kind: BlackHole[]): string[] {
  return [...new Set(kind.flatMap(({ server }) => server ?? []))].sort();
}

/** @param senders who sends such packets */
function holeText(hole: BlackHole, senders: string): string {
  const { payload, size, limit, times, passed } = hole;
  const what = `packets of ${size} bytes from ${senders} (TCP segments of ${payload})`;
  const which = limit === undefined ? `${what} get lost` : `${what} do not fit ${limit.text}`;
  const seen = `one was sent ${times} times, ${placeOf(hole)}, while packets of up to ${passed} bytes pass`;
  return [
    which,
    seen,
    hole.messages.text,
    ...(limit === undefined ? ['no MTU known on that way is smaller: something there drops by size'] : []),
  ]
    .filter((text) => text !== '')
    .join('; ');
}

function placeOf({ last }: BlackHole): string {
  const to = last.to === undefined ? 'no node of the plan' : `${last.to.node} ${last.to.device}`;
  return isLost(last)
    ? `left ${last.from === undefined ? '?' : `${last.from.node} ${last.from.device}`} and never arrived at ${to}`
    : `reached ${to} and went no further`;
}

function evidenceOf(plan: Plan, service: PlannedService, kind: BlackHole[]): string[] {
  const [hole] = kind;
  if (hole === undefined) return [];
  const packets = [
    hole.last.arrived ?? witness(hole.last),
    ...hole.messages.evidence,
    hole.onward === undefined || hole.onward === hole.last ? undefined : witness(hole.onward),
  ].filter((o) => o !== undefined);
  return [
    ...packets.map(sizedText),
    ...(hole.limit?.evidence ?? []),
    pathMtuHint(plan, service, hole, serversOf(kind)),
  ];
}

function sizedText(observation: Observation): string {
  const { packet } = observation;
  const inside = encapsulation(packet) === undefined ? '' : `, ${innermost(packet)?.totalLength ?? 0} inside`;
  return `${observationText(observation)}, IP packet of ${packet.ip?.totalLength ?? 0} bytes${inside}`;
}
