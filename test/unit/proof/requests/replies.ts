import type { PlannedService } from '../../../../src/plan/types.ts';
import type { Scheduler } from '../../../../src/topology/types.ts';
import type { Reply } from '../../../../src/traffic/replies.ts';

/** A service with a real server rs1, rs2 … for each weight, at 10.0.0.11:8080, .12:8080 … */
export function serviceOf(scheduler: Scheduler, ...weights: number[]): PlannedService {
  return {
    vip: '192.0.2.100',
    port: 80,
    protocol: 'tcp',
    application: 'http',
    scheduler,
    directors: ['director'],
    tunnel: 'ipip',
    servers: weights.map((weight, index) => ({
      node: `rs${index + 1}`,
      address: `10.0.0.${11 + index}`,
      port: 8080,
      weight,
      mode: 'nat',
    })),
  };
}

/** Replies from these servers in turn, from client ports 40000, 40001 …; `-` is a request without an answer. */
export function repliesFrom(servers: string): Reply[] {
  return servers.split(' ').map((server, index): Reply => {
    const answered = server !== '-';
    return {
      client: 'client',
      clientAddress: '192.0.2.101',
      clientPort: 40000 + index,
      server: answered ? server : undefined,
      status: answered ? 200 : 0,
      error: answered ? '' : 'Connection timed out',
    };
  });
}

/** The same service as DNS over UDP. */
export function overUdp(service: PlannedService): PlannedService {
  return {
    ...service,
    port: 53,
    protocol: 'udp',
    application: 'dns',
    servers: service.servers.map((server) => ({ ...server, port: 53, mode: 'dr' })),
  };
}
