import { inNetwork } from '../plan/addresses.ts';
import type { Plan } from '../plan/types.ts';
import { encapsulation } from './changes.ts';
import type { NodeMtu } from './node-mtu.ts';
import { outerBytes, type StuckSegment } from './stuck-segments.ts';
import type { PlannedPort } from './types.ts';

/** What is too small for a stuck packet on its way. */
export interface Limit {
  /** Largest packet that fits without a tunnel's headers, bytes. */
  mtu: number;
  /** `the tunnel director → rs1: …` */
  text: string;
  /** The interface whose MTU was made smaller than planned, where that is the reason. */
  changed: { place: PlannedPort; planned: number } | undefined;
  /** The settings that it follows from, one a line. */
  evidence: string[];
}

interface Candidate {
  mtu: number;
  what: string;
  place: PlannedPort | undefined;
}

/** The smallest MTU behind the point where a packet stopped, if the packet is larger; undefined where all are wide enough. */
export function findLimit(plan: Plan, stuck: StuckSegment, nodes: NodeMtu[]): Limit | undefined {
  const { onward, size } = stuck;
  if (onward === undefined) return undefined;
  const { from, to } = onward;
  const outer = outerBytes(onward.packet);
  const network = plan.networks.find((n) => n.name === onward.network);
  const candidates: Candidate[] = [
    ...[from, to].flatMap((place) => (place === undefined ? [] : deviceLimits(place, nodes))),
    ...(from === undefined ? [] : routeLimits(from, onward.packet.ip?.destination, nodes)),
    ...(network === undefined
      ? []
      : [{ mtu: network.mtu, what: `network ${network.name}`, place: undefined }]),
  ];
  const [least] = candidates.filter(({ mtu }) => mtu < size + outer).sort((a, b) => a.mtu - b.mtu);
  if (least === undefined) return undefined;
  const way = `${from?.node ?? '?'} → ${stuck.direction === 'request' && outer > 0 ? (tunnelEnd(plan, stuck) ?? '?') : (to?.node ?? '?')}`;
  const tunnel = encapsulation(onward.packet)?.name;
  return {
    mtu: least.mtu - outer,
    text:
      tunnel === undefined
        ? `the way ${way}: the MTU of ${least.what} is ${least.mtu}`
        : `the tunnel ${way}, whose MTU is ${least.mtu - outer}: ${tunnel} takes ${outer} of the ${least.mtu} bytes of ${least.what}`,
    changed:
      least.place === undefined || network === undefined || least.mtu >= network.mtu
        ? undefined
        : { place: least.place, planned: network.mtu },
    evidence: candidates.map(({ what, mtu }) => `MTU ${mtu}  ${what}`),
  };
}

function deviceLimits(place: PlannedPort, nodes: NodeMtu[]): Candidate[] {
  const mtu = nodes
    .find(({ node }) => node === place.node)
    ?.devices.find(({ device }) => device === place.device)?.mtu;
  return mtu === undefined ? [] : [{ mtu, what: `${place.node} ${place.device}`, place }];
}

function routeLimits(place: PlannedPort, target: string | undefined, nodes: NodeMtu[]): Candidate[] {
  const routes = nodes.find(({ node }) => node === place.node)?.routes ?? [];
  return routes
    .filter(({ device, text }) => device === place.device && leadsTo(text, target))
    .map(({ text, mtu }) => ({ mtu, what: `the route "${text}" on ${place.node}`, place: undefined }));
}

function leadsTo(route: string, target: string | undefined): boolean {
  const [to = ''] = route.split(' ');
  if (to === 'default' || to === target) return true;
  return target !== undefined && to.includes('/') && inNetwork({ subnets: [to] }, target);
}

/** The node that the outer header is addressed to. */
function tunnelEnd(plan: Plan, { onward }: StuckSegment): string | undefined {
  const target = onward === undefined ? undefined : encapsulation(onward.packet)?.outer.destination;
  return plan.nodes.find((n) => n.interfaces.some((i) => i.addresses.some((a) => a.address === target)))
    ?.name;
}
