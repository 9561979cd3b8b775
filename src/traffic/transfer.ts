import { answering } from '../plan/health.ts';
import type { PlannedService } from '../plan/types.ts';
import { WEB_ROOT } from '../plan/web.ts';
import { NEW_PORT, curlFromNewPorts } from './client-ports.ts';
import { quietCurl, trust, urlOf } from './requests.ts';
import type { Lease, OwnWork, Runtime } from '../runtime/runtime.ts';

/** One large transfer through a VIP. */
export interface Transfer {
  direction: 'download' | 'upload';
  server: string | undefined;
  /** Bytes that arrived at the far end: at the client, or in the real server's file. */
  bytes: number;
  seconds: number;
  error: string;
}

/** Bytes of each transfer: some 3500 full packets, so that no path MTU escapes notice. */
export const TRANSFER_SIZE = 5 * 1024 * 1024;
const LIMIT = 20;
/** Seconds without a byte after which it is given up: a sender that looks for a smaller size by itself needs seven. */
const STALLED = 8;
const FORMAT = '%{http_code}\\t%header{x-real-server}\\t%{size_download}\\t%{time_total}\\t%{errormsg}\\n';

/** Every node that may be asked for a file, the fallback too. */
function webServers(service: PlannedService): string[] {
  return [...new Set(answering(service).map((server) => server.node))];
}

/** Downloads and uploads a large file through a service, over one connection each. */
export async function transfer(
  runtime: Runtime,
  client: string,
  service: PlannedService,
  bytes = TRANSFER_SIZE,
  limit = LIMIT,
): Promise<Transfer[]> {
  const servers = webServers(service);
  const name = ownName();
  const files = await sparseFiles(
    runtime,
    [
      ...servers.map((node) => ({ node, path: `${WEB_ROOT}/${name}` })),
      { node: client, path: `/tmp/${name}` },
    ],
    bytes,
    servers.map((node) => ({ node, path: `${WEB_ROOT}/upload/${name}` })),
  );
  try {
    const url = urlOf(service);
    const options = [
      ...['silent', 'output = /dev/null', `max-time = ${limit}`, 'header = "Connection: close"'],
      ...['speed-limit = 1', `speed-time = ${Math.min(STALLED, limit)}`],
      ...trust(service),
      `write-out = "${FORMAT}"`,
      NEW_PORT,
    ];
    // One program for both: it takes longer to start than either.
    const config = [
      [...options, `url = "${url}/${name}"`],
      [...options, `url = "${url}/upload/${name}"`, `upload-file = "/tmp/${name}"`],
    ];
    const input = `${config.map((lines) => lines.join('\n')).join('\nnext\n')}\n`;
    const [result] = await runtime.exec([{ node: client, argv: curlFromNewPorts(2, []), input }]);
    const [down = '', up = ''] = (result?.stdout.toString() ?? '').split('\n');
    const uploaded = read(up);
    const [kept] =
      uploaded.server === undefined || !servers.includes(uploaded.server)
        ? []
        : await runtime.exec([
            { node: uploaded.server, argv: ['stat', '-c', '%s', `${WEB_ROOT}/upload/${name}`] },
          ]);
    return [
      { direction: 'download', ...read(down) },
      { direction: 'upload', ...uploaded, bytes: Number(kept?.stdout.toString() ?? '0') || 0 },
    ];
  } finally {
    await files.end();
  }
}

/** Bytes of a small transfer: some 45 full packets, enough to hang where full packets do not come through. */
export const SMALL_SIZE = 64 * 1024;
const SMALL_LIMIT = 8;
const SMALL_FORMAT =
  '%{method}\\t%{http_code}\\t%header{x-real-server}\\t%{size_download}\\t%{size_upload}\\t%{time_total}\\t%{errormsg}\\n';

/**
 * Uploads and downloads of `SMALL_SIZE`, all at once and each over a connection of its own, so that real servers are
 * reached that one transfer in each direction leaves out.
 * @param count of each direction
 * @param limit seconds
 */
export async function smallTransfers(
  runtime: Runtime,
  client: string,
  service: PlannedService,
  count: number,
  limit = SMALL_LIMIT,
): Promise<Transfer[]> {
  const name = ownName();
  const servers = webServers(service);
  const files = await sparseFiles(
    runtime,
    [
      ...servers.map((node) => ({ node, path: `${WEB_ROOT}/${name}` })),
      { node: client, path: `/tmp/${name}` },
    ],
    SMALL_SIZE,
    servers.flatMap((node) =>
      Array.from({ length: count }, (_, i) => ({ node, path: `${WEB_ROOT}/upload/${name}-${i}` })),
    ),
  );
  const options = [
    ...['silent', 'output = /dev/null', `max-time = ${limit}`, 'header = "Connection: close"'],
    ...trust(service),
    `write-out = "${SMALL_FORMAT}"`,
    NEW_PORT,
  ];
  const url = urlOf(service);
  const each = Array.from({ length: count }, (_, i) => i);
  const transfers = [
    ...each.map((i) => [`url = "${url}/upload/${name}-${i}"`, `upload-file = "/tmp/${name}"`]),
    ...each.map(() => [`url = "${url}/${name}"`]),
  ];
  const config = transfers.map((lines) => [...options, ...lines].join('\n')).join('\nnext\n');
  try {
    const [all] = await runtime.exec([
      {
        node: client,
        argv: curlFromNewPorts(transfers.length, ['--parallel', '--parallel-immediate']),
        input: `${config}\n`,
      },
    ]);
    return (all?.stdout.toString() ?? '').split('\n').slice(0, -1).map(readSmall);
  } finally {
    await files.end();
  }
}

function readSmall(row: string): Transfer {
  const [method, status, server, down = '', up = '', ...rest] = row.split('\t');
  const direction = method === 'PUT' ? 'upload' : 'download';
  const [time, error] = rest;
  const fields = read([status, server, direction === 'upload' ? up : down, time, error].join('\t'));
  // curl counts what it has handed to the kernel.
  return { direction, ...fields, ...(fields.error === '' ? {} : { bytes: 0 }) };
}

/** A name for files that nobody else gives. */
function ownName(): string {
  return `lvslab-${crypto.randomUUID().slice(-12)}`;
}

interface Path {
  node: string;
  path: string;
}

/**
 * Makes files that go when they are let go of, and with this process.
 * @param more files that will come about, and go as well
 */
async function sparseFiles(
  runtime: Runtime,
  files: Path[],
  bytes: number,
  more: Path[] = [],
): Promise<Lease<unknown>> {
  // Sparse: what matters is the packets, not what is in them, and so they cost no memory.
  return runtime.hold(
    files.map(({ node, path }) => ({
      node,
      argv: [':sparse' satisfies OwnWork, String(bytes), path],
      files: [path, ...more.filter((other) => other.node === node).map((other) => other.path)],
    })),
  );
}

function read(row: string): Omit<Transfer, 'direction'> {
  const [status = '0', server = '', size = '0', time = '0', error = ''] = row.trim().split('\t');
  return {
    server: server === '' ? undefined : server,
    bytes: Number(size),
    seconds: Number(time),
    error: error !== '' ? error : /^2/.test(status) ? '' : `HTTP status ${status}`,
  };
}

/**
 * Downloads a file of a size several times, each over its own connection, one after the other.
 * @returns bytes that arrived
 */
export async function download(
  runtime: Runtime,
  client: string,
  service: PlannedService,
  times: number,
  bytes: number,
): Promise<number> {
  const large = await largeFile(runtime, [service], bytes);
  try {
    const url = `${urlOf(service)}/${large.name}?[1-${times}]`;
    const curl = quietCurl(service, LIMIT, '%{size_download}\\n');
    const [result] = await runtime.exec([{ node: client, argv: [...curl, '-H', 'Connection: close', url] }]);
    return (result?.stdout.toString() ?? '').split('\n').reduce((sum, row) => sum + Number(row), 0);
  } finally {
    await large.end();
  }
}

/** Gives real servers a sparse file of so many bytes to download, until it is let go of. */
export async function largeFile(
  runtime: Runtime,
  services: PlannedService[],
  bytes: number,
): Promise<Lease<unknown> & { name: string }> {
  const servers = [...new Set(services.flatMap((service) => service.servers.map(({ node }) => node)))];
  const name = ownName();
  const path = `${WEB_ROOT}/${name}`;
  const lease = await sparseFiles(
    runtime,
    servers.map((node) => ({ node, path })),
    bytes,
  );
  return { name, end: lease.end };
}
