import { line } from '../plan/script.ts';
import type { PlannedService } from '../plan/types.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { quietCurl, urlOf, type Asked } from './requests.ts';

/** What came of a request that was sent to a name. */
export interface NamedReply {
  client: string;
  /** The address that answered, of those that the name has; empty where none did. */
  address: string;
  server: string | undefined;
  seconds: number;
  error: string;
}

const LIMIT = 5;
const FORMAT = '%{http_code}\\t%{remote_ip}\\t%header{x-real-server}\\t%{time_total}\\t%{errormsg}\\n';

/**
 * Asks the client's own resolver several times, as every program on it does.
 * @returns the addresses of each answer, in the order that it gave
 */
export async function resolveName(
  runtime: Runtime,
  client: string,
  name: string,
  count: number,
): Promise<string[][]> {
  const script = 'n=$1; while [ "$n" -gt 0 ]; do n=$((n - 1)); getent ahosts "$2"; echo; done';
  const [result] = await runtime.exec([
    { node: client, argv: ['sh', '-c', script, 'resolve', String(count), name] },
  ]);
  return parseResolved(result?.stdout.toString() ?? '', count);
}

/** Reads what `getent ahosts` printed, an empty line after each answer. */
export function parseResolved(text: string, count: number): string[][] {
  const answers = text.split(/^\n/m).slice(0, count);
  return Array.from({ length: count }, (_, n) => [
    ...new Set(
      (answers[n] ?? '')
        .split('\n')
        .map((row) => row.split(/\s+/)[0] ?? '')
        .filter((address) => address !== ''),
    ),
  ]);
}

/** Requests to a name, each by a program of its own: one that goes on running would remember the addresses. */
export async function askByName(
  runtime: Runtime,
  client: string,
  name: string,
  service: Asked,
  count: number,
): Promise<NamedReply[]> {
  const curl = quietCurl(service, LIMIT, FORMAT);
  const script = 'n=$1; shift; while [ "$n" -gt 0 ]; do n=$((n - 1)); "$@"; done; :';
  const [result] = await runtime.exec([
    {
      node: client,
      argv: ['sh', '-c', script, 'by-name', String(count), ...curl, `${urlOfName(name, service)}/`],
    },
  ]);
  return (result?.stdout.toString() ?? '')
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => readNamedReply(client, row));
}

/** `http://www.lab.test:80` */
export function urlOfName(name: string, { application, port }: Pick<Asked, 'application' | 'port'>): string {
  return `${application}://${name}:${port}`;
}

/** Reads what curl wrote of a request. */
export function readNamedReply(client: string, row: string): NamedReply {
  const [status = '', address = '', server = '', seconds = '0', error = ''] = row.split('\t');
  return {
    client,
    address,
    server: status === '200' && server !== '' ? server : undefined,
    seconds: Number(seconds),
    error: error !== '' ? error : status === '200' ? '' : `HTTP status ${status}`,
  };
}

/**
 * Downloads a file from services at the same time, a connection each, for so long.
 * @returns bits a second, all together
 */
export async function downloadAtOnce(
  runtime: Runtime,
  client: string,
  services: PlannedService[],
  seconds: number,
  file: string,
): Promise<number> {
  const [first] = services;
  if (first === undefined) return 0;
  const curl = line(quietCurl(first, seconds, '%{size_download} %{time_total}\\n'));
  const script = `for url; do ${curl} "$url" & done; wait`;
  const urls = services.map((service) => `${urlOf(service)}/${file}`);
  const [result] = await runtime.exec([{ node: client, argv: ['sh', '-c', script, 'at-once', ...urls] }]);
  return (result?.stdout.toString() ?? '')
    .split('\n')
    .map((row) => row.split(' ').map(Number))
    .reduce((sum, [bytes = 0, time = 0]) => sum + (time > 0 ? (bytes * 8) / time : 0), 0);
}
