import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where a Docker engine listens, and who said so. */
export interface Endpoint {
  /** As Docker writes it: `unix:///var/run/docker.sock`, `tcp://host:2376`, `ssh://user@host`. */
  url: string;
  /** As the user reads why this one. */
  reason: string;
  /** Folder with ca.pem, cert.pem and key.pem; undefined: no TLS. */
  certificates: string | undefined;
}

export const DEFAULT_ENDPOINT = 'unix:///var/run/docker.sock';

/**
 * The engine that Docker's own client would talk to: DOCKER_HOST, else the context that DOCKER_CONTEXT or the client's
 * configuration names, else the local socket (docs.docker.com, "Docker contexts").
 */
export function findEndpoint(env: NodeJS.ProcessEnv = process.env): Endpoint {
  const tls = env['DOCKER_TLS_VERIFY'] ?? '';
  const folder = env['DOCKER_CONFIG'] ?? join(homedir(), '.docker');
  const host = env['DOCKER_HOST'] ?? '';
  if (host !== '')
    return {
      url: host,
      reason: 'DOCKER_HOST',
      certificates: tls === '' ? undefined : (env['DOCKER_CERT_PATH'] ?? folder),
    };
  const context = env['DOCKER_CONTEXT'] ?? currentContext(folder);
  if (context !== undefined && context !== '' && context !== 'default') {
    const id = createHash('sha256').update(context).digest('hex');
    const url = contextUrl(join(folder, 'contexts', 'meta', id, 'meta.json'));
    if (url !== undefined)
      return {
        url,
        reason: `Docker context ${context}`,
        certificates: url.startsWith('tcp:') ? join(folder, 'contexts', 'tls', id, 'docker') : undefined,
      };
  }
  return { url: DEFAULT_ENDPOINT, reason: 'the local socket', certificates: undefined };
}

function currentContext(folder: string): string | undefined {
  return (readJson(join(folder, 'config.json')) as { currentContext?: string } | undefined)?.currentContext;
}

function contextUrl(file: string): string | undefined {
  const meta = readJson(file) as { Endpoints?: { docker?: { Host?: string } } } | undefined;
  return meta?.Endpoints?.docker?.Host;
}

/** A file of Docker's own client; undefined where it is not there or not to be understood, as that client has it. */
function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Whether something may listen there, without a connection: false spares the wait on machines without Docker.
 * A socket that is not there is no engine; what is behind a name only a connection tells.
 */
export function mayListen(endpoint: Endpoint): boolean {
  return !endpoint.url.startsWith('unix://') || existsSync(endpoint.url.slice('unix://'.length));
}
