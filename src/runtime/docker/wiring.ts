import * as z from 'zod/mini';
import type { Plan, PlannedNode } from '../../plan/types.ts';
import { parseRecord } from '../../state/records.ts';

const devicesSchema = z.array(
  z.object({ ifname: z.string(), addr_info: z.array(z.object({ local: z.optional(z.string()) })) }),
);
/** A device of a container, as `ip -json address` has it. */
export type Device = z.infer<typeof devicesSchema>[number];

/**
 * Reads what `ip -json address` printed in a container.
 * @throws LabError labFailed where that is not what ip prints
 */
export function readDevices(node: string, text: string): Device[] {
  return parseRecord(
    text,
    devicesSchema,
    `what \`ip -json address\` says on ${node}`,
    'build the lab anew: lab down, then lab up',
  );
}

/**
 * Lines for `ip -batch` that make a container's interfaces those of the plan. The engine names them in an order of its
 * own, so each is known by the address that the engine gave it; MAC and MTU no release sets for every network, and the
 * addresses and routes are the plan's own affair.
 * @throws Error where the engine has attached less than the plan says
 */
export function wiringCommands(node: PlannedNode, plan: Plan, devices: Device[]): string[] {
  const found = node.interfaces.map((own) => {
    const mine = new Set(own.addresses.map((a) => a.address));
    const device = devices.find((d) => d.addr_info.some((a) => mine.has(a.local ?? '')));
    if (device === undefined)
      throw new Error(`the engine has attached no interface with address ${[...mine].join(' or ')}`);
    return { own, device: device.ifname };
  });
  const mtu = new Map(plan.networks.map((network) => [network.name, network.mtu]));
  return [
    // By way of names that no interface has: two may have each other's.
    ...found.flatMap(({ device }, index) => [
      `link set ${device} down`,
      `link set ${device} name wire${index}`,
    ]),
    ...found.flatMap(({ own }, index) => [
      `link set wire${index} name ${own.name}`,
      `address flush dev ${own.name}`,
      `link set ${own.name} address ${own.mac} mtu ${mtu.get(own.network) ?? 1500} up`,
    ]),
  ];
}
