import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { EXIT, LabError } from '../errors.ts';
import { socketPath, type Endpoint } from './endpoint.ts';
import { engineError } from './engine-errors.ts';
import { orEmbedded } from '../host/embedded-here.ts';
import { expectProcessor } from '../machine/expect-processor.ts';
import { processorNamed, type Processor } from '../host/processor.ts';
import { sshHost } from '../machine/ssh-arguments.ts';
import { inTime, ping, watchRequests, type EngineAsked, type Patience } from './presence.ts';
import { repeatCut } from './repeat.ts';
import { forwardSocket } from './ssh-socket.ts';

/** A Docker engine that has answered. */
export interface Engine {
  docker: Docker;
  /** As Docker writes it, for messages and records. */
  url: string;
  /** Podman speaks Docker's language over its own socket. */
  product: 'Docker' | 'Podman';
  /** Release of the engine: `28.5.2`. */
  version: string;
  /** Major number of the release. */
  major: number;
  /** Its kernel's release. */
  kernel: string;
  /** What its containers run on; undefined where that is nothing that labs run on. */
  processor: Processor | undefined;
  /** The same as it says it itself, with its system where that is not Linux: `riscv64`, `windows/amd64`. */
  arch: string;
}

/** The API that this code is written against (Docker 20.10), and the oldest that has all of it (19.03). */
const API = { wanted: [1, 41], oldest: [1, 40] } as const;

/**
 * Seconds within which an engine says what it is, or is taken for absent. One on an emulated or busy host takes more than
 * ten, and so does one that the first request starts.
 */
const PATIENCE = 30;

/** Milliseconds after which a connection without a request is closed: what is between may forget it without a word. */
const IDLE = 20_000;

/**
 * Connects to an engine and finds out what it is.
 * @param patience seconds that it may take to answer
 * @param presence how long what it is asked for then may go on without a word from it; by default, as any request
 * @throws LabError machineCannot where nothing answers, access is denied, or its API is too old
 */
export async function connectEngine(
  endpoint: Endpoint,
  patience = PATIENCE,
  presence?: Patience,
): Promise<Engine> {
  const options = await connection(endpoint);
  // Docker's client library is large: only who needs it waits for it.
  const { default: Client } = await import('dockerode');
  // Asked without a version, which every engine answers with the versions that it knows.
  const client = (more: Docker.DockerOptions) =>
    repeatCut(
      withoutHost(() => new Client({ ...options, ...more })),
      options.agent,
    );
  const first = client({});
  let about;
  try {
    about = (await inTime(first.version.bind(first) as EngineAsked, patience * 1000)) as Omit<
      Docker.DockerVersion,
      'MinAPIVersion' | 'Components'
    > & {
      MinAPIVersion?: string;
      Components?: { Name: string }[];
    };
  } catch (error) {
    throw unreachable(endpoint, error as NodeJS.ErrnoException);
  }
  const highest = numbers(about.ApiVersion);
  if (before(highest, API.oldest))
    throw new LabError(
      EXIT.machineCannot,
      `the Docker engine at ${endpoint.url} is too old: it is ${about.Version} with API ${about.ApiVersion}`,
      {
        fix: orEmbedded(`it takes API ${API.oldest.join('.')} (Docker 19.03) or newer`),
      },
    );
  const lowest = numbers(about.MinAPIVersion ?? about.ApiVersion);
  const wanted = before(highest, API.wanted) ? highest : before(API.wanted, lowest) ? lowest : API.wanted;
  const product = (about.Components ?? []).some(({ Name }) => Name === 'Podman Engine') ? 'Podman' : 'Docker';
  if (product === 'Podman') keepNoConnection(options.agent);
  return {
    docker: watchRequests(client({ version: `v${wanted.join('.')}` }), presence),
    url: endpoint.url,
    product,
    version: about.Version,
    major: Number.parseInt(about.Version, 10),
    kernel: about.KernelVersion,
    ...(about.Os === 'linux'
      ? { processor: processorNamed(about.Arch), arch: about.Arch }
      : { processor: undefined, arch: `${about.Os}/${about.Arch}` }),
  };
}

/**
 * Has each request made on a connection of its own. Podman, started by its socket, ends after five seconds without a
 * request, and what is then asked on a connection from before goes nowhere; on a new one it starts again.
 */
function keepNoConnection(agent: Agent): void {
  agent.maxFreeSockets = 0;
  agent.destroy();
}

/** An engine as messages name it: `Docker 28.5.2 at unix:///var/run/docker.sock`. */
export function engineName({ product, version, url }: Pick<Engine, 'product' | 'version' | 'url'>): string {
  return `${product} ${version} at ${url}`;
}

/**
 * The processor of an engine that is to run a lab.
 * @throws LabError machineCannot where labs do not run on it
 */
export function labProcessor({
  url,
  processor,
  arch,
}: Pick<Engine, 'url' | 'processor' | 'arch'>): Processor {
  const where = `the Docker engine at ${url} runs on ${arch}`;
  return expectProcessor(processor, where, 'name another engine with DOCKER_HOST');
}

/**
 * Its types lack the agent, which it passes on to node:http. The protocol is always said: the library would otherwise
 * take it from DOCKER_HOST.
 */
type Connection = Docker.DockerOptions & { agent: Agent };

async function connection(endpoint: Endpoint): Promise<Connection> {
  // One connection for many requests: through an ssh tunnel a new one costs more than most requests.
  const pool = { keepAlive: true, maxSockets: 16, timeout: IDLE };
  const agent = new Agent(pool);
  const path = socketPath(endpoint);
  if (path !== undefined) return { socketPath: path, protocol: 'http', agent };
  const url = parse(endpoint);
  switch (url.protocol) {
    case 'ssh:':
      return {
        socketPath: await forwardSocket(sshHost(endpoint.url, endpoint.reason)),
        protocol: 'http',
        agent,
      };
    case 'tcp:':
    case 'http:':
    case 'https:': {
      const folder = endpoint.certificates;
      const address = { host: url.hostname, port: Number(url.port) || (folder === undefined ? 2375 : 2376) };
      if (folder === undefined) return { ...address, protocol: 'http', agent };
      const pem = (name: string) => certificate(join(folder, name));
      const identity = { ca: pem('ca.pem'), cert: pem('cert.pem'), key: pem('key.pem') };
      return { ...address, protocol: 'https', ...identity, agent: new TlsAgent({ ...pool, ...identity }) };
    }
    default:
      throw noAddress(endpoint);
  }
}

function parse(endpoint: Endpoint): URL {
  try {
    return new URL(endpoint.url);
  } catch (error) {
    throw noAddress(endpoint, error);
  }
}

function noAddress({ url, reason }: Endpoint, cause?: unknown): LabError {
  return new LabError(EXIT.badInput, `${url} (${reason}) is no address of a Docker engine`, {
    fix: 'unix:///path, npipe:////./pipe/name, tcp://host:port or ssh://user@host',
    cause,
  });
}

function certificate(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new LabError(EXIT.machineCannot, `cannot read ${file}, which TLS to the Docker engine needs`, {
      fix: 'DOCKER_CERT_PATH names the folder of ca.pem, cert.pem and key.pem',
      cause: error,
    });
  }
}

function unreachable(endpoint: Endpoint, error: NodeJS.ErrnoException): LabError {
  const where = `the Docker engine at ${endpoint.url} (${endpoint.reason})`;
  if (error.code === 'EACCES' || error.code === 'EPERM')
    return new LabError(EXIT.machineCannot, `no permission to talk to ${where}`, {
      fix: orEmbedded('let your user in (sudo usermod -aG docker USER, then log in anew)'),
      cause: error,
    });
  return new LabError(EXIT.machineCannot, `${where} does not answer: ${error.message}`, {
    fix: orEmbedded('start it, or name another with DOCKER_HOST'),
    cause: error,
  });
}

function numbers(version: string): [number, number] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return [major, minor];
}

function before(one: readonly [number, number], other: readonly [number, number]): boolean {
  return one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);
}

/**
 * Finds out whether an engine is still there, after something that ran on it ended.
 * @param what it was, for the message
 * @param patience seconds that it may take to answer
 * @throws LabError labFailed where it is not
 */
export async function assertAnswers(docker: Docker, what: string, patience = PATIENCE): Promise<void> {
  try {
    await ping(docker, patience * 1000);
  } catch (error) {
    throw engineError(what, error);
  }
}

/** The library takes an address from DOCKER_HOST whatever it is told, and would not use the socket then. */
function withoutHost<T>(make: () => T): T {
  const host = process.env['DOCKER_HOST'];
  delete process.env['DOCKER_HOST'];
  try {
    return make();
  } finally {
    if (host !== undefined) process.env['DOCKER_HOST'] = host;
  }
}
