import { endpoint } from '../topology/endpoint.ts';
import type { PlannedService } from '../plan/types.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** One HTTP request to a VIP over a connection of its own, and who answered it. */
export interface Reply {
  client: string;
  /** The client's TCP port, by which the director's table and captures know the connection. */
  clientPort: number;
  /** Real server that answered, by its own header; undefined where none did. */
  server: string | undefined;
  status: number;
  /** What went wrong, in curl's words; empty where nothing did. */
  error: string;
}

/** Seconds for one request: far more than a lab needs, little enough to wait for when nothing answers. */
const LIMIT = 3;

const FORMAT = '%{http_code}\\t%header{x-real-server}\\t%{local_port}\\t%{errormsg}\\n';

/** The curl command that sends `count` requests one after the other, each over its own connection. */
export function requestCommand(service: Pick<PlannedService, 'vip' | 'port'>, count: number): string[] {
  // One process for all: in the embedded kernel starting curl takes longer than its request.
  return [
    ...[
      'curl',
      '-s',
      '-o',
      '/dev/null',
      '--max-time',
      String(LIMIT),
      '-H',
      'Connection: close',
      '-w',
      FORMAT,
    ],
    `http://${endpoint(service.vip, service.port)}/?[1-${count}]`,
  ];
}

/** Sends requests to a service from one client, one after the other. */
export async function ask(
  runtime: Runtime,
  client: string,
  service: Pick<PlannedService, 'vip' | 'port'>,
  count: number,
): Promise<Reply[]> {
  const [result] = await runtime.exec([{ node: client, argv: requestCommand(service, count) }]);
  return parseReplies(client, result?.stdout.toString() ?? '', count, result?.stderr ?? '');
}

/** Reads curl's lines; requests that left no line count as not answered. */
export function parseReplies(client: string, output: string, count: number, stderr = ''): Reply[] {
  const replies = output
    .split('\n')
    .slice(0, -1)
    .map((row): Reply => {
      const [status = '0', server = '', port = '0', error = ''] = row.split('\t');
      const problem =
        error !== '' ? error : server === '' ? `HTTP status ${status} without X-Real-Server` : '';
      return {
        client,
        clientPort: Number(port),
        server: problem === '' ? server : undefined,
        status: Number(status),
        error: problem,
      };
    });
  while (replies.length < count)
    replies.push({
      client,
      clientPort: 0,
      server: undefined,
      status: 0,
      error: stderr.trim() || 'no answer from curl',
    });
  return replies;
}
