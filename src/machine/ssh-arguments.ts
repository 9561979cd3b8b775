import { EXIT, LabError } from '../errors.ts';

/** Where ssh(1) leads, each part in a form that ssh cannot take for anything else. */
export interface SshHost {
  /** Undefined: as the user's ssh configuration says. */
  user: string | undefined;
  /** Name, address, or alias of the user's ssh configuration. */
  host: string;
  /** Undefined: as the user's ssh configuration says. */
  port: number | undefined;
  /** What follows the host, decoded; empty where nothing does. */
  path: string;
}

/**
 * What a shell would act upon. A user's configuration may hand host and user to one (`ProxyCommand … %h`), and so ssh
 * itself has refused these since OpenSSH 9.6; older ones take them.
 */
const SHELL_CHARACTERS = /['"`$\\;&<>|(){}%]/;

/**
 * Reads an address of the form `ssh://user@host:port/path` (percent-encoded, as Docker's client has it).
 * @param from who named it, for the message: `--machine`, `DOCKER_HOST` …
 * @throws LabError badInput where it is none, or a part of it could be taken for an option or a command
 */
export function sshHost(text: string, from: string): SshHost {
  const refuse = (why: string): LabError =>
    new LabError(EXIT.badInput, `${JSON.stringify(text)} (${from}) is no address for ssh: ${why}`, {
      fix: 'write ssh://user@host or ssh://user@host:port, with the name or address of the host',
    });
  // URL would silently drop some of them.
  if (BLANK_OR_CONTROL.test(text)) throw refuse('it has a blank or a control character in it');
  if (!URL.canParse(text)) throw refuse('it is not written as one');
  const url = new URL(text);
  const decode = (part: string, what: string): string => {
    try {
      return decodeURIComponent(part);
    } catch {
      throw refuse(`the ${what} has a % that is not followed by two hexadecimal digits of UTF-8`);
    }
  };
  const host = decode(url.hostname, 'host').replace(/^\[(.*)\]$/, '$1');
  const user = decode(url.username, 'user');
  const path = decode(url.pathname, 'path');
  if (host === '') throw refuse('it names no host');
  for (const [what, part] of [
    ['host', host],
    ['user', user],
  ] as const) {
    if (part.startsWith('-')) throw refuse(`the ${what} begins with a dash, as an option does`);
    if (BLANK_OR_CONTROL.test(part)) throw refuse(`the ${what} has a blank or a control character in it`);
    const [bad] = SHELL_CHARACTERS.exec(part) ?? [];
    if (bad !== undefined) throw refuse(`the ${what} has a ${bad} in it`);
  }
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\x00-\x1f\x7f]|\$\{/.test(path)) throw refuse('the path has a control character or ${ in it');
  if (url.password !== '') throw refuse('it has a password in it; ssh asks keys and agents instead');
  if (url.search !== '' || url.hash !== '') throw refuse('something follows the path');
  if (url.port === '0') throw refuse('there is no port 0');
  return {
    user: user === '' ? undefined : user,
    host,
    port: url.port === '' ? undefined : Number(url.port),
    path,
  };
}

// eslint-disable-next-line no-control-regex -- these are what is looked for
const BLANK_OR_CONTROL = /[\s\x00-\x1f\x7f-\x9f]/;

/**
 * Arguments of ssh(1) that lead to a host, by the user's own configuration; `LVSLAB_SSH_CONFIG` names another file for
 * it. Never asks: who would answer in a CI job? Keys and agents do. Only the command, if any, may follow them.
 */
export function sshArguments(
  { user, host, port }: Pick<SshHost, 'user' | 'host' | 'port'>,
  env: NodeJS.ProcessEnv = process.env,
): string[] {
  const config = env['LVSLAB_SSH_CONFIG'] ?? '';
  return [
    ...(config === '' ? [] : ['-F', config]),
    ...['-o', 'BatchMode=yes'],
    // A host that is not there, or not any more, is known to be after this long, and not waited for.
    ...['-o', 'ConnectTimeout=30', '-o', 'ServerAliveInterval=15', '-o', 'ServerAliveCountMax=4'],
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    ...['--', host],
  ];
}

/**
 * The argument of ssh's `-L` or `-R` for a socket at each end: colons separate them, and both ends may have tokens in
 * them that begin with % (ssh_config(5), TOKENS).
 */
export function socketForward(near: string, far: string): string {
  return [near, far].map((path) => path.replaceAll(/[\\:]/g, '\\$&').replaceAll('%', '%%')).join(':');
}
