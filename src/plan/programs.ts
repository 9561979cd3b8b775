import { dnsServer } from './dns.ts';
import type { Step } from './steps.ts';
import type { PlannedServer, PlannedService } from './types.ts';
import { webServer } from './web.ts';

/**
 * The programs of a real server: a web server, and a DNS server for each port that names are asked on.
 * @param served what it serves; nothing: then it is a web server on port 80
 * @param ipv6 whether the node has IPv6 addresses
 */
export function serverPrograms(
  node: string,
  served: { service: PlannedService; server: PlannedServer }[],
  ipv6: boolean,
): Step[] {
  const ports = (application: PlannedService['application']) =>
    unique(served.filter((s) => s.service.application === application).map((s) => s.server.port)).sort(
      (a, b) => a - b,
    );
  const plain = served.length === 0 ? [80] : ports('http');
  const tls = ports('https');
  const dns = ports('dns');
  const vips = unique(served.filter((s) => s.service.application === 'https').map((s) => s.service.vip));
  return [
    ...(plain.length + tls.length === 0 ? [] : webServer(node, plain, { tlsPorts: tls, vips, ipv6 })),
    ...dns.flatMap((port) => {
      const here = served.filter((s) => s.service.application === 'dns' && s.server.port === port);
      return dnsServer(
        node,
        here[0]?.server.address ?? '',
        port,
        unique(here.map(({ service, server }) => (server.mode === 'nat' ? server.address : service.vip))),
      );
    }),
  ];
}

function unique<T>(values: T[]): T[] {
  return [...new Set(values)];
}
