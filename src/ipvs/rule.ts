/** A line of ipvsadm's own format, `ipvsadm -Sn`: a virtual service, or a real server of one. */
export interface IpvsRule {
  kind: 'service' | 'server';
  /** `tcp 203.0.113.100:80`, `fwmark 3`, `fwmark 3 IPv6`. */
  service: string;
  /** A real server's address and port. */
  server?: string;
  /** What the line says beside that, in full words; what ipvsadm would assume anyway is left out. */
  options: Record<string, string>;
  /** Words for ipvsadm that name the service: `-t 203.0.113.100:80`. */
  target: string[];
}

/** A word of ipvsadm's, short and long: its meaning here, and whether a value follows. */
interface Word {
  name: string;
  value: 'none' | 'one' | 'perhaps';
  /** For one of several words that say the same kind of thing: what this one says. */
  says?: string;
}

const WORDS: Record<string, Word> = {};
function define(spellings: string, word: Word): void {
  for (const spelling of spellings.split(' ')) WORDS[spelling] = word;
}
define('-A --add-service -E --edit-service', { name: 'command', value: 'none', says: 'service' });
define('-a --add-server -e --edit-server', { name: 'command', value: 'none', says: 'server' });
define('-t --tcp-service', { name: 'tcp', value: 'one' });
define('-u --udp-service', { name: 'udp', value: 'one' });
define('--sctp-service', { name: 'sctp', value: 'one' });
define('-f --fwmark-service', { name: 'fwmark', value: 'one' });
define('-6 --ipv6', { name: 'IPv6', value: 'none', says: 'yes' });
define('-r --real-server', { name: 'server', value: 'one' });
define('-s --scheduler', { name: 'scheduler', value: 'one' });
define('-b --sched-flags', { name: 'flags', value: 'one' });
define('-p --persistent', { name: 'persistence', value: 'perhaps' });
define('-M --netmask', { name: 'netmask', value: 'one' });
define('--pe', { name: 'persistence engine', value: 'one' });
define('-o --ops', { name: 'one-packet', value: 'none', says: 'yes' });
define('-g --gatewaying', { name: 'method', value: 'none', says: 'dr' });
define('-i --ipip', { name: 'method', value: 'none', says: 'tun' });
define('-m --masquerading', { name: 'method', value: 'none', says: 'nat' });
define('-w --weight', { name: 'weight', value: 'one' });
define('-x --u-threshold', { name: 'upper limit', value: 'one' });
define('-y --l-threshold', { name: 'lower limit', value: 'one' });
define('--tun-type', { name: 'tunnel', value: 'one' });
define('--tun-port', { name: 'tunnel port', value: 'one' });
define('--tun-nocsum', { name: 'tunnel checksum', value: 'none', says: 'none' });
define('--tun-csum', { name: 'tunnel checksum', value: 'none', says: 'local' });
define('--tun-remcsum', { name: 'tunnel checksum', value: 'none', says: 'remote' });

const SERVICE_OPTIONS = ['scheduler', 'flags', 'persistence', 'netmask', 'persistence engine', 'one-packet'];
const SERVER_OPTIONS = [
  'method',
  'weight',
  'upper limit',
  'lower limit',
  'tunnel',
  'tunnel port',
  'tunnel checksum',
];

/** What ipvsadm assumes where a line does not say: so a line with and one without it are the same. */
const ASSUMED: Record<string, string[]> = {
  netmask: ['255.255.255.255', '128'],
  'upper limit': ['0'],
  'lower limit': ['0'],
  tunnel: ['ipip'],
  'tunnel checksum': ['none'],
};
const DEFAULTS: Record<IpvsRule['kind'], Record<string, string>> = {
  service: { scheduler: 'wlc' },
  server: { method: 'dr', weight: '1' },
};
/** Seconds of persistence where `-p` gives none (IP_VS_PERSISTENT_TIMEOUT in ipvsadm). */
const DEFAULT_PERSISTENCE = '360';

/**
 * Reads one line's words, with or without `ipvsadm` before them.
 * @returns the rule, or what is wrong with it in words
 */
export function parseRule(argv: readonly string[]): IpvsRule | string {
  const said: Record<string, string> = {};
  const words = argv[0] === 'ipvsadm' ? argv.slice(1) : [...argv];
  for (let i = 0; i < words.length; i += 1) {
    const spelling = words[i] ?? '';
    const word = Object.hasOwn(WORDS, spelling) ? WORDS[spelling] : undefined;
    if (word === undefined) return `ipvsadm has no ${spelling} here`;
    if (said[word.name] !== undefined) return `${spelling}: there is a ${word.name} already`;
    const next = words[i + 1];
    const follows = next !== undefined && !next.startsWith('-');
    if (word.value === 'one' && !follows) return `${spelling} needs a value`;
    if (word.value === 'none') said[word.name] = word.says ?? '';
    else if (follows) said[word.name] = words[(i += 1)] ?? '';
    else said[word.name] = DEFAULT_PERSISTENCE;
  }
  return meaning(said);
}

function meaning(said: Record<string, string>): IpvsRule | string {
  const kind = said['command'];
  if (kind !== 'service' && kind !== 'server')
    return 'it must begin with -A (a service) or -a (a real server)';
  const protocols = ['tcp', 'udp', 'sctp', 'fwmark'].filter((name) => said[name] !== undefined);
  const [protocol] = protocols;
  if (protocol === undefined || protocols.length > 1) return 'it must name one service: -t, -u or -f';
  if (kind === 'server' && said['server'] === undefined) return 'a real server needs -r ADDRESS:PORT';
  if (kind === 'service' && said['server'] !== undefined) return '-r is for a real server: -a';
  const own = kind === 'service' ? SERVICE_OPTIONS : SERVER_OPTIONS;
  const stray = [...SERVICE_OPTIONS, ...SERVER_OPTIONS].find(
    (o) => said[o] !== undefined && !own.includes(o),
  );
  if (stray !== undefined)
    return kind === 'service' ? `${stray} is for a real server: -a` : `${stray} is for a service: -A`;
  const mark = protocol === 'fwmark' && said['IPv6'] !== undefined;
  const address = said[protocol] ?? '';
  return {
    kind,
    service: `${protocol} ${address}${mark ? ' IPv6' : ''}`,
    ...(said['server'] === undefined ? {} : { server: withPort(said['server'], protocol, address) }),
    options: options(kind, said, own),
    target: [
      protocol === 'sctp' ? '--sctp-service' : ({ tcp: '-t', udp: '-u', fwmark: '-f' }[protocol] ?? ''),
      address,
      ...(mark ? ['-6'] : []),
    ],
  };
}

/** A real server that is named without a port has the service's; behind a mark, whatever port a packet came to: 0. */
function withPort(server: string, protocol: string, service: string): string {
  // A port of IPv6 follows brackets, and ipvsadm takes no such address without one.
  if (server.includes(':')) return server;
  return `${server}:${protocol === 'fwmark' ? '0' : (/:(\d+)$/.exec(service)?.[1] ?? '0')}`;
}

function options(
  kind: IpvsRule['kind'],
  said: Record<string, string>,
  own: string[],
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of own) {
    const value = said[name] ?? DEFAULTS[kind][name];
    if (value === undefined || ASSUMED[name]?.includes(value)) continue;
    found[name] = name === 'flags' ? value.split(',').sort().join(',') : value;
  }
  return found;
}

/** Every line of `ipvsadm -Sn` that can be read. */
export function parseRules(output: string): IpvsRule[] {
  return output.split('\n').flatMap((text) => {
    const rule = parseRule(text.trim().split(/\s+/));
    return typeof rule === 'string' ? [] : [rule];
  });
}
