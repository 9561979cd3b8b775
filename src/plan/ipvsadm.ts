import type { ServiceAddress } from './service-name.ts';

/** How the director knows a service. */
export interface ServiceKey extends ServiceAddress {
  /** Where there is one, it alone counts. */
  mark?: number;
}

/** `ipvsadm` arguments that name a service: `-t 192.0.2.100:80`, `-u 192.0.2.100:53` or `-f 1`. */
export function serviceArguments({ vip, port, protocol, mark }: ServiceKey): string[] {
  if (mark !== undefined) return ['-f', String(mark)];
  return [protocol === 'udp' ? '-u' : '-t', `${vip}:${port}`];
}

/** `ipvsadm -r` argument: without a port where the service is known by its mark and has perhaps several. */
export function serverArguments(address: string, port: number, mark: number | undefined): string[] {
  return ['-r', mark === undefined ? `${address}:${port}` : address];
}
