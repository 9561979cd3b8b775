import { lstatSync, statSync, type Stats } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { homeDirectory } from '../host/paths.ts';
import { DEFAULT_ENDPOINT, socketPath, type Endpoint } from './endpoint.ts';

/** A socket at a place where a product puts its engine's, which nobody has named. */
export interface KnownSocket {
  product: string;
  /** As DOCKER_HOST takes it. */
  url: string;
}

/** Where products put the sockets of their engines, as their own documentation has it. */
export function places(env: NodeJS.ProcessEnv, home: string | undefined): [product: string, path: string][] {
  const inHome: [string, string][] =
    home === undefined
      ? []
      : [
          ['Docker Desktop', join(home, '.docker/run/docker.sock')],
          ['Docker Desktop', join(home, '.docker/desktop/docker.sock')],
          ['colima', join(home, '.colima/default/docker.sock')],
          ['colima', join(home, '.config/colima/default/docker.sock')],
          ['OrbStack', join(home, '.orbstack/run/docker.sock')],
          ['Rancher Desktop', join(home, '.rd/docker.sock')],
          ['Podman', join(home, '.local/share/containers/podman/machine/podman.sock')],
        ];
  const runtime = env['XDG_RUNTIME_DIR'] ?? '';
  const inRuntime: [string, string][] = isAbsolute(runtime)
    ? [
        ['rootless Docker', join(runtime, 'docker.sock')],
        ['rootless Podman', join(runtime, 'podman/podman.sock')],
      ]
    : [];
  return [
    ['Docker', socketPath({ url: DEFAULT_ENDPOINT }) ?? ''],
    ...inHome,
    ...inRuntime,
    ['Podman', '/run/podman/podman.sock'],
    ['Podman', join(tmpdir(), 'podman/podman-machine-default-api.sock')],
  ];
}

/**
 * Sockets of engines that are there and were not named: for the user to choose from, since none of them is used unasked.
 * What somebody else than this user or root has put there is left out: who listens there would get all that is sent.
 * @param named the engine that is used without a word of the user's; undefined where there is none
 */
export function knownSockets(
  named: Pick<Endpoint, 'url'> | undefined,
  env: NodeJS.ProcessEnv = process.env,
  home = homeDirectory(),
): KnownSocket[] {
  const seen = new Set([whichSocket((named && socketPath(named)) ?? '')]);
  return places(env, home).flatMap(([product, path]) => {
    const socket = whichSocket(path);
    if (socket === undefined || seen.has(socket)) return [];
    seen.add(socket);
    return [{ product, url: `unix://${path}` }];
  });
}

/**
 * Device and inode of a socket, by whatever links it has this name; undefined where there is none of this user's or root's,
 * or somebody else could put another in its place.
 */
function whichSocket(path: string): string | undefined {
  const trusted = ({ uid }: Stats) => uid === 0 || uid === process.geteuid?.();
  try {
    const found = statSync(path);
    const ours = trusted(found) && trusted(lstatSync(path)) && trusted(lstatSync(dirname(path)));
    return found.isSocket() && ours ? `${found.dev}-${found.ino}` : undefined;
  } catch {
    // Not there, or not to be reached by this user.
    return undefined;
  }
}

/**
 * What to do where no engine is: start one, or name another.
 * @param sockets those that were found and are to be offered with it
 */
export function startOrName(sockets: KnownSocket[] = []): string {
  const offer = offerOf(sockets);
  return `start one, or name another with DOCKER_HOST${offer === undefined ? '' : ` (found: ${offer})`}`;
}

/** The sentence that offers them; undefined where there is none. */
export function offerOf(sockets: KnownSocket[]): string | undefined {
  if (sockets.length === 0) return undefined;
  return sockets.map(({ product, url }) => `${product}: DOCKER_HOST=${url}`).join(', ');
}
