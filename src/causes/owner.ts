import type { Plan } from '../plan/types.ts';
import type { Loss } from '../proof/loss.ts';
import { candidate, type CauseCandidate } from './candidate.ts';
import { larger, linkOf, devicesWith, type NodeLook } from './state.ts';
import { linkDown, lossy } from './way.ts';

/** Why a real server answers for the VIP, which is the director's. */
export function silent({ service: { vip }, device }: Loss, state: NodeLook): CauseCandidate[] {
  const { node } = state;
  const wired = devicesWith(state, vip).filter((place) => place.device === device);
  const onWire = wired.map((place) =>
    candidate('vip-on-wire', `${vip} is on ${place.device} of ${node}, where it answers for it`, ['address']),
  );
  if (vip.includes(':') || device === undefined) return onWire;
  const low = (setting: string, wanted: number) => {
    const value = larger(state, setting, device);
    return value === undefined || value.value >= wanted
      ? []
      : [
          candidate(setting, `${setting} is ${value.value} on ${node} ${device}, not ${wanted}`, [
            `sysctl net.ipv4.conf.all.${setting}`,
            `sysctl net.ipv4.conf.${device}.${setting}`,
          ]),
        ];
  };
  const proxy = larger(state, 'proxy_arp', device);
  return [
    ...onWire,
    ...low('arp_ignore', 1),
    ...low('arp_announce', 2),
    ...(proxy?.value === 1
      ? [candidate('proxy_arp', `${proxy.name} is 1 on ${node}`, [`sysctl ${proxy.name}`])]
      : []),
  ];
}

/** Why a node did not answer those who asked for its address. */
export function owned(plan: Plan, loss: Loss, state: NodeLook): CauseCandidate[] {
  const { node } = state;
  const address = loss.address ?? loss.service.vip;
  const planned = plan.nodes
    .find((n) => n.name === node)
    ?.interfaces.find((i) => i.addresses.some((a) => a.address === address))?.name;
  const places = devicesWith(state, address).map((place) => place.device);
  const devices = [...new Set([...(planned === undefined ? [] : [planned]), ...places])];
  const isIpv6 = address.includes(':');
  const ignores = isIpv6
    ? []
    : places.flatMap((device) => {
        const value = larger(state, 'arp_ignore', device);
        // From 3 on, addresses are kept to oneself that others are to know (kernel, ip-sysctl.rst).
        return value === undefined || value.value < 3
          ? []
          : [
              candidate('arp_ignore', `arp_ignore is ${value.value} on ${node} ${device}`, [
                `sysctl ${value.name}`,
              ]),
            ];
      });
  return [
    ...devices.flatMap((device) =>
      linkOf(state, device) === undefined
        ? [candidate('link-missing', `${node} has no interface ${device}`, [`link ${device}`])]
        : linkDown(state, device),
    ),
    ...(places.length === 0
      ? [candidate('no-vip', `${address} is on no interface of ${node}`, ['address'])]
      : []),
    ...devices.flatMap((device) =>
      linkOf(state, device)?.attributes['arp'] === 'off'
        ? [candidate('noarp', `${device} of ${node} is set to answer no ARP`, [`link ${device}`])]
        : [],
    ),
    ...ignores,
    ...state.filters
      .filter(({ at, match, dropped: count }) => {
        const kinds = [undefined, 'all', isIpv6 ? 'ipv6' : 'arp'];
        return 'device' in at && count !== 0 && kinds.includes(match.ether) && match.protocol === undefined;
      })
      .map((filter) => candidate('filter', `on ${node} ${filter.text}`, ['mark'])),
    ...devices.flatMap((device) => lossy(state, device)),
  ];
}
