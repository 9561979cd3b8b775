import type { PlannedHealth } from '../plan/types.ts';

/** An address and port as a director's table writes them, and apart. */
export interface LogEnd {
  text: string;
  address: string;
  port: number;
}

/** What a daemon's log last says that it did with a real server. */
export interface Move {
  out: boolean;
  /** As the log has it: `07:07:41`. */
  time: string;
  line: string;
  /** The line without what stands before the daemon's words. */
  said: string;
}

/** What came of the last check of a real server, as far as the daemon writes that down. */
export interface CheckResult {
  well: boolean;
  /** In the daemon's words; empty where it has none. */
  said: string;
}

/**
 * The last time that a daemon put a real server into a service or took it out, by its log.
 * @param log of ldirectord, or of keepalived's process that checks; oldest first
 */
export function lastMove(
  by: PlannedHealth['by'],
  log: string,
  virtual: LogEnd,
  server: LogEnd,
): Move | undefined {
  return log
    .split('\n')
    .flatMap((line) => moveIn(by, line, virtual, server) ?? [])
    .at(-1);
}

function moveIn(by: PlannedHealth['by'], line: string, virtual: LogEnd, server: LogEnd): Move | undefined {
  const time = /\b\d\d:\d\d:\d\d\b/.exec(line)?.[0] ?? '';
  if (by === 'ldirectord') {
    const [, verb = '', real, service] =
      /\] (Deleted|Quiescent|Readd Quiescent|Added|Restored) real server: (\S+) .*?\((\S+)\)/.exec(line) ??
      [];
    if (real !== server.text || service !== virtual.text) return undefined;
    const said = line.slice(line.indexOf('] ') + 2).trim();
    return { out: /Deleted|Quiescent/.test(verb), time, line: line.trim(), said };
  }
  const [, verb = '', real, service] =
    /\b(Remov|Disabl|Add|Enabl)ing service (\S+) (?:from|of|to) VS (\S+)/.exec(line) ?? [];
  if (!isKeepalived(real, server) || !isKeepalived(service, virtual)) return undefined;
  return { out: /Remov|Disabl/.test(verb), time, line: line.trim(), said: keepalivedSaid(line) };
}

function keepalivedSaid(line: string): string {
  return line.replace(/^.*?\d{4}: /, '').trim();
}

/** keepalived writes `[192.0.2.11]:tcp:443`. */
function isKeepalived(text: string | undefined, { address, port }: LogEnd): boolean {
  return text !== undefined && text.startsWith(`[${address}]:`) && text.endsWith(`:${port}`);
}

/**
 * What came of the last check of a real server; undefined where nothing is written of any.
 * @param checks ldirectord's record of checks; of keepalived its log, which has the first check and each change
 */
export function lastCheck(health: PlannedHealth, checks: string, server: LogEnd): CheckResult | undefined {
  const line = checks.split('\n').findLast((text) => isCheck(health, text, server));
  if (line === undefined) return undefined;
  if (health.by === 'ldirectord') {
    const [, state, said = ''] = /\[(up|down)\] (.*)$/.exec(line) ?? [];
    return { well: state === 'up', said: said === '-' ? '' : decoded(said).trim() };
  }
  return { well: /succe/i.test(line), said: keepalivedSaid(line) };
}

function isCheck({ by, check, request }: PlannedHealth, line: string, server: LogEnd): boolean {
  if (by === 'ldirectord') {
    // It squeezes the colons of addresses and ports into blanks.
    const squeezed = (text: string) => ` ${text.replaceAll(/:+/g, ' ')} `;
    return (
      /\[(up|down)\] /.test(line) &&
      line.includes(`] ${check} `) &&
      line.includes(squeezed(server.text)) &&
      (request === undefined || line.includes(squeezed(request)))
    );
  }
  return (
    !/(ing service|Activating|IPVS cmd)/.test(line) &&
    new RegExp(`\\[${server.address.replaceAll('.', '\\.')}\\]:\\w+:${server.port}\\b`).test(line)
  );
}

/** ldirectord writes line breaks and bars as % and two hexadecimal digits. */
function decoded(text: string): string {
  return text.replaceAll(/%(0a|0d|7c|25)/gi, (_, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /\s/.test(character) ? ' ' : character;
  });
}
