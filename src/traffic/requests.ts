import { endpoint } from '../topology/endpoint.ts';
import type { PlannedService } from '../plan/types.ts';
import { parseAnswers, questionCommand } from './dns.ts';
import type { Source } from './connections.ts';
import { NUMBERED_REQUESTS } from './client-ports.ts';
import { complete, type Reply } from './replies.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** What a client needs to know of a service in order to ask it. */
export type Asked = Pick<PlannedService, 'vip' | 'port' | 'protocol' | 'application'>;

/** Seconds for one request: far more than a lab needs, little enough to wait for when nothing answers. */
const LIMIT = 3;

/** Where it is likely that nothing answers. */
const SHORT_LIMIT = 1;

const FORMAT = '%{http_code}\\t%header{x-real-server}\\t%{local_ip}\\t%{local_port}\\t%{errormsg}\\n';

const SCRIPT = `{ ${NUMBERED_REQUESTS}
} | curl $4 -K -`;
/** Ends with the first that curl takes for a failure: not answered, refused. */
const UNTIL_FAILURE = '--fail-early';
/** All at once. Without the second they would wait for one another, to share a connection. */
const AT_ONCE = '--parallel --parallel-immediate';

/** The command that sends `count` requests one after the other, each over its own connection or from its own port. */
export function requestCommand(service: Asked, count: number, limit = LIMIT, how = UNTIL_FAILURE): string[] {
  if (service.application === 'dns') return questionCommand(service, count, 'many', limit);
  const options = [
    ...['silent', 'output = /dev/null', `max-time = ${limit}`, 'header = "Connection: close"'],
    ...trust(service),
    `write-out = "${FORMAT}"`,
  ];
  return ['sh', '-c', SCRIPT, 'requests', String(count), urlOf(service), options.join('\n'), how];
}

/** `https://192.0.2.100:443` */
export function urlOf({ application, vip, port }: Pick<Asked, 'application' | 'vip' | 'port'>): string {
  return `${application}://${endpoint(vip, port)}`;
}

/** curl's options for a service, in its configuration too: a client does not know the lab's authority. */
export function trust({ application }: Pick<Asked, 'application'>): string[] {
  return application === 'https' ? ['--insecure'] : [];
}

/** The curl that asks a service and prints of its answer what a format says (curl(1), -w), and nothing else. */
export function quietCurl(service: Pick<Asked, 'application'>, seconds: number, format: string): string[] {
  return ['curl', ...trust(service), '-s', '-o', '/dev/null', '--max-time', String(seconds), '-w', format];
}

/** How requests are sent. */
export interface Asking {
  /** Seconds for each. */
  limit?: number | undefined;
  /** Nothing more is sent once one was not answered: what is returned is then shorter. */
  untilFailure?: boolean;
}

/**
 * Sends requests to a service from one client, one after the other. Once one has failed the rest go all at once: they
 * still show what each real server does, and where nothing answers they wait but once.
 */
export async function ask(
  runtime: Runtime,
  client: string,
  service: Asked,
  count: number,
  { limit = LIMIT, untilFailure = false }: Asking = {},
): Promise<Reply[]> {
  const send = async (rest: number, how: string) => {
    const argv = requestCommand(service, rest, limit, how);
    const [result] = await runtime.exec([{ node: client, argv }]);
    return { output: result?.stdout.toString() ?? '', stderr: result?.stderr ?? '' };
  };
  const first = await send(count, UNTIL_FAILURE);
  if (service.application === 'dns') return parseAnswers(client, first.output, count, first.stderr);
  const replies = parseReplies(client, first.output, 0, first.stderr);
  const rest = count - replies.length;
  // Where curl itself ended, and no request, nothing is said of the service.
  if (rest <= 0 || replies.at(-1)?.server !== undefined || replies.length === 0)
    return parseReplies(client, first.output, count, first.stderr);
  if (untilFailure) return replies;
  const then = await send(rest, AT_ONCE);
  return [...replies, ...parseReplies(client, then.output, rest, then.stderr)];
}

/**
 * Sends datagrams to a service one after the other, all from one port of the client, until one is not answered.
 * @returns what came of each that was sent
 */
export async function askFromOnePort(
  runtime: Runtime,
  client: string,
  service: Asked,
  count: number,
): Promise<Reply[]> {
  const argv = questionCommand(service, count, 'one', LIMIT);
  const [result] = await runtime.exec([{ node: client, argv }]);
  return parseAnswers(client, result?.stdout.toString() ?? '', 1, result?.stderr ?? '');
}

/**
 * Sends a datagram to a service from each of these addresses and ports of a client, where no program has them.
 * @returns what came of each, in the same order
 */
export async function askFrom(
  runtime: Runtime,
  client: string,
  service: Asked,
  sources: Required<Source>[],
): Promise<Reply[]> {
  const argv = questionCommand(service, sources.length, sources, SHORT_LIMIT);
  const [result] = await runtime.exec([{ node: client, argv }]);
  return parseAnswers(client, result?.stdout.toString() ?? '', sources.length, result?.stderr ?? '');
}

/** Reads curl's lines; requests that left no line count as not answered. */
export function parseReplies(client: string, output: string, count: number, stderr = ''): Reply[] {
  const replies = output
    .split('\n')
    .slice(0, -1)
    .map((row): Reply => {
      const [status = '0', server = '', address = '', port = '0', error = ''] = row.split('\t');
      const problem =
        error !== '' ? error : server === '' ? `HTTP status ${status} without X-Real-Server` : '';
      return {
        client,
        clientAddress: address,
        clientPort: Number(port),
        server: problem === '' ? server : undefined,
        status: Number(status),
        error: problem,
      };
    });
  return complete(client, replies, count, stderr.trim() || 'no answer from curl');
}
