import type { Topology } from './types.ts';

/** The same topology with another number of real servers, all like its first one. */
export function withServers(topology: Topology, count: number): Topology {
  const model = topology.nodes.find((node) => node.role === 'real-server');
  if (model === undefined) return topology;
  const names = Array.from({ length: count }, (_, index) => `rs${index + 1}`);
  return {
    ...topology,
    nodes: [
      ...topology.nodes.filter((node) => node.role !== 'real-server'),
      ...names.map((name) => ({
        ...model,
        name,
        attachments: model.attachments.map(({ network, quality }) => ({ network, addresses: [], quality })),
      })),
    ],
    services: topology.services.map((service) => ({
      ...service,
      servers: names.flatMap((node) =>
        service.servers.slice(0, 1).map((server) => ({ ...server, node, weight: 1 })),
      ),
    })),
  };
}
