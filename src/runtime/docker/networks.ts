import type { NetworkCreateOptions } from 'dockerode';
import ipaddr from 'ipaddr.js';
import { LABEL, labelsOf } from '../../docker/labels.ts';
import type { LabRecord } from '../../lab.ts';
import type { Plan, PlannedNetwork } from '../../plan/types.ts';
import { networkName } from './container.ts';

/**
 * A lab's network as a Docker network whose engine leaves packets alone that are for addresses elsewhere, as those
 * that a director passes on are. `internal` networks drop them. Which option lets them through depends on the release
 * (measured with 20.10 and 28.5); the preflight finds out whether it did.
 * @param major the engine's release
 */
export function networkOptions(
  record: LabRecord,
  network: PlannedNetwork,
  major: number,
): NetworkCreateOptions {
  const bridge = 'com.docker.network.bridge';
  return {
    Name: networkName(record.name, network.name),
    // Two at once are refused by name, on engines that would else make both.
    CheckDuplicate: true,
    Driver: 'bridge',
    Labels: { ...labelsOf(record), [LABEL.network]: network.name },
    IPAM: {
      Driver: 'default',
      Config: [{ Subnet: network.subnet, Gateway: gatewayOf(record.plan, network) }],
    },
    Options: {
      // No address of the engine's host on the lab's networks, and so no route of the host's into them.
      [`${bridge}.inhibit_ipv4`]: 'true',
      // From 28.0 a rule for each container drops what comes for it from another bridge, unless its network is routed.
      ...(major >= 27
        ? { [`${bridge}.gateway_mode_ipv4`]: 'routed' }
        : { [`${bridge}.enable_ip_masquerade`]: 'false' }),
      'com.docker.network.driver.mtu': String(network.mtu),
    },
  };
}

/** An address for Docker to call the gateway (it wants one): the highest that is neither a node's nor a VIP. */
export function gatewayOf(plan: Plan, network: PlannedNetwork): string {
  const taken = new Set([
    ...plan.nodes.flatMap((node) => node.interfaces.map((i) => i.address)),
    ...plan.services.map((service) => service.vip),
  ]);
  const bytes = ipaddr.IPv4.broadcastAddressFromCIDR(network.subnet).toByteArray();
  let value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  let address;
  do {
    value -= 1;
    address = [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
  } while (taken.has(address));
  return address;
}

/** Whether two IPv4 networks have an address in common. */
export function overlaps(one: string, other: string): boolean {
  const [a, b] = [ipaddr.parseCIDR(one), ipaddr.parseCIDR(other)];
  if (a[0].kind() !== 'ipv4' || b[0].kind() !== 'ipv4') return false;
  const prefix = Math.min(a[1], b[1]);
  return (a[0] as ipaddr.IPv4).match(b[0] as ipaddr.IPv4, prefix);
}

/** A /24 that overlaps with none of these. */
export function freeSubnet(taken: string[]): string | undefined {
  for (let second = 10; second < 256; second += 1)
    for (let third = 0; third < 256; third += 1) {
      const subnet = `10.${second}.${third}.0/24`;
      if (!taken.some((other) => overlaps(subnet, other))) return subnet;
    }
  return undefined;
}
