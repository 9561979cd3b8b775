import { endpoint } from '../topology/endpoint.ts';
import type { PlannedServer, PlannedService } from '../plan/types.ts';
import { encapsulation } from './changes.ts';
import type {
  Claim,
  RequestEncapsulated,
  RequestRedirected,
  RequestRewritten,
  ServersElsewhere,
} from './claims.ts';
import { endText } from './ends.ts';
import { howFar } from './diagnosis.ts';
import {
  chosenServer,
  failure,
  finding,
  forwardedRequests,
  remoteServers,
  routeText,
  witness,
} from './evidence.ts';
import type { Finding, Forwarded, Lab } from './evidence.ts';
import { lossAt } from './loss.ts';
import { innermost, transportOf } from './packet.ts';
import type { Crossing, Walk } from './types.ts';

type RequestClaim = RequestRewritten | RequestEncapsulated | RequestRedirected;

/** Whether the requests of one connection reach the real server in the way that the forwarding method promises. */
export function judgeRequests(lab: Lab, service: PlannedService, claim: RequestClaim, walk: Walk): Finding {
  const forwarded = forwardedRequests(claim, walk).filter(({ journey }) =>
    toVip(claim, journey.crossings[0]),
  );
  if (forwarded.length === 0) return pastDirector(service, walk) ?? howFar(lab, service, walk);
  const server = chosenServer(service, walk);
  for (const one of forwarded) {
    const wrong = one.before === undefined ? undefined : problemOf(lab, claim, server, one);
    if (wrong !== undefined)
      return failure(wrong.cause, `${one.out.from?.node ?? '?'} ${wrong.text}`, [
        one.before?.arrived ?? witness(one.before),
        witness(one.out),
      ]);
  }
  const complete = forwarded.filter((one) => one.before !== undefined);
  if (complete.length === 0)
    return finding('unknown', 'no capture has the request as it came to the director', [
      witness(forwarded[0]?.out),
    ]);
  for (const { before, onward, out } of complete) {
    const arrival = onward.find((c) => c.to?.node === server?.node && c.arrived !== undefined);
    if (arrival === undefined) continue;
    return finding('pass', passText(claim, { before, out }), [
      witness(before),
      witness(out),
      arrival.arrived,
    ]);
  }
  return { ...howFar(lab, service, walk), restsOn: [server?.node ?? ''] };
}

function toVip(claim: Claim, crossing: Forwarded['out'] | undefined): boolean {
  const ip = crossing === undefined ? undefined : innermost(crossing.packet);
  return ip?.destination === claim.service.vip && transportOf(ip)?.destination === claim.service.port;
}

/** A request that a real server got straight from the client: it answers for the VIP. */
function pastDirector(service: PlannedService, walk: Walk): Finding | undefined {
  for (const journey of walk.journeys) {
    if (journey.direction !== 'request') continue;
    const passed = journey.crossings.some((c) => c.to !== undefined && service.directors.includes(c.to.node));
    const end = journey.crossings.find((c) => remoteServers(service).some((s) => s.node === c.to?.node));
    if (passed || end === undefined) continue;
    const server = service.servers.find((s) => s.node === end.to?.node);
    const about = { service, server, crossing: end };
    return failure(
      'past-director',
      `the ${journey.label} went ${routeText(journey)}, past the director: ${end.from?.node ?? 'the sender'} has the MAC of ${end.to?.node ?? '?'} for ${service.vip}`,
      [witness(end)],
      [],
      [...lossAt('transmit', end.from, about), ...lossAt('keep silent', end.to, about)],
    );
  }
  return undefined;
}

/** What is wrong with a request as the director sent it on. */
interface Problem {
  cause: string;
  text: string;
}

function problemOf(
  lab: Lab,
  claim: RequestClaim,
  server: PlannedServer | undefined,
  { out, before }: Forwarded,
): Problem | undefined {
  const ip = innermost(out.packet);
  const tunnel = encapsulation(out.packet);
  const { vip, port } = claim.service;
  const to = endText(ip, 'destination');
  const kept = ip?.destination === vip && transportOf(ip)?.destination === port;
  switch (claim.kind) {
    case 'request-rewritten':
      if (tunnel !== undefined)
        return { cause: 'tun', text: `put the request into ${tunnel.name}: that is TUN, not NAT` };
      if (kept)
        return {
          cause: 'dr',
          text: `sent the request on with its destination ${to} unchanged: that is DR, not NAT`,
        };
      return server !== undefined && to === endpoint(server.address, server.port)
        ? undefined
        : {
            cause: 'wrong-destination',
            text: `sent the request to ${to}, which is no real server's address and port in the plan`,
          };
    case 'request-redirected':
      if (tunnel !== undefined)
        return { cause: 'tun', text: `put the request into ${tunnel.name}: that is TUN, not DR` };
      if (!kept)
        return {
          cause: 'nat',
          text: `changed the destination from ${endpoint(vip, port)} to ${to}: that is NAT, not DR`,
        };
      if (claim.servers.every((s) => s.node !== out.to?.node))
        return {
          cause: 'wrong-destination',
          text: `sent the request to MAC ${out.packet.link?.destination ?? '?'}, which is no real server's`,
        };
      return untouched(out, before);
    case 'request-encapsulated': {
      if (tunnel === undefined)
        return kept
          ? { cause: 'dr', text: 'sent the request on without an outer header: that is DR, not TUN' }
          : {
              cause: 'nat',
              text: `changed the destination from ${endpoint(vip, port)} to ${to}: that is NAT, not TUN`,
            };
      const { outer, name } = tunnel;
      if (outer.protocol !== claim.protocol)
        return {
          cause: 'outer-protocol',
          text: `used an outer header of protocol ${outer.protocol} (${name}), not ${claim.protocol}`,
        };
      if (claim.servers.every((s) => s.address !== outer.destination))
        return {
          cause: 'wrong-destination',
          text: `sent the outer packet to ${outer.destination}, which is no real server's address`,
        };
      const own =
        lab.plan.nodes
          .find((n) => n.name === out.from?.node)
          ?.interfaces.flatMap((i) => i.addresses.map((a) => a.address)) ?? [];
      if (outer.source === vip && outer.version === 6)
        return {
          cause: 'outer-source',
          text: `gave the outer packet the VIP ${vip} as source, which the real server has too and so does not believe (with preferred_lft 0 for the VIP the director takes another address)`,
        };
      if (!own.includes(outer.source))
        return {
          cause: 'outer-source',
          text: `gave the outer packet the source ${outer.source}, which is not one of its own addresses (${own.join(', ')})`,
        };
      return untouched(out, before);
    }
  }
}

/** IPVS since 7.x lowers the TTL or hop limit by one in DR and TUN as a router does, and corrects IPv4's checksum. */
function untouched(out: Crossing, before: Forwarded['before']): Problem | undefined {
  const ttl = before === undefined ? undefined : innermost(before.packet)?.ttl;
  const other = out.changes.filter(
    (c) =>
      c.layer !== 'link' &&
      c.layer !== 'outer' &&
      !(c.layer === 'ip' && c.field === 'ttl' && ttl !== undefined && c.after === ttl - 1),
  );
  if (innermost(out.packet)?.checksumRight === false)
    return { cause: 'checksum', text: 'left a wrong IP header checksum' };
  if (other.length === 0) return undefined;
  const text = other.map((c) => `${c.layer} ${c.field} ${c.before ?? 'none'} → ${c.after ?? 'none'}`);
  return { cause: 'changed', text: `changed the packet itself: ${text.join(', ')}` };
}

function passText(claim: RequestClaim, { out, before }: Pick<Forwarded, 'out' | 'before'>): string {
  const ip = innermost(out.packet);
  const server = out.to?.node ?? '?';
  const { vip, port } = claim.service;
  switch (claim.kind) {
    case 'request-rewritten':
      return `destination ${endpoint(vip, port)} became ${endText(ip, 'destination')}, source ${ip?.source ?? '?'} stayed`;
    case 'request-redirected':
      return `destination MAC ${before?.packet.link?.destination ?? '?'} became ${out.packet.link?.destination ?? '?'} (${server}), addresses and ports stayed`;
    case 'request-encapsulated': {
      const tunnel = encapsulation(out.packet);
      return `${tunnel?.name ?? '?'} ${tunnel?.outer.source ?? '?'} → ${tunnel?.outer.destination ?? '?'} around the unchanged packet`;
    }
  }
}

/** Whether requests go to the real server over a router. */
export function judgeElsewhere(
  lab: Lab,
  service: PlannedService,
  claim: ServersElsewhere,
  walk: Walk,
): Finding {
  const server = chosenServer(service, walk);
  const [one] = forwardedRequests(claim, walk).filter(({ onward }) =>
    onward.some((c) => c.to?.node === server?.node),
  );
  if (one === undefined || server === undefined) {
    const { evidence } = howFar(lab, service, walk);
    return finding('unknown', 'no request was seen on its way from the director to a real server', evidence);
  }
  const way = routeText({ ...one.journey, crossings: one.onward });
  return one.out.to?.node === server.node
    ? failure('no-router', `the request went straight from the director to ${server.node}: ${way}`, [
        witness(one.out),
      ])
    : finding('pass', `the request went ${way}`, one.onward.map(witness));
}
