import { addressFamily, inNetwork } from '../plan/addresses.ts';
import type { Plan } from '../plan/types.ts';
import { innermost, type Ip, type Packet } from '../proof/packet.ts';
import { candidate, type CauseCandidate } from './candidate.ts';
import { matches, type Chain } from './filters.ts';
import { routeQuestion } from './look.ts';
import { larger, linkOf, devicesWith, sysctl, type NodeLook, type RouteAnswer } from './state.ts';

/** What stops a packet as it comes in by a device, before the kernel looks where it goes. */
export function arriving(
  state: NodeLook,
  packet: Packet | undefined,
  device: string | undefined,
): CauseCandidate[] {
  if (device === undefined) return [];
  return [
    ...linkDown(state, device),
    ...dropped(state, packet, { hook: 'in', device }),
    ...dropped(state, packet, { hook: 'PREROUTING' }),
  ];
}

/** A network interface that is not up. */
export function linkDown(state: NodeLook, device: string): CauseCandidate[] {
  return linkOf(state, device)?.attributes['state'] === 'down'
    ? [candidate('link-down', `${device} is down on ${state.node}`, [`link ${device}`])]
    : [];
}

/** Rules that have dropped something like a packet. */
export function dropped(
  state: NodeLook,
  packet: Packet | undefined,
  where: { hook: 'in' | 'out'; device: string } | { hook: Chain },
): CauseCandidate[] {
  return (
    state.filters
      .filter(({ at }) => at.hook === where.hook)
      .filter(({ at }) => !('device' in at) || !('device' in where) || at.device === where.device)
      // A rule that has never dropped anything did not drop this.
      .filter((filter) => filter.dropped !== 0 && matches(filter, packet))
      .map((filter) => {
        const count = filter.dropped === undefined ? '' : `, ${filter.dropped} packets so far`;
        return candidate('filter', `on ${state.node} ${filter.text}${count}`, ['mark']);
      })
  );
}

/** Whether the kernel believes that a packet with this source comes in by this device. Of IPv4: IPv6 has no such check. */
export function believed(state: NodeLook, ip: Ip, device: string): CauseCandidate[] {
  if (ip.version !== 4) return [];
  const { node } = state;
  const own = devicesWith(state, ip.source);
  const accepts = larger(state, 'accept_local', device);
  if (own.length > 0 && accepts?.value === 0)
    return [
      candidate(
        'accept_local',
        `accept_local is 0 on ${node} ${device}, and the packet's source ${ip.source} is an address of ${node}'s own`,
        [`sysctl net.ipv4.conf.${device}.accept_local`, 'sysctl net.ipv4.conf.all.accept_local'],
      ),
    ];
  const filter = larger(state, 'rp_filter', device);
  if (filter === undefined || filter.value === 0) return [];
  const back = state.routes.get(routeQuestion(ip.source));
  const way = (text: string) => [
    candidate(
      'rp_filter',
      `rp_filter is ${filter.value} on ${node} ${device} (by ${filter.name}), and ${text}`,
      [`sysctl net.ipv4.conf.${device}.rp_filter`, 'sysctl net.ipv4.conf.all.rp_filter'],
    ),
  ];
  if (own.length > 0)
    return filter.value === 1 && !own.some((place) => place.device === device)
      ? way(`the packet's source ${ip.source} is an address of ${node}'s own, on ${own[0]?.device ?? '?'}`)
      : [];
  if (back === undefined) return [];
  if (back.device === undefined) return way(`there is no route back to ${ip.source}`);
  if (back.device === device) return [];
  if (filter.value === 1) return way(`the route back to ${ip.source} leaves by ${back.device}`);
  return hasAddress(state, device)
    ? []
    : way(`the route back to ${ip.source} leaves by ${back.device}, while ${device} has no address`);
}

/** Without an IPv4 address on the device, a filter of 2 is as strict as 1 (kernel, `__fib_validate_source`). */
function hasAddress({ facts }: NodeLook, device: string): boolean {
  return facts.some(
    ({ kind, name }) => kind === 'address' && name.endsWith(` on ${device}`) && !name.includes(':'),
  );
}

/** What keeps a node from sending a packet on that is for somebody else. */
export function forwarded(plan: Plan, state: NodeLook, packet: Packet, device: string): CauseCandidate[] {
  const ip = innermost(packet);
  if (ip === undefined) return [];
  const off = forwardingOff(state, ip, device);
  const plain = state.routes.get(routeQuestion(ip.destination));
  const real = state.routes.get(routeQuestion(ip.destination, { from: ip.source, iif: device }));
  const earlier = [...believed(state, ip, device), ...off];
  const route = noRoute(state, ip.destination, plain);
  const refused =
    earlier.length + route.length === 0 && real?.error !== undefined
      ? [
          candidate(
            'route-refused',
            `${state.node} has no way for it: ip route get ${routeQuestion(ip.destination, { from: ip.source, iif: device })} says “${real.error}”`,
            ['rule', 'route'],
          ),
        ]
      : [];
  return [
    ...earlier,
    ...route,
    ...refused,
    ...withConntrack(state, dropped(state, packet, { hook: 'FORWARD' })),
    ...leaving(plan, state, packet, real?.device === undefined ? plain : real),
  ];
}

function forwardingOff(state: NodeLook, ip: Ip, device: string): CauseCandidate[] {
  const names =
    ip.version === 4
      ? ['net.ipv4.ip_forward', `net.ipv4.conf.${device}.forwarding`]
      : ['net.ipv6.conf.all.forwarding'];
  const name = names.find((one) => sysctl(state, one) === '0');
  return name === undefined
    ? []
    : [candidate('forwarding', `${name} is 0 on ${state.node}`, [`sysctl ${name}`])];
}

/** Replies of NAT pass a rule against unknown connections only where IPVS tells conntrack of them. */
function withConntrack(state: NodeLook, rules: CauseCandidate[]): CauseCandidate[] {
  return rules.map((rule) =>
    rule.text.includes('INVALID') && sysctl(state, 'net.ipv4.vs.conntrack') === '0'
      ? { ...rule, text: `${rule.text}; with net.ipv4.vs.conntrack 0 every reply of NAT is INVALID` }
      : rule,
  );
}

const REFUSALS: Record<string, string> = {
  unreachable: 'an unreachable route covers it',
  blackhole: 'a blackhole route covers it',
  prohibit: 'a prohibit route covers it',
  throw: 'a throw route covers it',
  'No route to host': 'an unreachable route covers it',
  'Invalid argument': 'a blackhole route covers it',
  'Permission denied': 'a prohibit route covers it',
};

/** A node's interfaces, those first on whose network an address lies. */
function devicesTowards({ facts }: NodeLook, address: string): string[] {
  const own = facts.flatMap(({ kind, name }) => {
    const [, cidr = '', device = ''] = kind === 'address' ? (/^(\S+) on (\S+)$/.exec(name) ?? []) : [];
    return device === '' || device === 'lo' ? [] : [{ cidr, device }];
  });
  const near = own.filter(({ cidr }) => inNetwork({ subnets: [cidr] }, address));
  return [...new Set([...near, ...own].map(({ device }) => device))];
}

/** A destination that a node has no route to, or takes for its own. */
export function noRoute(state: NodeLook, address: string, answer: RouteAnswer | undefined): CauseCandidate[] {
  if (answer === undefined) return [];
  const { node } = state;
  const refusal = REFUSALS[answer.type ?? ''] ?? REFUSALS[answer.error ?? ''];
  if (refusal !== undefined)
    return [candidate('no-route', `${node} has no way to ${address}: ${refusal}`, ['route', 'rule'])];
  if (answer.error !== undefined) {
    // The routes of an interface go with it.
    const device = devicesTowards(state, address).find((one) => linkDown(state, one).length > 0);
    const why = device === undefined ? '' : `: ${device} is down there`;
    return [
      candidate('no-route', `${node} has no route to ${address}${why}`, ['link', 'route', 'rule', 'address']),
    ];
  }
  if (answer.type !== 'local') return [];
  const wide = state.facts.find(({ kind, name }) => {
    const [, cidr = '', prefix = ''] = /^(\S+\/(\d+)) on lo$/.exec(name) ?? [];
    return (
      kind === 'address' &&
      addressFamily(cidr.split('/')[0] ?? '') === addressFamily(address) &&
      cidr !== '' &&
      Number(prefix) < 32 &&
      inNetwork({ subnets: [cidr] }, address)
    );
  });
  const why = wide === undefined ? '' : `: ${wide.name} makes the whole network its own`;
  return [
    candidate('own-address', `${node} takes ${address} for an address of its own${why}`, [
      'address',
      'route',
    ]),
  ];
}

/** What keeps a packet in once it is known by which device it leaves. */
export function leaving(
  plan: Plan,
  state: NodeLook,
  packet: Packet,
  answer: RouteAnswer | undefined,
  to = packet.ip?.destination ?? '',
): CauseCandidate[] {
  const device = answer?.device;
  if (device === undefined || device === 'lo') return [];
  const target = answer?.gateway ?? to;
  return [
    ...linkDown(state, device),
    ...pinned(plan, state, target, device),
    ...dropped(state, packet, { hook: 'POSTROUTING' }),
    ...dropped(state, packet, { hook: 'out', device }),
    ...lossy(state, device),
  ];
}

/** A device whose queue loses what it sends. */
export function lossy({ node, facts }: NodeLook, device: string): CauseCandidate[] {
  const name = `link quality ${device}`;
  const loss = facts.find((f) => f.kind === 'link quality' && f.name === device)?.attributes['loss'];
  return loss === undefined
    ? []
    : [candidate('link-loss', `${node} ${device} loses ${loss} of what it sends`, [name])];
}

/** A permanent neighbour entry that says another MAC than the address's owner has. */
export function pinned(plan: Plan, state: NodeLook, address: string, device: string): CauseCandidate[] {
  const entry = state.facts.find((f) => f.kind === 'neighbour' && f.name === `${address} on ${device}`);
  const mac = entry?.attributes['mac'];
  if (entry === undefined || mac === undefined) return [];
  const owner = plan.nodes
    .flatMap((n) => n.interfaces)
    .find((i) => i.addresses.some((a) => a.address === address));
  if (owner?.mac === mac) return [];
  const is = owner === undefined ? '' : `, and it is at ${owner.mac}`;
  return [
    candidate(
      'neighbour',
      `a permanent neighbour entry on ${state.node} says that ${address} on ${device} is at ${mac}${is}`,
      [`neighbour ${entry.name}`],
    ),
  ];
}
