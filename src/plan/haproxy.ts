import { endpoint } from '../topology/endpoint.ts';
import type { Step } from './steps.ts';
import type { PlannedService } from './types.ts';

export const HAPROXY_CONFIG = '/etc/haproxy/haproxy.cfg';
const LOG = '/var/log/haproxy.log';

/** Whether a proxy carries a service, and not IPVS. */
export function isProxied({ servers }: Pick<PlannedService, 'servers'>): boolean {
  return servers.some((server) => server.mode === 'proxy');
}

/**
 * HAProxy with its configuration (HAProxy's configuration manual, 3.2).
 * @param services those that the node carries; none by a proxy: then it does not run
 */
export function haproxySteps(services: PlannedService[]): Step[] {
  const own = services.filter(isProxied);
  if (own.length === 0) return [];
  const config = [
    '# HAProxy: answers clients itself, and asks real servers by connections of its own.',
    'global',
    // One thread: so that turns are taken one after the other.
    ...['maxconn 2000', 'nbthread 1', 'log fd@3 format raw local0'].map(option),
    '',
    'defaults',
    ...['mode http', 'log global', 'option httplog'].map(option),
    // A connection to a real server for each of a client's.
    ...['option httpclose', 'http-reuse never'].map(option),
    // The real server sees the proxy's address alone; this tells it the client's.
    option('option forwardfor'),
    ...['timeout connect 3s', 'timeout client 1m', 'timeout server 1m'].map(option),
    ...own.flatMap((service, index) => [
      '',
      `listen service${index + 1}`,
      option(`bind ${endpoint(service.vip, service.port)}`),
      option('balance roundrobin'),
      ...service.servers.map((s) =>
        option(`server ${s.node} ${endpoint(s.address, s.port)} weight ${s.weight}`),
      ),
    ]),
  ];
  return [
    { kind: 'file', path: HAPROXY_CONFIG, content: `${config.join('\n')}\n` },
    {
      kind: 'daemon',
      name: 'haproxy',
      // It writes its log to a descriptor that it is given: there is no syslog on a node.
      argv: ['/bin/sh', '-c', `exec /usr/sbin/haproxy -D -f ${HAPROXY_CONFIG} -p /run/haproxy.pid 3>>${LOG}`],
      interpreter: '/usr/sbin/haproxy',
      pidfile: '/run/haproxy.pid',
      logs: [LOG],
    },
  ];
}

function option(text: string): string {
  return `    ${text}`;
}
