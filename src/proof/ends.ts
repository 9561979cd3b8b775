import { endpoint } from '../topology/endpoint.ts';
import type { Ip } from './packet.ts';

/** One end of a packet: `192.0.2.1:80`, `[2001:db8::1]:80`, or the address alone where it has no ports. */
export function endText(ip: Ip | undefined, side: 'source' | 'destination'): string {
  const port = (ip?.tcp ?? ip?.udp)?.[side];
  if (ip === undefined) return '?';
  return port === undefined ? ip[side] : endpoint(ip[side], port);
}

/** IPv6's name for the same field is hop limit. */
export function hopLimit(ip: Pick<Ip, 'version' | 'ttl'>): string {
  return `${ip.version === 4 ? 'ttl' : 'hlim'} ${ip.ttl}`;
}
