import { endpoint } from '../topology/endpoint.ts';
import type { ServiceAddress } from './service-name.ts';

/** How the director knows a service. */
export interface ServiceKey extends ServiceAddress {
  /** Where there is one, it alone counts. */
  mark?: number;
}

/** `ipvsadm` arguments that name a service: `-t 192.0.2.100:80`, `-u 192.0.2.100:53`, or `-f 1` (of IPv6 `-f 1 -6`). */
export function serviceArguments({ vip, port, protocol, mark }: ServiceKey): string[] {
  if (mark !== undefined) return ['-f', String(mark), ...(isIPv6(vip) ? ['-6'] : [])];
  return [protocol === 'udp' ? '-u' : '-t', endpoint(vip, port)];
}

/** `ipvsadm -r` argument: port 0 where the service is known by its mark, for each packet keeps the port it came to. */
export function serverArguments(address: string, port: number, mark: number | undefined): string[] {
  return ['-r', endpoint(address, mark === undefined ? port : 0)];
}

function isIPv6(address: string): boolean {
  return address.includes(':');
}
