/** What has passed since the service or server was added, as `ipvsadm --stats` has it. */
export interface Counters {
  connections: number;
  packetsIn: number;
  packetsOut: number;
  bytesIn: number;
  bytesOut: number;
}

export interface TableServer {
  /** Address and port. */
  server: string;
  method: string;
  weight: number;
  active: number;
  inactive: number;
  counters: Counters;
}

export interface TableService {
  /** `tcp 203.0.113.100:80`, `fwmark 3`, `fwmark 3 IPv6`. */
  service: string;
  scheduler: string;
  /** What follows the scheduler: flags, persistence, one-packet scheduling; empty where nothing does. */
  flags: string;
  counters: Counters;
  servers: TableServer[];
}

export const NOTHING_COUNTED: Counters = {
  connections: 0,
  packetsIn: 0,
  packetsOut: 0,
  bytesIn: 0,
  bytesOut: 0,
};

const METHODS: Record<string, string> = { Masq: 'nat', Tunnel: 'tun', Route: 'dr', Local: 'local' };
const SERVICE = /^(TCP|UDP|SCTP|FWM) +(\S+(?: IPv6)?) +/;
const SERVER = /^ +-> +(\S+) +/;

/** Reads a director's table: the output of `ipvsadm -Ln`, then that of `ipvsadm -Ln --stats --exact`. */
export function parseTable(output: string): TableService[] {
  const services = new Map<string, TableService>();
  let current: TableService | undefined;
  for (const row of output.split('\n')) {
    const [head = '', protocol, address] = SERVICE.exec(row) ?? [];
    const [start = '', server] = SERVER.exec(row) ?? [];
    if (protocol !== undefined && address !== undefined) {
      const service = `${protocol === 'FWM' ? 'fwmark' : protocol.toLowerCase()} ${address}`;
      const rest = row.slice(head.length).trim();
      const counters = readCounters(rest);
      current = services.get(service);
      if (counters !== undefined) {
        if (current !== undefined) current.counters = counters;
        continue;
      }
      const [scheduler = '', ...flags] = rest.split(/\s+/);
      current = { service, scheduler, flags: flags.join(' '), counters: NOTHING_COUNTED, servers: [] };
      services.set(service, current);
    } else if (server !== undefined) addServer(current, server, row.slice(start.length).trim());
  }
  return [...services.values()];
}

function addServer(service: TableService | undefined, server: string, rest: string): void {
  const counters = readCounters(rest);
  if (counters !== undefined) {
    const known = service?.servers.find((s) => s.server === server);
    if (known !== undefined) known.counters = counters;
    return;
  }
  const [method = '', weight = '', active = '', inactive = ''] = rest.split(/\s+/);
  if (service === undefined || METHODS[method] === undefined) return;
  service.servers.push({
    server,
    method: METHODS[method],
    weight: Number(weight),
    active: Number(active),
    inactive: Number(inactive),
    counters: NOTHING_COUNTED,
  });
}

function readCounters(rest: string): Counters | undefined {
  if (!/^\d+( +\d+){4}$/.test(rest)) return undefined;
  const [connections = 0, packetsIn = 0, packetsOut = 0, bytesIn = 0, bytesOut = 0] = rest
    .split(/ +/)
    .map(Number);
  return { connections, packetsIn, packetsOut, bytesIn, bytesOut };
}
