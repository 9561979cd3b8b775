import type { NetworkCreateOptions } from 'dockerode';
import ipaddr from 'ipaddr.js';
import type { Engine } from '../../docker/engine.ts';
import { orEmbedded } from '../../host/embedded-here.ts';
import { EXIT, LabError } from '../../errors.ts';
import { LABEL } from '../../docker/labels.ts';
import { labelsOf } from './record-labels.ts';
import type { LabRecord } from '../../records/lab.ts';
import type { Plan, PlannedNetwork } from '../../plan/types.ts';
import { networkName } from './container.ts';

/**
 * A lab's network as a Docker network whose engine leaves packets alone that are for addresses elsewhere, as those
 * that a director passes on are. `internal` networks drop them. Which option lets them through depends on the release
 * (measured with 20.10 and 28.5); the preflight finds out whether it did.
 */
export function networkOptions(
  record: LabRecord,
  network: PlannedNetwork,
  { major, product }: Pick<Engine, 'major' | 'product'>,
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
      Config: network.subnets.map((subnet) => ({ Subnet: subnet, Gateway: gatewayOf(record.plan, subnet) })),
    },
    // Podman rewrites the senders of what is for other networks, and drops what it sees of one direction alone; it makes no
    // rule for networks that are internal, which Docker's rules cut off.
    ...(product === 'Podman' ? { Internal: true } : {}),
    EnableIPv6: network.subnets.some((subnet) => subnet.includes(':')),
    Options: {
      // No address of the engine's host on the lab's networks, and so no route of the host's into them.
      [`${bridge}.inhibit_ipv4`]: 'true',
      // From 28.0 a rule for each container drops what comes for it from another bridge, unless its network is routed.
      ...(major >= 27
        ? { [`${bridge}.gateway_mode_ipv4`]: 'routed', [`${bridge}.gateway_mode_ipv6`]: 'routed' }
        : { [`${bridge}.enable_ip_masquerade`]: 'false' }),
      'com.docker.network.driver.mtu': String(network.mtu),
    },
  };
}

/**
 * An address for Docker to call the gateway (it wants one): the highest of a subnet that is neither a node's nor a VIP.
 * @throws LabError badInput where every address is taken
 */
export function gatewayOf(plan: Plan, subnet: string): string {
  const taken = new Set([
    ...plan.nodes.flatMap((node) => node.interfaces.flatMap((i) => i.addresses.map((a) => a.address))),
    ...plan.services.map((service) => service.vip),
  ]);
  const [base, prefix] = ipaddr.parseCIDR(subnet);
  const bits = base.toByteArray().length * 8;
  const number = base.toByteArray().reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  // Not the last one, which in IPv4 is everybody's.
  for (let value = number + 2n ** BigInt(bits - prefix) - 2n; value > number; value -= 1n) {
    const bytes = Array.from({ length: bits / 8 }, (_, at) =>
      Number((value >> BigInt(bits - 8 - 8 * at)) & 255n),
    );
    const address = ipaddr.fromByteArray(bytes).toString();
    if (!taken.has(address)) return address;
  }
  throw new LabError(EXIT.badInput, `every address of ${subnet} is taken, and Docker wants one of its own`, {
    fix: orEmbedded(
      'make the subnet larger',
      'on the embedded machine it is large enough (--machine embedded)',
    ),
  });
}
