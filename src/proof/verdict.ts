import { isSameService, serviceName } from '../plan/service-name.ts';
import type { Plan } from '../plan/types.ts';
import type { Outcome } from './check.ts';
import type { Claim, OneMacOwner } from './claims.ts';
import { unanswered } from './diagnosis.ts';
import { captureProblem, chosenServer, failure, finding, listText, serviceOf } from './evidence.ts';
import type { CaptureHealth, Finding, Lab } from './evidence.ts';
import { judgeOwner } from './judge-owner.ts';
import { judgeBypass, judgeGateway, judgePass, judgeSource } from './judge-replies.ts';
import { judgeElsewhere, judgeRequests } from './judge-requests.ts';
import { lossAt, lossKey, type Loss } from './loss.ts';
import { innermost } from './packet.ts';
import { observationText } from './packet-text.ts';
import { byWhat, resolutionOf } from './resolution.ts';
import { walks } from './path.ts';
import { countText, summarise, unitOf, type Explain, type Judged } from './summary.ts';
import type { Observation, Walk } from './types.ts';

/** A claim held against the packets, or one of the ways in which it was broken. */
export interface Verdict {
  claim: Claim;
  /** Unique: the claim's own; of its second and further causes followed by a name for the cause. */
  id: string;
  outcome: Outcome;
  /** Plain English: nodes, addresses, counts. */
  why: string;
  /** The packets that it was concluded from, in order of time. */
  evidence: Evidence[];
  /** Connections that broke in the same way and whose packets are not among the evidence. */
  more: number;
}

export interface Evidence {
  node: string;
  device: string;
  /** Microseconds since 1970. */
  time: number;
  /** One line. */
  text: string;
}

/** A claim and what each connection, or all that was captured, says about it. */
export interface Examined {
  claim: Claim;
  judged: Judged[];
}

/**
 * Decides every claim. What decides is the packets alone:
 * - `fail`: one connection at least was seen to break the promise, or to come to nothing, with `why` saying how far.
 *   Each way in which connections broke it is a verdict of its own.
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
  return conclude(examine(plan, claims, observations, captures));
}

/** The first half of `judge`: what each connection says. */
export function examine(
  plan: Plan,
  claims: Claim[],
  observations: Observation[],
  captures: CaptureHealth[],
): Examined[] {
  const lab: Lab = {
    plan,
    observations,
    captures,
    walks: walks(plan, observations).filter((walk) => !beganBefore(walk)),
  };
  return claims.map((claim) => ({ claim, judged: judgedBy(lab, claim) }));
}

/** Every place where a connection was lost, once. */
export function lossesOf(examined: Examined[]): Loss[] {
  const failed = examined.flatMap(({ judged }) => judged.filter((j) => j.outcome === 'fail'));
  const losses = new Map(failed.flatMap((j) => (j.losses ?? []).map((loss) => [lossKey(loss), loss])));
  return [...losses.values()];
}

/** The second half: the verdicts. @param explain what the nodes' settings say of a failure, where they were read */
export function conclude(examined: Examined[], explain: Explain = () => undefined): Verdict[] {
  return examined.flatMap(({ claim, judged }) =>
    summarise(claim, judged, explain).map(({ id, outcome, why, evidence, more }) => ({
      claim,
      id,
      outcome,
      why,
      evidence: [...new Set(evidence)]
        .sort((one, other) => one.time - other.time)
        .map((o) => ({ node: o.node, device: o.device, time: o.time, text: observationText(o) })),
      more,
    })),
  );
}

function judgedBy(lab: Lab, claim: Claim): Judged[] {
  if (isOwnerClaim(claim)) return [whole(sound(lab, judgeOwner(lab, claim)))];
  const service = serviceOf(lab, claim.service);
  if (service === undefined)
    return [whole(finding('unknown', `the plan has no service ${serviceName(claim.service)}`))];
  const judged = lab.walks
    .filter((walk) => isSameService(walk.service, service))
    .flatMap((walk): Judged[] => {
      const server = chosenServer(service, walk)?.node;
      // A connection that came to no server speaks about all of them.
      if (server !== undefined && !isAbout(claim, server, walk)) return [];
      return [{ ...sound(lab, judgeOne(lab, service, claim, walk)), server }];
    });
  return judged.length === 0 ? [whole(nothingSeen(lab, claim))] : judged;
}

/** A finding about everything that was captured. */
function whole(found: Finding): Judged {
  return { ...found, server: undefined, whole: true };
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

/** No connection at all: that is a failure only where someone was seen to ask in vain. */
function nothingSeen(lab: Lab, claim: Claim): Finding {
  const { vip, protocol } = claim.service;
  const name = serviceName(claim.service);
  const about = claim.servers.map((s) => s.node);
  const others = lab.walks.filter((w) => isSameService(w.service, claim.service));
  if (others.length > 0) {
    const went = byFallback(lab, claim, others) ?? `but none went to ${listText(about)}`;
    return finding('unknown', `${countText(others.length, protocol)} to ${name}, ${went}`);
  }
  const asker = lab.plan.nodes.find(
    (n) => !about.includes(n.name) && unanswered(lab, n.name).includes(vip),
  )?.name;
  const why = `no ${unitOf(protocol)} to ${name} was seen`;
  if (asker === undefined) return finding('unknown', why);
  const question = lab.observations.find((o) => {
    const resolution = resolutionOf(o.packet);
    return o.node === asker && resolution?.operation === 'question' && resolution.target === vip;
  });
  const told = `${why}: ${asker} asked for ${vip} ${byWhat(vip)} and nobody answered`;
  const promisesArrival = claim.kind.startsWith('request-') || claim.kind === 'reply-from-vip';
  const found = promisesArrival
    ? failure(
        'nobody',
        told,
        [question],
        [asker],
        claim.directors.flatMap((node) => lossAt('own', node, { service: claim.service, address: vip })),
      )
    : finding('unknown', told, [question], [asker]);
  return sound(lab, found);
}

/** Where every connection went to the fallback: that. */
function byFallback(lab: Lab, { service }: Claim, others: Walk[]): string | undefined {
  const planned = serviceOf(lab, service);
  const fallback = planned?.health?.fallback;
  if (planned === undefined || fallback === undefined) return undefined;
  const all = others.every((walk) => chosenServer(planned, walk) === fallback);
  return all ? `all to the fallback ${fallback.node}` : undefined;
}
