import { addressFamily } from '../plan/addresses.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import { encapsulation } from './changes.ts';
import { listText } from './evidence.ts';
import type { BlackHole } from './judge-path-mtu.ts';

/**
 * What cures a black hole, the likeliest first.
 * @param servers all real servers that it was seen with
 */
export function pathMtuHint(plan: Plan, service: PlannedService, hole: BlackHole, servers: string[]): string {
  const { limit, sender, direction, walk, onward, last } = hole;
  const family = addressFamily(service.vip);
  const most = limit?.mtu ?? hole.messages.mtu;
  const receivers = direction === 'request' ? servers : [walk.clientNode ?? 'the client'];
  const tunnelled = onward !== undefined && encapsulation(onward.packet) !== undefined;
  const changed = limit?.changed;
  const director = onward?.from?.node ?? last.to?.node ?? '';
  const cures = [
    ...(changed === undefined
      ? []
      : [
          `${changed.place.node} ${changed.place.device} has its planned MTU again (ip link set ${changed.place.device} mtu ${changed.planned})`,
        ]),
    ...(most === undefined || receivers.length === 0
      ? []
      : [
          `${listText(receivers)} ${receivers.length === 1 ? 'announces' : 'announce'} smaller segments (ip route change … advmss ${most - (family === 4 ? 40 : 60)})`,
        ]),
    `ICMP reaches ${sender} again`,
    ...(tunnelled && family === 4 && plan.nodes.some((n) => n.name === director && n.role === 'director')
      ? [`net.ipv4.vs.pmtu_disc=0 on ${director}, which then cuts packets up`]
      : []),
    `net.ipv4.tcp_mtu_probing=1 on ${sender}`,
  ];
  return `hint: any of these cures it: ${cures.join('; ')}`;
}
