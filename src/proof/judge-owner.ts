import type { OneMacOwner } from './claims.ts';
import { portsOfPlan } from './crossings.ts';
import { captureProblem, failure, finding, listText, type Finding, type Lab } from './evidence.ts';
import { lossAt } from './loss.ts';
import { resolutionOf, type Resolution } from './resolution.ts';
import type { Observation } from './types.ts';

interface Seen extends Resolution {
  o: Observation;
}

const ARP = { name: 'ARP', question: 'a broadcast ARP request' };
const DISCOVERY = { name: 'neighbour discovery', question: 'a multicast neighbour solicitation' };

/**
 * Whether one MAC alone answers for the VIP, the director's, by ARP or by neighbour advertisements. Also counted is
 * who asks with the VIP as sender address: neighbours learn from that as well (RFC 826; RFC 4861, 7.2.3), which is
 * what arp_announce=2 prevents.
 *
 * That a server stays silent counts only if its own capture saw the question that was put to all.
 */
export function judgeOwner(lab: Lab, claim: OneMacOwner): Finding {
  const { vip } = claim.service;
  const places = portsOfPlan(lab.plan).filter((p) => claim.networks.includes(p.network));
  const onSegment = lab.observations.filter((o) =>
    places.some((p) => p.node === o.node && p.device === o.device),
  );
  const seen = onSegment.flatMap((o): Seen[] => {
    const resolution = resolutionOf(o.packet);
    return resolution === undefined ? [] : [{ o, ...resolution }];
  });
  const asked = seen.filter((r) => r.operation === 'question' && r.target === vip && r.toAll);
  const owners = new Map<string, Seen>();
  for (const r of seen) if (r.claim?.address === vip && !owners.has(r.claim.mac)) owners.set(r.claim.mac, r);
  const words = claim.kind === 'one-arp-owner' ? ARP : DISCOVERY;

  const nodeOf = (mac: string) => places.find((p) => p.mac === mac)?.node;
  const strangers = [...owners].filter(([mac]) => !claim.directors.includes(nodeOf(mac) ?? ''));
  if (strangers.length > 0) {
    const names = strangers.map(([mac, r]) => {
      const how = r.operation === 'question' ? ' (as the sender of a question)' : '';
      return `${nodeOf(mac) ?? 'an unknown node'} with ${mac}${how}`;
    });
    return failure(
      'claimed',
      `${vip} is claimed by ${words.name} also by ${listText(names)}`,
      strangers.map(([, r]) => r.o),
      [],
      strangers.flatMap(([mac]) => {
        const place = places.find((p) => p.mac === mac);
        return lossAt('keep silent', place, { service: claim.service });
      }),
    );
  }
  if (asked.length === 0)
    return finding('unknown', `no one asked for ${vip} by ${words.question} while the captures ran`);
  const [question] = asked;
  if (owners.size === 0)
    return failure(
      'nobody',
      `${question?.sender.address ?? 'someone'} asked for ${vip} and no one answered`,
      [question?.o],
      [question?.o.node],
      claim.directors.flatMap((node) => lossAt('own', node, { service: claim.service, address: vip })),
    );
  if (owners.size > 1)
    return failure(
      'several',
      `${owners.size} MACs claim ${vip}: ${listText([...owners.keys()].map((mac) => `${mac} (${nodeOf(mac) ?? '?'})`))}`,
      [...owners.values()].map((r) => r.o),
    );
  for (const { node } of claim.servers) {
    const problem = captureProblem(lab, node);
    if (problem !== undefined) return finding('unknown', problem);
    if (!asked.some(({ o }) => o.node === node))
      return finding('unknown', `${node} never saw the question, so that it did not answer proves nothing`);
  }
  const [[mac, answer] = ['?', undefined]] = owners;
  return finding(
    'pass',
    `only ${mac} (${nodeOf(mac) ?? '?'}) answers for ${vip}; ${listText(claim.servers.map((s) => s.node))} saw the question and kept silent`,
    [question?.o, answer?.o],
  );
}
