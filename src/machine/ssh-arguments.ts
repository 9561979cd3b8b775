/**
 * Arguments of ssh(1) that lead to a host, by the user's own configuration; `LVSLAB_SSH_CONFIG` names another file for
 * it. Never asks: who would answer in a CI job? Keys and agents do.
 * @param host ssh://user@host:port
 */
export function sshArguments(host: URL, env: NodeJS.ProcessEnv = process.env): string[] {
  const config = env['LVSLAB_SSH_CONFIG'] ?? '';
  return [
    ...(config === '' ? [] : ['-F', config]),
    ...['-o', 'BatchMode=yes'],
    ...(host.port === '' ? [] : ['-p', host.port]),
    ...(host.username === '' ? [] : ['-l', decodeURIComponent(host.username)]),
    host.hostname,
  ];
}
