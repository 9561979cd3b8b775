import { dnsServer } from './dns.ts';
import { checkedPages } from './pages.ts';
import type { Step } from './steps.ts';
import type { PlannedServer, PlannedService } from './types.ts';
import { webServer, type Tls } from './web.ts';

/**
 * The programs of a real server: a web server, and a DNS server for each port that names are asked on.
 * @param lab its name
 * @param served what it serves; nothing: then it is a web server on port 80
 * @param ipv6 whether the node has IPv6 addresses
 */
export function serverPrograms(
  lab: string,
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
  // A real server that answers when the others are out is not checked itself.
  const checked = served.filter(({ service, server }) => service.servers.includes(server));
  const pages = checkedPages(
    node,
    checked.map(({ service }) => service),
  );
  return [
    ...(plain.length + tls.length === 0
      ? []
      : webServer(node, plain, { tls: tlsOf(lab, served), pages, ipv6 })),
    ...dns.flatMap((port) => {
      const here = served.filter((s) => s.service.application === 'dns' && s.server.port === port);
      return dnsServer(node, here[0]?.server.address ?? '', port, unique(here.flatMap(listenOn)));
    }),
  ];
}

/** Where the packets come to, and where a program on a director asks whether the server is well. */
function listenOn({ service, server }: { service: PlannedService; server: PlannedServer }): string[] {
  return [
    server.mode === 'nat' ? server.address : service.vip,
    ...(service.health === undefined ? [] : [server.address]),
  ];
}

/** Clients ask the VIP over TLS, and programs on a director the real server's own address. */
function tlsOf(lab: string, served: { service: PlannedService; server: PlannedServer }[]): Tls | undefined {
  const own = served.filter(({ service }) => service.application === 'https');
  if (own.length === 0) return undefined;
  return {
    ports: unique(own.map(({ server }) => server.port)).sort((a, b) => a - b),
    addresses: unique(own.flatMap(({ service, server }) => [service.vip, server.address])),
    lab,
  };
}

function unique<T>(values: T[]): T[] {
  return [...new Set(values)];
}
