import type { OneArpOwner } from './claims.ts';
import { placesOf } from './crossings.ts';
import { captureProblem, finding, listText, type Finding, type Lab } from './evidence.ts';
import type { Observation } from './path.ts';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';

/**
 * Whether one MAC alone answers ARP for the VIP, the director's. Also counted is who sends ARP requests with the VIP
 * as sender address: neighbours learn from those as well (RFC 826), which is what arp_announce=2 prevents.
 *
 * That a server stays silent counts only if its own capture saw the broadcast question.
 */
export function judgeArp(lab: Lab, claim: OneArpOwner): Finding {
  const { vip } = claim.service;
  const places = placesOf(lab.plan).filter((p) => claim.networks.includes(p.network));
  const onSegment = lab.observations.filter((o) =>
    places.some((p) => p.node === o.node && p.device === o.device),
  );
  const arps = onSegment.filter((o) => o.packet.arp !== undefined);
  const questions = arps.filter(
    (o) => o.packet.arp?.operation === 'request' && o.packet.arp.targetIp === vip,
  );
  const asked = questions.filter((o) => o.packet.link?.destination === BROADCAST);
  const claimed = arps.filter((o) => o.packet.arp?.senderIp === vip);
  const owners = new Map<string, Observation>();
  for (const o of claimed) {
    const mac = o.packet.arp?.senderMac;
    if (mac !== undefined && !owners.has(mac)) owners.set(mac, o);
  }

  const nodeOf = (mac: string) => places.find((p) => p.mac === mac)?.node;
  const strangers = [...owners].filter(([mac]) => !claim.directors.includes(nodeOf(mac) ?? ''));
  if (strangers.length > 0) {
    const names = strangers.map(([mac, o]) => {
      const how = o.packet.arp?.operation === 'request' ? ' (as the sender of a question)' : '';
      return `${nodeOf(mac) ?? 'an unknown node'} with ${mac}${how}`;
    });
    return finding(
      'fail',
      `${vip} is claimed by ARP also by ${listText(names)}`,
      strangers.map(([, o]) => o),
    );
  }
  if (asked.length === 0)
    return finding('unknown', `no one asked for ${vip} by a broadcast ARP request while the captures ran`);
  const [question] = asked;
  if (owners.size === 0)
    return finding(
      'fail',
      `${question?.packet.arp?.senderIp ?? 'someone'} asked for ${vip} and no one answered`,
      [question],
      question === undefined ? [] : [question.node],
    );
  if (owners.size > 1)
    return finding(
      'fail',
      `${owners.size} MACs claim ${vip}: ${listText([...owners.keys()].map((mac) => `${mac} (${nodeOf(mac) ?? '?'})`))}`,
      [...owners.values()],
    );
  for (const { node } of claim.servers) {
    const problem = captureProblem(lab, node);
    if (problem !== undefined) return finding('unknown', problem);
    if (!asked.some((o) => o.node === node))
      return finding('unknown', `${node} never saw the question, so that it did not answer proves nothing`);
  }
  const [[mac, answer] = ['?', undefined]] = owners;
  return finding(
    'pass',
    `only ${mac} (${nodeOf(mac) ?? '?'}) answers for ${vip}; ${listText(claim.servers.map((s) => s.node))} saw the question and kept silent`,
    [question, answer],
  );
}
