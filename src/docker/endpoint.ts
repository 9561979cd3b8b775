import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { EXIT, LabError } from '../errors.ts';
import { homeDirectory } from '../host/paths.ts';

export const endpointSchema = z.object({
  /** As Docker writes it: `unix:///var/run/docker.sock`, `tcp://host:2376`, `ssh://user@host`. */
  url: z.string(),
  /** As the user reads why this one. */
  reason: z.string(),
  /** Folder with ca.pem, cert.pem and key.pem; undefined: no TLS. */
  certificates: z.optional(z.string()),
});
/** Where a Docker engine listens, and who said so. */
export type Endpoint = z.infer<typeof endpointSchema>;

/** What is read of Docker's own files: config.json, and meta.json of a context. */
const configSchema = z.object({ currentContext: z.optional(z.string()) });
const contextSchema = z.object({
  Endpoints: z.object({ docker: z.object({ Host: z.optional(z.string()) }) }),
});

/** Where Docker's own client looks when nobody says otherwise. */
export const DEFAULT_ENDPOINT =
  process.platform === 'win32' ? 'npipe:////./pipe/docker_engine' : 'unix:///var/run/docker.sock';

/**
 * The engine that Docker's own client would talk to: DOCKER_HOST, else the context that DOCKER_CONTEXT or the client's
 * configuration names, else the local socket (docs.docker.com, "Docker contexts").
 * @throws LabError machineCannot where that context does not exist: no other engine was asked for
 */
export function findEndpoint(env: NodeJS.ProcessEnv = process.env): Endpoint {
  const tls = env['DOCKER_TLS_VERIFY'] ?? '';
  const stated = env['DOCKER_CONFIG'] ?? '';
  const home = homeDirectory();
  const folder = stated !== '' ? stated : home === undefined ? undefined : join(home, '.docker');
  const host = env['DOCKER_HOST'] ?? '';
  if (host !== '')
    return {
      url: host,
      reason: 'DOCKER_HOST',
      certificates: tls === '' ? undefined : (env['DOCKER_CERT_PATH'] ?? folder),
    };
  const asked = env['DOCKER_CONTEXT'] ?? '';
  const context = asked !== '' ? asked : folder && currentContext(folder);
  if (folder !== undefined && context !== undefined && context !== '' && context !== 'default')
    return contextIn(folder, context, asked !== '' ? 'DOCKER_CONTEXT' : configFile(folder));
  return { url: DEFAULT_ENDPOINT, reason: 'the local socket', certificates: undefined };
}

/** Whether the environment names the engine: whoever sets it for a command wants that one, not any that works. */
export function isEngineStated(env: NodeJS.ProcessEnv = process.env): boolean {
  return [env['DOCKER_HOST'], env['DOCKER_CONTEXT']].some((value) => (value ?? '') !== '');
}

/** @param from who names the context */
function contextIn(folder: string, context: string, from: string): Endpoint {
  const id = createHash('sha256').update(context).digest('hex');
  const url = contextUrl(join(folder, 'contexts', 'meta', id, 'meta.json'));
  if (url === undefined)
    throw new LabError(EXIT.machineCannot, `there is no Docker context ${context} (${from})`, {
      fix: 'docker context ls lists them; docker context use default, and no DOCKER_CONTEXT, take the local socket',
    });
  return {
    url,
    reason: `Docker context ${context}`,
    certificates: url.startsWith('tcp:') ? join(folder, 'contexts', 'tls', id, 'docker') : undefined,
  };
}

function configFile(folder: string): string {
  return join(folder, 'config.json');
}

function currentContext(folder: string): string | undefined {
  return read(configFile(folder), configSchema)?.currentContext;
}

function contextUrl(file: string): string | undefined {
  return read(file, contextSchema)?.Endpoints.docker.Host;
}

/** A file of Docker's own client; undefined where it is not there or not to be understood, as that client has it. */
function read<T>(file: string, schema: z.ZodMiniType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/**
 * The path of a socket or named pipe; undefined for an address of another kind. It is taken as it is written: Docker knows
 * no escapes in it, and a URL's rules would change what they take for some.
 */
export function socketPath({ url }: Pick<Endpoint, 'url'>): string | undefined {
  return /^(?:unix|npipe):\/\/(.+)$/.exec(url)?.[1];
}

/**
 * Whether something may listen there, without a connection: false spares the wait on machines without Docker.
 * A socket that is not there is no engine; what is behind a name only a connection tells.
 */
export function mayListen(endpoint: Endpoint): boolean {
  const path = endpoint.url.startsWith('unix:') ? socketPath(endpoint) : undefined;
  return path === undefined || existsSync(path);
}
