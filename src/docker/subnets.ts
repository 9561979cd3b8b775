import type Docker from 'dockerode';

/** A subnet of a network that an engine has. */
export interface EngineSubnet {
  network: { name: string; labels: Record<string, string> };
  /** CIDR. */
  subnet: string;
}

/** Every subnet that an engine's own address management has given away. */
export async function engineSubnets(docker: Docker): Promise<EngineSubnet[]> {
  return (await docker.listNetworks()).flatMap((network) =>
    (network.IPAM?.Config ?? []).flatMap(({ Subnet }) =>
      Subnet === undefined
        ? []
        : [{ network: { name: network.Name, labels: network.Labels ?? {} }, subnet: Subnet }],
    ),
  );
}
