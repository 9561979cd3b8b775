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

/**
 * `ipvsadm -r` argument: without a port where the service is known by its mark and has perhaps several. Of an IPv6
 * address it wants one nevertheless.
 */
export function serverArguments(address: string, port: number, mark: number | undefined): string[] {
  if (mark === undefined) return ['-r', endpoint(address, port)];
  return ['-r', isIPv6(address) ? endpoint(address, 0) : address];
}

function isIPv6(address: string): boolean {
  return address.includes(':');
}
