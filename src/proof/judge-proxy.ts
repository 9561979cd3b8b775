import { endpoint } from '../topology/endpoint.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import type { Check, Outcome } from './check.ts';
import { captureProblem, listText, type CaptureHealth } from './evidence.ts';
import { observationText } from './packet-text.ts';
import { endpoints, innermost, openingOf } from './packet.ts';
import { shortened } from './shortened.ts';
import type { Observation } from './types.ts';
import { counted } from '../topology/counted.ts';

/** What was seen of a service that a proxy carries. */
interface Seen {
  service: PlannedService;
  /** Of the nodes that carry it. */
  proxies: Set<string>;
  /** First packets of clients' connections, as they came to the proxy. */
  asked: Observation[];
  /** First packets of connections, as they came to a real server. */
  passedOn: Observation[];
  /** The first data of each of those. */
  requests: Observation[];
  /** Everything that was captured at real servers and has ports. */
  atServers: Observation[];
  /** Answers to the first packets, as they came to clients. */
  answered: Observation[];
}

/**
 * What a proxy promises, held against the packets: two connections for each request, its own address and the header
 * with the client's at the real server, the VIP's answer at the client, and nothing of clients or VIP at the servers.
 */
export function judgeProxy(
  plan: Plan,
  service: PlannedService,
  observations: Observation[],
  captures: CaptureHealth[],
): Check[] {
  const nodes = [...service.directors, ...service.servers.map((s) => s.node)];
  const unsound = nodes
    .map((node) => captureProblem({ plan, observations, captures, walks: [] }, node))
    .find((problem) => problem !== undefined);
  const seen = lookAt(plan, service, observations);
  return [twoConnections(seen), ownSource(seen), header(seen), fromVip(seen), apart(seen)].map((check) =>
    unsound === undefined ? check : { ...check, outcome: 'unknown', detail: `${unsound}; ${check.detail}` },
  );
}

function lookAt(plan: Plan, service: PlannedService, observations: Observation[]): Seen {
  const addresses = (nodes: string[]) =>
    plan.nodes
      .filter((n) => nodes.includes(n.name))
      .flatMap((n) => n.interfaces.flatMap((i) => i.addresses.map((a) => a.address)));
  const servers = new Set(service.servers.map((s) => s.node));
  const starts = (o: Observation) => openingOf(o.packet) === 'SYN';
  const to = (o: Observation) => endpoints(o.packet)?.destination;
  const toServer = (o: Observation) =>
    service.servers.some((s) => s.node === o.node && s.address === to(o)?.address && s.port === to(o)?.port);
  const passedOn = once(observations.filter((o) => starts(o) && toServer(o)));
  return {
    service,
    proxies: new Set(addresses(service.directors)),
    asked: once(
      observations.filter(
        (o) =>
          service.directors.includes(o.node) &&
          starts(o) &&
          to(o)?.address === service.vip &&
          to(o)?.port === service.port,
      ),
    ),
    passedOn,
    requests: passedOn.flatMap(
      (start) =>
        observations.find(
          (o) =>
            o.node === start.node &&
            o.time >= start.time &&
            ways(o) === ways(start) &&
            (innermost(o.packet)?.tcp?.payloadLength ?? 0) > 0,
        ) ?? [],
    ),
    atServers: observations.filter((o) => servers.has(o.node) && endpoints(o.packet) !== undefined),
    answered: once(
      observations.filter(
        (o) =>
          openingOf(o.packet) === 'SYN-ACK' && !service.directors.includes(o.node) && !servers.has(o.node),
      ),
    ),
  };
}

/** Where a packet comes from and goes to. */
function ways(o: Observation): string {
  const ends = endpoints(o.packet);
  if (ends === undefined) return '';
  return `${endpoint(ends.source.address, ends.source.port)} ${endpoint(ends.destination.address, ends.destination.port)}`;
}

/** Without retransmissions. */
function once(observations: Observation[]): Observation[] {
  const known = new Set<string>();
  return observations.filter((o) => {
    const name = `${o.node} ${ways(o)} ${innermost(o.packet)?.tcp?.sequence ?? ''}`;
    return !known.has(name) && known.add(name);
  });
}

function twoConnections({ service, asked, passedOn }: Seen): Check {
  const check = checkOf('two connections', 'each request is a connection to the VIP and another to a server');
  const name = endpoint(service.vip, service.port);
  if (asked.length === 0) return check('unknown', `no connection to ${name} came to the proxy`);
  const told = `${counted(asked.length, 'connection')} to ${name}, and ${passedOn.length} of the proxy’s own to real servers`;
  if (asked.length !== passedOn.length) return check('fail', told, [...asked, ...passedOn]);
  const idle = service.servers.filter((s) => s.weight > 0 && !passedOn.some((o) => o.node === s.node));
  if (idle.length > 0) return check('unknown', `${told}, but none to ${listText(idle.map((s) => s.node))}`);
  return check('pass', told, [...asked.slice(0, 1), ...passedOn.slice(0, 1)]);
}

function ownSource({ proxies, passedOn }: Seen): Check {
  const check = checkOf('source is proxy', 'the real server sees the proxy’s own address as the source');
  if (passedOn.length === 0) return check('unknown', 'no connection came to a real server');
  const source = (o: Observation | undefined) => (o === undefined ? '' : (innermost(o.packet)?.source ?? ''));
  const wrong = passedOn.filter((o) => !proxies.has(source(o)));
  if (wrong.length > 0)
    return check(
      'fail',
      `${wrong[0]?.node ?? ''} was asked from ${source(wrong[0])}, which is not the proxy’s`,
      wrong,
    );
  const [first] = passedOn;
  return check(
    'pass',
    `${first?.node ?? ''} was asked from ${source(first)}, the proxy’s (${counted(passedOn.length, 'connection')})`,
    passedOn.slice(0, 1),
  );
}

function header({ asked, requests }: Seen): Check {
  const check = checkOf(
    'header names client',
    'X-Forwarded-For in the request at the server is the client’s address',
  );
  if (requests.length === 0) return check('unknown', 'no request came to a real server');
  const value = (o: Observation) => innermost(o.packet)?.tcp?.forwardedFor;
  const clients = new Set(asked.flatMap((o) => innermost(o.packet)?.source ?? []));
  const wrong = requests.filter((o) => !clients.has(value(o) ?? ''));
  const [bad] = wrong;
  if (bad !== undefined) {
    const said = value(bad);
    const what =
      said === undefined ? 'without X-Forwarded-For' : `with X-Forwarded-For: ${said}, no client of the VIP`;
    return check(
      'fail',
      `a request came to ${bad.node} ${what} (${wrong.length} of ${requests.length})`,
      wrong,
    );
  }
  const count = (all: Observation[], of: (o: Observation) => string | undefined, address: string) =>
    all.filter((o) => of(o) === address).length;
  const other = [...clients].find(
    (c) => count(requests, value, c) !== count(asked, (o) => innermost(o.packet)?.source, c),
  );
  if (other !== undefined)
    return check(
      'fail',
      `${other} made ${count(asked, (o) => innermost(o.packet)?.source, other)} connections, and ${count(requests, value, other)} requests name it`,
    );
  return check(
    'pass',
    `X-Forwarded-For: ${listText([...clients])} (${counted(requests.length, 'request')})`,
    requests.slice(0, 1),
  );
}

function fromVip({ service, asked, answered }: Seen): Check {
  const check = checkOf('reply from vip', 'the client is answered from the VIP');
  if (asked.length === 0) return check('unknown', 'no connection came to the proxy');
  const reversed = (o: Observation) => ways(o).split(' ').reverse().join(' ');
  const missing = asked.filter((a) => !answered.some((o) => reversed(o) === ways(a)));
  const name = endpoint(service.vip, service.port);
  if (missing.length > 0)
    return check(
      'fail',
      `${missing.length} of ${counted(asked.length, 'connection')} got no answer from ${name}`,
      missing,
    );
  return check(
    'pass',
    `the SYN-ACK came from ${name} (${counted(asked.length, 'connection')})`,
    answered.slice(0, 1),
  );
}

function apart({ service, asked, passedOn, atServers }: Seen): Check {
  const check = checkOf('server apart', 'the real server needs neither the VIP nor a way to the client');
  if (passedOn.length === 0) return check('unknown', 'no connection came to a real server');
  const outside = new Set([service.vip, ...asked.flatMap((o) => innermost(o.packet)?.source ?? [])]);
  const strange = atServers.filter((o) => {
    const ip = innermost(o.packet);
    return ip !== undefined && (outside.has(ip.source) || outside.has(ip.destination));
  });
  const [first] = strange;
  if (first !== undefined)
    return check(
      'fail',
      `a packet at ${first.node} has a client’s address or the VIP: ${ways(first)}`,
      strange,
    );
  return check(
    'pass',
    `no packet at the real servers has a client’s address or the VIP (${counted(atServers.length, 'packet')})`,
  );
}

/** Packets that are shown of what does not hold. */
const SHOWN = 6;

function checkOf(title: string, promise: string) {
  return (outcome: Outcome, detail: string, evidence: Observation[] = []): Check => ({
    id: `proxy/${title.replaceAll(' ', '-')}`,
    title: `proxy: ${title}`,
    outcome,
    detail,
    evidence: [`promised: ${promise}`, ...shortened(evidence.map(observationText), SHOWN, 'more packets')],
  });
}
