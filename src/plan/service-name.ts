import { endpoint } from '../topology/endpoint.ts';
import type { Protocol } from '../topology/types.ts';
import type { PlannedService } from './types.ts';

/** By what a client finds a service. */
export interface ServiceAddress {
  vip: string;
  port: number;
  protocol: Protocol;
}

/** A service as reports name it and `--service` takes it: `192.0.2.100:80`, for UDP `192.0.2.100:53/udp`. */
export function serviceName({ vip, port, protocol }: ServiceAddress): string {
  return `${endpoint(vip, port)}${protocol === 'tcp' ? '' : `/${protocol}`}`;
}

/** Whether two services, or what is said of them, are the same for a client. */
export function isSameService(a: ServiceAddress, b: ServiceAddress): boolean {
  return a.vip === b.vip && a.port === b.port && a.protocol === b.protocol;
}

/** What sets a service apart beside its scheduler: `TLS`, `one-packet`, `mark 1`. */
export function optionsOf(service: PlannedService): string[] {
  return [
    ...(service.application === 'https' ? ['TLS'] : []),
    ...(service.onePacket === true ? ['one-packet'] : []),
    ...(service.mark === undefined ? [] : [`mark ${service.mark}`]),
  ];
}
