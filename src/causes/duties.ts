import { endpoint } from '../topology/endpoint.ts';
import type { Plan, PlannedServer } from '../plan/types.ts';
import type { Loss } from '../proof/loss.ts';
import { innermost, transportOf, type Ip, type Packet } from '../proof/packet.ts';
import { candidate, type CauseCandidate } from './candidate.ts';
import { owned, silent } from './owner.ts';
import { routeQuestion } from './look.ts';
import { linkOf, devicesWith, type NodeLook } from './state.ts';
import { arriving, believed, linkDown, dropped, forwarded, leaving, noRoute } from './way.ts';

/**
 * What among the settings of a node explains that a packet was lost there, in the order in which the packet meets it.
 * @param state of the node that the loss is about
 */
export function reasons(plan: Plan, loss: Loss, state: NodeLook): CauseCandidate[] {
  switch (loss.duty) {
    case 'forward':
      return [
        ...arriving(state, loss.packet, loss.device),
        ...(loss.packet === undefined || loss.device === undefined
          ? []
          : forwarded(plan, state, loss.packet, loss.device)),
      ];
    case 'schedule':
      return scheduled(plan, loss, state);
    case 'answer':
      return answered(plan, loss, state);
    case 'listen':
      return listening(loss, state);
    case 'transmit':
      return misled(loss, state);
    case 'receive':
      return arriving(state, loss.packet, loss.device);
    case 'route':
      return routed(loss, state);
    case 'keep silent':
      return silent(loss, state);
    case 'own':
      return owned(plan, loss, state);
  }
}

function scheduled(plan: Plan, { service, packet, device }: Loss, state: NodeLook): CauseCandidate[] {
  const ip = packet === undefined ? undefined : innermost(packet);
  const servers = tableOf(plan, service, state);
  return [
    ...arriving(state, packet, device),
    ...(ip === undefined || device === undefined ? [] : believed(state, ip, device)),
    ...notLocal(state, service.vip),
    ...dropped(state, packet, { hook: 'INPUT' }),
    ...servers.candidates,
    ...servers.used.flatMap((server) => {
      const { address } = server;
      const way = state.routes.get(routeQuestion(address));
      return [
        ...noRoute(state, address, way),
        ...(packet?.ip === undefined ? [] : leaving(plan, state, sentOn(packet.ip, server), way, address)),
      ];
    }),
  ];
}

/** The director's table, as far as it keeps a request from being sent on, and the servers that it could go to. */
function tableOf(
  plan: Plan,
  service: Loss['service'],
  { node, facts }: NodeLook,
): { candidates: CauseCandidate[]; used: PlannedServer[] } {
  const planned = plan.services.find(
    (s) => s.vip === service.vip && s.port === service.port && s.protocol === service.protocol,
  );
  const own = `${service.protocol} ${endpoint(service.vip, service.port)}`;
  const name =
    planned?.mark === undefined ? own : `fwmark ${planned.mark}${service.vip.includes(':') ? ' IPv6' : ''}`;
  const about = ['service', 'real server'];
  if (!facts.some((f) => f.kind === 'service' && f.name === name))
    return {
      candidates: [candidate('no-service', `ipvsadm on ${node} has no service ${name}`, about)],
      used: [],
    };
  const rows = facts.filter((f) => f.kind === 'real server' && f.name.startsWith(`${name} → `));
  const used = rows.filter((row) => row.attributes['weight'] !== '0');
  const servers = (planned?.servers ?? []).filter((s) =>
    used.some((row) => row.name.endsWith(` → ${endpoint(s.address, s.port)}`)),
  );
  const text =
    rows.length === 0
      ? `the service ${name} has no real server in ipvsadm on ${node}`
      : `every real server of ${name} has weight 0 in ipvsadm on ${node}`;
  return {
    candidates: used.length === 0 ? [candidate('no-server', text, about)] : [],
    used: servers,
  };
}

/** A request as the director sends it to a real server. */
function sentOn(ip: Ip, { mode, address, port }: PlannedServer): Packet {
  if (mode === 'dr') return { ip };
  // Whatever the tunnel, filters see its outer addresses and no ports.
  if (mode === 'tun')
    return { ip: { ...bare(ip), protocol: ip.version === 4 ? 4 : 41, destination: address, inner: ip } };
  return {
    ip: {
      ...ip,
      destination: address,
      ...(ip.tcp === undefined ? {} : { tcp: { ...ip.tcp, destination: port } }),
      ...(ip.udp === undefined ? {} : { udp: { ...ip.udp, destination: port } }),
    },
  };
}

/** A header without what it carries. */
function bare({ version, source, destination, ttl, protocol, totalLength, headerLength, tos }: Ip): Ip {
  return { version, source, destination, ttl, protocol, totalLength, headerLength, tos };
}

function notLocal(state: NodeLook, address: string): CauseCandidate[] {
  const answer = state.routes.get(routeQuestion(address));
  if (devicesWith(state, address).length > 0 || answer === undefined || answer.type === 'local') return [];
  return [candidate('no-vip', `${address} is on no interface of ${state.node}`, ['address', 'link'])];
}

function answered(plan: Plan, { packet, device, node, server }: Loss, state: NodeLook): CauseCandidate[] {
  const inner = packet === undefined ? undefined : innermost(packet);
  if (packet?.ip === undefined || inner === undefined || device === undefined) return [];
  const outer = packet.ip;
  const by = outer === inner ? device : tunnelOf(plan, node, outer);
  const reply: Packet = { ip: turned(inner) };
  const back = state.routes.get(routeQuestion(inner.source, { from: inner.destination }));
  const missing = notLocal(state, inner.destination);
  return [
    ...arriving(state, packet, device),
    ...(outer === inner ? [] : [...believed(state, outer, device), ...tunnel(state, outer, by)]),
    ...(by === undefined ? [] : believed(state, inner, by)),
    // A real server whose method nobody changed has its own address.
    ...(server?.mode === 'nat' && inner.destination === server.address ? [] : missing),
    ...dropped(state, { ip: inner }, { hook: 'INPUT' }),
    ...(missing.length > 0 ? [] : noRoute(state, inner.source, back)),
    ...dropped(state, reply, { hook: 'OUTPUT' }),
    ...leaving(plan, state, reply, back),
  ];
}

/** The device that takes off a tunnel's header; as the plan has it, or what the kernel has for all. */
function tunnelOf(plan: Plan, node: string, outer: Ip): string | undefined {
  const devices = (plan.nodes.find((n) => n.name === node)?.steps ?? []).flatMap((s) =>
    s.kind === 'tunnel' ? [s.device] : [],
  );
  const usual =
    outer.gre !== undefined ? 'gre' : outer.version === 6 ? 'ip6' : outer.protocol === 41 ? 'sit' : 'tunl';
  return devices.find((device) => device.startsWith(usual)) ?? devices[0];
}

function tunnel(state: NodeLook, outer: Ip, device: string | undefined): CauseCandidate[] {
  const { node } = state;
  if (device === undefined) return [];
  if (linkOf(state, device) === undefined)
    return [candidate('tunnel-missing', `${node} has no ${device}`, [`link ${device}`])];
  const gue =
    outer.gue !== undefined && !state.facts.some((f) => f.kind === 'tunnel port')
      ? [candidate('tunnel-port', `${node} takes no GUE: it has no fou port`, ['tunnel port'])]
      : [];
  return [...linkDown(state, device).map((c) => ({ ...c, id: 'tunnel-down' })), ...gue];
}

/** The packet that answers this one. */
function turned(ip: Ip): Ip {
  const ports = transportOf(ip);
  const swapped = { source: ports?.destination ?? 0, destination: ports?.source ?? 0 };
  return {
    ...ip,
    source: ip.destination,
    destination: ip.source,
    ...(ip.tcp === undefined ? {} : { tcp: { ...ip.tcp, ...swapped } }),
    ...(ip.udp === undefined ? {} : { udp: { ...ip.udp, ...swapped } }),
  };
}

function listening({ packet, service, server }: Loss, state: NodeLook): CauseCandidate[] {
  const { sockets, node, differences } = state;
  const ip = packet === undefined ? undefined : innermost(packet);
  const address = ip?.destination ?? service.vip;
  const port = transportOf(ip)?.destination ?? server?.port ?? service.port;
  if (sockets === undefined) return [];
  const there = sockets.filter((s) => s.protocol === service.protocol && s.port === port);
  const ended = differences.flatMap((d) => (d.kind === 'daemon' && d.state === 'missing' ? [d.name] : []));
  if (there.length === 0) {
    const why = ended.length === 0 ? '' : ` (its daemon ${ended.join(', ')} does not run)`;
    return [
      candidate('not-listening', `nothing listens on ${service.protocol} port ${port} of ${node}${why}`, [
        'daemon',
      ]),
    ];
  }
  if (there.some((s) => ['0.0.0.0', '*', '::', address].includes(s.address)))
    return dropped(state, packet, { hook: 'INPUT' });
  const own = [...new Set(there.map((s) => endpoint(s.address, s.port)))].join(', ');
  return [
    candidate(
      'listens-elsewhere',
      `on ${node} nothing listens on ${endpoint(address, port)}; it listens on ${own} only`,
      ['daemon', 'file'],
    ),
  ];
}

/** Who sent a packet to a MAC that is not the receiver's because an entry says so. */
function misled({ packet }: Loss, { facts, node }: NodeLook): CauseCandidate[] {
  const mac = packet?.link?.destination;
  return facts
    .filter((f) => f.kind === 'neighbour' && mac !== undefined && f.attributes['mac'] === mac)
    .map((f) =>
      candidate(
        'neighbour',
        `a permanent neighbour entry on ${node} says that ${f.name} is at ${mac ?? ''}`,
        [`neighbour ${f.name}`],
      ),
    );
}

function routed({ packet }: Loss, { routes, node }: NodeLook): CauseCandidate[] {
  const ip = packet === undefined ? undefined : innermost(packet);
  const answer =
    ip === undefined ? undefined : routes.get(routeQuestion(ip.destination, { from: ip.source }));
  if (ip === undefined || answer?.device === undefined) return [];
  const how = answer.gateway === undefined ? `straight out by ${answer.device}` : `by ${answer.gateway}`;
  return [
    candidate(`route ${how}`, `the route of ${node} to ${ip.destination} goes ${how}`, ['route', 'rule']),
  ];
}
