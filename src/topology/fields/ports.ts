import type { Application, Protocol } from '../types.ts';

/** A port of a service as the file may write it in text: `443/tls`, `53/udp`. */
export const PORT_PATTERN = '^[0-9]{1,5}/(tcp|tls|udp)$';
const TEXT = new RegExp(PORT_PATTERN);

/** UDP port on which TUN real servers take GUE; any free one serves. */
export const GUE_PORT = 5555;

const HTTPS = 443;
const DNS = 53;

/** The port of a service that states none. */
export function defaultPort(protocol: Protocol): number {
  return protocol === 'udp' ? DNS : 80;
}

export interface ServicePort {
  port: number;
  protocol: Protocol;
  application: Application;
}

/** A port with what is spoken on it. */
export function servicePort(port: number, protocol: Protocol, tls = port === HTTPS): ServicePort {
  const web = tls ? 'https' : 'http';
  return { port, protocol, application: protocol === 'udp' || port === DNS ? 'dns' : web };
}

/**
 * Reads a port that is written with its protocol.
 * @returns undefined where it is not of that form, or no port
 */
export function parsePort(text: string): ServicePort | undefined {
  const [digits = '', protocol = ''] = TEXT.test(text) ? text.split('/') : [];
  const port = Number(digits);
  if (port < 1 || port > 65535) return undefined;
  return servicePort(port, protocol === 'udp' ? 'udp' : 'tcp', protocol === 'tls');
}
