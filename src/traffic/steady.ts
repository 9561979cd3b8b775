import type { Runtime } from '../runtime/runtime.ts';
import { urlOfName } from './by-name.ts';
import { followLines, type Following } from './lines.ts';
import { NUMBERED_REQUESTS } from './client-ports.ts';
import { trust, urlOf, type Asked } from './requests.ts';

/** One request of a client that asks steadily. */
export interface SteadyRequest {
  /** When it began; milliseconds since 1970. */
  began: number;
  /** When it was answered, or given up. */
  ended: number;
  /** Name of the real server that answered as it should; undefined: the request failed. */
  server: string | undefined;
  /** What was wrong with it; empty where it was answered. */
  error: string;
}

/** How a client asks. */
export interface Pace {
  /** Milliseconds from request to request. */
  interval: number;
  /** Milliseconds after which a request is given up. The next one waits for it, as with a person. */
  patience: number;
}

/**
 * Requests that come from a client port of their own: ten minutes of them at ten in a second. From a port that the
 * kernel gives out again too soon, a request would go to where the director remembers it, even to a real server that
 * has been taken out since, and nothing would answer.
 */
const NUMBERED = 6000;
/** More than a lab lives for. */
const MANY = 100_000_000;

// To stderr, because curl would collect what it writes to a pipe.
const WRITTEN = String.raw`%{stderr}%{http_code}\t%header{x-real-server}\t%{time_total}\t%{errormsg}\n`;

// No file, which could be left, and no pipe either, whose other end would outlive a curl that is ended.
const SCRIPT = `requests=$({ ${NUMBERED_REQUESTS}
printf '%s\\n' next "$3" "url = \\"$2/?[1-${MANY}]\\""; })
exec curl -K - <<END_OF_REQUESTS
$requests
END_OF_REQUESTS`;

/**
 * Lets a client ask a web service again and again, each time over a connection of its own, one after the other.
 */
export function askSteadily(
  runtime: Runtime,
  client: string,
  service: Asked,
  { interval, patience }: Pace,
  onRequest: (request: SteadyRequest) => void,
): Following {
  const options = [
    ...['silent', 'output = /dev/null', 'header = "Connection: close"', ...trust(service)],
    ...[`max-time = ${patience / 1000}`, `rate = ${Math.round(60_000 / interval)}/m`],
    `write-out = "${WRITTEN}"`,
  ];
  const argv = ['sh', '-c', SCRIPT, 'steady', String(NUMBERED), urlOf(service), options.join('\n')];
  return followLines(runtime, client, argv, (line) => {
    const request = readRequest(line, Date.now());
    if (request !== undefined) onRequest(request);
  });
}

/**
 * Lets a client ask a name again and again, each time with a program of its own that has the name resolved anew, and
 * that goes on to the next address where one does not answer.
 */
export function askNameSteadily(
  runtime: Runtime,
  client: string,
  name: string,
  service: Asked,
  { interval, patience }: Pace,
  onRequest: (request: SteadyRequest) => void,
): Following {
  const curl = ['curl', '--silent', '--output', '/dev/null', ...trust(service)];
  const options = [
    '--max-time',
    String(patience / 1000),
    '--write-out',
    WRITTEN,
    `${urlOfName(name, service)}/`,
  ];
  const script = 'pause=$1; shift; while :; do "$@"; sleep "$pause"; done';
  const argv = ['sh', '-c', script, 'steady', String(interval / 1000), ...curl, ...options];
  return followLines(runtime, client, argv, (line) => {
    const request = readRequest(line, Date.now());
    if (request !== undefined) onRequest(request);
  });
}

/** Reads a line of curl's; undefined for anything else that it says. */
export function readRequest(line: string, ended: number): SteadyRequest | undefined {
  const [status = '', server = '', seconds = '', error = ''] = line.split('\t');
  if (!/^\d{3}$/.test(status) || seconds === '') return undefined;
  const wrong = error !== '' ? error : faultOf(status, server);
  return {
    began: ended - Math.round(Number(seconds) * 1000),
    ended,
    server: wrong === '' ? server : undefined,
    error: wrong,
  };
}

/** What is wrong with an answer; empty where nothing is. */
function faultOf(status: string, server: string): string {
  if (status !== '200') return `HTTP status ${status}`;
  return server === '' ? 'no X-Real-Server' : '';
}
