import { valueOf, type DraftServer, type DraftService } from './fields/draft.ts';
import { defaultPort, parsePort, servicePort, type ServicePort } from './fields/ports.ts';
import type { Placed } from './reading/positions.ts';

/**
 * The ports of a service, each with what is spoken on it: those that a mark groups, or its only one.
 * @returns undefined where the file leaves one unclear; what is complained about elsewhere is left out
 */
export function portsOf(service: DraftService): Placed<ServicePort>[] | undefined {
  const { at, vip, port, ports, protocol, tls } = service;
  if ([port, ports, protocol, tls].includes('unreadable')) return undefined;
  const transport = valueOf(protocol) ?? 'tcp';
  if (ports === undefined)
    return [
      {
        value: servicePort(valueOf(port) ?? defaultPort(transport), transport, valueOf(tls)),
        at: typeof port === 'object' ? port.at : typeof vip === 'object' ? vip.at : at,
      },
    ];
  return (valueOf(ports) ?? []).flatMap(({ value, at }) => {
    const read = typeof value === 'number' ? servicePort(value, transport) : parsePort(value);
    return read === undefined ? [] : [{ value: read, at }];
  });
}

/** The port on which a real server takes what comes to a port of the service; undefined where the file leaves it unclear. */
export function serverPort(
  { mark }: DraftService,
  entry: DraftServer | undefined,
  port: ServicePort,
): number | undefined {
  if (mark !== undefined) return port.port;
  return entry?.port === 'unreadable' ? undefined : (valueOf(entry?.port) ?? port.port);
}
