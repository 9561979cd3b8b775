import { parseRule, parseRules, type IpvsRule } from './rule.ts';

/** `ipvsadm -Sn` leaves the limits of real servers out: it saves what would come back without them. */
export const SAVE_WITH_LIMITS = 'ipvsadm -Sn && ipvsadm -Ln --thresholds';

interface Limits {
  upper: string;
  lower: string;
}

const SERVICE = /^(TCP|UDP|SCTP|FWM) +(\S+(?: IPv6)?) +/;
const SERVER = /^ +-> +(\S+) +(\d+) +(\d+) +\d+ +\d+/;

/** The limits in the output of `ipvsadm -Ln --thresholds`, by `tcp VIP:80 → ADDRESS:80`; servers without any left out. */
function parseLimits(output: string): Map<string, Limits> {
  const limits = new Map<string, Limits>();
  let service = '';
  for (const row of output.split('\n')) {
    const [, protocol, name = ''] = SERVICE.exec(row) ?? [];
    if (protocol !== undefined) service = `${protocol === 'FWM' ? 'fwmark' : protocol.toLowerCase()} ${name}`;
    const [, server, upper = '0', lower = '0'] = SERVER.exec(row) ?? [];
    if (server !== undefined && (upper !== '0' || lower !== '0'))
      limits.set(`${service} → ${server}`, { upper, lower });
  }
  return limits;
}

function limitsOf({ service, server }: IpvsRule, limits: Map<string, Limits>): Limits | undefined {
  return server === undefined ? undefined : limits.get(`${service} → ${server}`);
}

/** Every rule in the output of `SAVE_WITH_LIMITS`, real servers with their limits. */
export function parseRulesWithLimits(output: string): IpvsRule[] {
  const limits = parseLimits(output);
  return parseRules(output).map((rule) => {
    const { upper = '0', lower = '0' } = limitsOf(rule, limits) ?? {};
    const found = {
      ...(upper === '0' ? {} : { 'upper limit': upper }),
      ...(lower === '0' ? {} : { 'lower limit': lower }),
    };
    return { ...rule, options: { ...rule.options, ...found } };
  });
}

/** The lines of `ipvsadm -Sn` in the output of `SAVE_WITH_LIMITS`, each with the options that it lacks. */
export function savedLines(output: string): string {
  const limits = parseLimits(output);
  const lines = output.split('\n').flatMap((line) => {
    const rule = parseRule(line.trim().split(/\s+/));
    if (typeof rule === 'string') return [];
    const own = limitsOf(rule, limits);
    return [own === undefined ? line : `${line} -x ${own.upper} -y ${own.lower}`];
  });
  return lines.map((line) => `${line}\n`).join('');
}
