import { EXIT, LabError, complained } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { readWrkLine, wrkScript, type WrkOrder, type WrkReport } from './wrk.ts';

/** What one client saw. */
export interface ClientLoad {
  client: string;
  report: WrkReport;
  /** Connections that, shortly before the end, had waited for an answer for a second or longer. */
  waiting: number;
}

/** Milliseconds without an answer from which a connection counts as waiting. */
const PATIENCE = 1000;
/** Milliseconds that wrk may take longer than it was told to. */
const GRACE = 60_000;

/**
 * Drives a service with wrk from several clients at once.
 * @param order as each client gets it
 * @param events.second called with the answers so far, of all clients, about once a second for each client
 * @param events.signal ends it early, wrk on the nodes included
 * @throws LabError labFailed where wrk does not run, or the signal's reason
 */
export async function driveLoad(
  runtime: Runtime,
  clients: string[],
  order: WrkOrder,
  events: { second: (second: number, answers: number) => void; signal: AbortSignal },
): Promise<ClientLoad[]> {
  const answered = new Map<string, number>();
  return Promise.all(
    clients.map((client) =>
      driveFrom(runtime, client, order, events.signal, (second, answers) => {
        answered.set(client, answers);
        events.second(
          second,
          [...answered.values()].reduce((sum, n) => sum + n, 0),
        );
      }),
    ),
  );
}

async function driveFrom(
  runtime: Runtime,
  client: string,
  order: WrkOrder,
  signal: AbortSignal,
  onSecond: (second: number, answers: number) => void,
): Promise<ClientLoad> {
  const child = runtime.start(client, ['sh', '-c', wrkScript(order)], { stdio: ['pipe', 'pipe', 'pipe'] });
  // The script on the node ends wrk when its standard input ends: by this, and by the death of this process.
  const stop = () => child.stdin?.end();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  const overdue = setTimeout(stop, order.seconds * 1000 + GRACE);
  let report: WrkReport | undefined;
  let complaint = '';
  let sockets = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaint = complained(complaint, chunk)));
  child.stdin?.on('error', () => undefined);
  let line = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    const lines = `${line}${chunk.toString()}`.split('\n');
    line = lines.pop() ?? '';
    for (const said of lines.map(readWrkLine)) {
      if (said === undefined) continue;
      if ('report' in said) report = said.report;
      else if ('socket' in said) sockets += `${said.socket}\n`;
      else onSecond(said.second, said.answers);
    }
  });
  await new Promise<void>((resolve) => {
    child.once('error', (error) => {
      complaint += error.message;
      resolve();
    });
    child.once('close', () => {
      resolve();
    });
  });
  clearTimeout(overdue);
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (report === undefined)
    throw new LabError(EXIT.labFailed, `wrk on ${client} ended without a report: ${complaint.trim()}`);
  return { client, report, waiting: waitingIn(sockets) };
}

/**
 * Counts in what `ss -Htnio` prints. wrk itself says nothing of connections that are never answered: they are neither
 * errors nor late until an answer comes.
 */
export function waitingIn(sockets: string): number {
  return sockets
    .replaceAll(/\n\s+/g, ' ')
    .split('\n')
    .filter((row) => {
      // A second passes before the first SYN is sent again.
      if (row.startsWith('SYN-SENT')) return /timer:\(on,[^,]*,[1-9]/.test(row);
      return row.startsWith('ESTAB') && Number(/lastsnd:(\d+)/.exec(row)?.[1] ?? 0) >= PATIENCE;
    }).length;
}
