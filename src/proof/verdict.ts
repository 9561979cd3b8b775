import { isSameService, serviceName } from '../plan/service-name.ts';
import type { Plan } from '../plan/types.ts';
import type { Outcome } from './check.ts';
import type { Claim, OneMacOwner } from './claims.ts';
import { unanswered } from './diagnosis.ts';
import { captureProblem, chosenServer, finding, listText, serviceOf } from './evidence.ts';
import type { CaptureHealth, Finding, Lab } from './evidence.ts';
import { judgeOwner } from './judge-owner.ts';
import { judgeBypass, judgeGateway, judgePass, judgeSource } from './judge-replies.ts';
import { judgeElsewhere, judgeRequests } from './judge-requests.ts';
import { innermost } from './packet.ts';
import { observationText } from './packet-text.ts';
import { byWhat, resolutionOf } from './resolution.ts';
import { walks } from './path.ts';
import type { Observation, Walk } from './types.ts';

/** A claim held against the packets. */
export interface Verdict {
  claim: Claim;
  outcome: Outcome;
  /** Plain English: nodes, addresses, counts. */
  why: string;
  /** The packets that it was concluded from, in order of time. */
  evidence: Evidence[];
}

export interface Evidence {
  node: string;
  device: string;
  /** Microseconds since 1970. */
  time: number;
  /** One line. */
  text: string;
}

/** A finding and the real server that its connection went to. */
interface Judged extends Finding {
  server: string | undefined;
}

/**
 * Decides every claim. What decides is the packets alone:
 * - `fail`: one connection at least was seen to break the promise, or to come to nothing, with `why` saying how far.
 * - `unknown`: it could not be measured: no connection, a capture lost packets or had no control packet, or one of the
 *   real servers got no connection.
 * - `pass`: every connection kept the promise, and every real server had one.
 * Claims about the way that replies take are `unknown` where there was no reply: then `reply-from-vip` fails.
 * @param captures every interface that was captured, with what its capture lost
 */
export function judge(
  plan: Plan,
  claims: Claim[],
  observations: Observation[],
  captures: CaptureHealth[],
): Verdict[] {
  const lab: Lab = {
    plan,
    observations,
    captures,
    walks: walks(plan, observations).filter((walk) => !beganBefore(walk)),
  };
  return claims.map((claim) => {
    const { outcome, why, evidence } = conclude(lab, claim);
    const sorted = [...new Set(evidence)].sort((a, b) => a.time - b.time);
    return {
      claim,
      outcome,
      why,
      evidence: sorted.map((o) => ({
        node: o.node,
        device: o.device,
        time: o.time,
        text: observationText(o),
      })),
    };
  });
}

function conclude(lab: Lab, claim: Claim): Finding {
  if (isOwnerClaim(claim)) return sound(lab, judgeOwner(lab, claim));
  const service = serviceOf(lab, claim.service);
  if (service === undefined)
    return finding('unknown', `the plan has no service ${serviceName(claim.service)}`);
  const about = new Set(claim.servers.map((s) => s.node));
  const judged = lab.walks
    .filter((walk) => isSameService(walk.service, service))
    .flatMap((walk): Judged[] => {
      const server = chosenServer(service, walk)?.node;
      // A connection that came to no server speaks about all of them.
      if (server !== undefined && !isAbout(claim, server, walk)) return [];
      return [{ ...sound(lab, judgeOne(lab, service, claim, walk)), server }];
    });
  return judged.length === 0 ? nothingSeen(lab, claim) : summary(judged, [...about], claim);
}

/** Whether a claim is about a real server's connections with a client; one that the plan does not know is any. */
function isAbout({ servers }: Claim, node: string, { clientNode }: Walk): boolean {
  const found = servers.find((s) => s.node === node);
  if (found?.clients === undefined || clientNode === undefined) return found !== undefined;
  return found.clients.includes(clientNode);
}

/**
 * Whether a TCP connection was open before the captures began: what is left of a failed one is sent again for half a
 * minute, and one capture starts a little before the other.
 */
function beganBefore({ journeys }: Walk): boolean {
  return (
    journeys.some(
      ({ crossings: [first] }) => first !== undefined && innermost(first.packet)?.tcp !== undefined,
    ) && journeys.every(({ label }) => label !== 'SYN')
  );
}

function isOwnerClaim(claim: Claim): claim is OneMacOwner {
  return claim.kind === 'one-arp-owner' || claim.kind === 'one-neighbour-owner';
}

function judgeOne(
  lab: Lab,
  service: NonNullable<ReturnType<typeof serviceOf>>,
  claim: Exclude<Claim, OneMacOwner>,
  walk: Walk,
): Finding {
  switch (claim.kind) {
    case 'request-rewritten':
    case 'request-encapsulated':
    case 'request-redirected':
      return judgeRequests(lab, service, claim, walk);
    case 'servers-elsewhere':
      return judgeElsewhere(lab, service, claim, walk);
    case 'reply-from-vip':
      return judgeSource(lab, service, claim, walk);
    case 'replies-pass-director':
      return judgePass(lab, service, claim, walk);
    case 'gateway-is-director':
      return judgeGateway(lab, service, claim, walk);
    case 'replies-bypass-director':
      return judgeBypass(lab, service, claim, walk);
  }
}

/**
 * What was not seen counts only where the captures that should have seen it are whole. A failure is also a matter of
 * what was not seen before it: where a capture ends too soon, wherever it is, what looks like one may be none.
 */
function sound(lab: Lab, found: Finding): Finding {
  if (found.outcome === 'fail') {
    const cut = lab.captures.find(({ damage }) => damage !== undefined);
    const problem = cut === undefined ? undefined : captureProblem(lab, cut.node);
    if (problem !== undefined) return { ...found, outcome: 'unknown', why: `${problem}; ${found.why}` };
  }
  for (const node of found.restsOn) {
    const problem = captureProblem(lab, node);
    if (problem !== undefined) return { ...found, outcome: 'unknown', why: `${problem}; ${found.why}` };
  }
  return found;
}

function summary(judged: Judged[], servers: string[], { service }: Claim): Finding {
  const counted = (number: number) => countText(number, service.protocol);
  for (const outcome of ['fail', 'unknown'] as const) {
    const bad = judged.filter((j) => j.outcome === outcome);
    const [first] = bad;
    if (first === undefined) continue;
    const others = [
      ...new Set(bad.map((j) => j.server).filter((s) => s !== undefined && s !== first.server)),
    ];
    const also = others.length === 0 ? '' : `, also with ${listText(others.map(String))}`;
    return {
      ...first,
      why: `${first.why} (${bad.length} of ${counted(judged.length)}${also})`,
      evidence: bad.slice(0, 3).flatMap((j) => j.evidence),
    };
  }
  const missing = servers.filter((server) => !judged.some((j) => j.server === server));
  const samples = servers.flatMap((server) => judged.find((j) => j.server === server) ?? []);
  const evidence = samples.flatMap((j) => j.evidence);
  if (missing.length > 0)
    return finding(
      'unknown',
      `${counted(judged.length)} kept it, but none went to ${listText(missing)}`,
      evidence,
    );
  return finding(
    'pass',
    `${samples[0]?.why ?? ''} (${counted(judged.length)}, to ${listText(servers)})`,
    evidence,
  );
}

/** No connection at all: that is a failure only where someone was seen to ask in vain. */
function nothingSeen(lab: Lab, claim: Claim): Finding {
  const { vip, protocol } = claim.service;
  const name = serviceName(claim.service);
  const about = claim.servers.map((s) => s.node);
  const other = lab.walks.filter((w) => isSameService(w.service, claim.service)).length;
  if (other > 0)
    return finding(
      'unknown',
      `${countText(other, protocol)} to ${name}, but none went to ${listText(about)}`,
    );
  const asker = lab.plan.nodes.find(
    (n) => !about.includes(n.name) && unanswered(lab, n.name).includes(vip),
  )?.name;
  const why = `no ${UNITS[protocol]} to ${name} was seen`;
  if (asker === undefined) return finding('unknown', why);
  const question = lab.observations.find((o) => {
    const resolution = resolutionOf(o.packet);
    return o.node === asker && resolution?.operation === 'question' && resolution.target === vip;
  });
  const told = `${why}: ${asker} asked for ${vip} ${byWhat(vip)} and nobody answered`;
  const promisesArrival = claim.kind.startsWith('request-') || claim.kind === 'reply-from-vip';
  return sound(lab, finding(promisesArrival ? 'fail' : 'unknown', told, [question], [asker]));
}

const UNITS: Record<Claim['service']['protocol'], string> = { tcp: 'connection', udp: 'datagram' };

function countText(number: number, protocol: Claim['service']['protocol']): string {
  return `${number} ${UNITS[protocol]}${number === 1 ? '' : 's'}`;
}
