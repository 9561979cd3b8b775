import type { PlannedService } from '../../plan/types.ts';
import { destinationOf, isHeadOf } from '../director-table.ts';

/** What a scheduler knows of a real server. */
export interface ServerLoad {
  node: string;
  weight: number;
  /** Connections that are open. */
  active: number;
  /** Connections that ended and are still remembered: at least and at most, as they are forgotten at times of their own. */
  inactive: LoadSpan;
  upper?: number;
  lower?: number;
  /** Whether the director sends it no more connections because of its limits. */
  full: 'yes' | 'no' | 'maybe';
}

export interface LoadSpan {
  least: number;
  most: number;
}

/** A real server's row in `ipvsadm -Ln`. */
export interface LoadRow {
  destination: string;
  weight: number;
  active: number;
  inactive: number;
}

/** Reads a service's real servers from the output of `ipvsadm -Ln`, whichever other services it lists. */
export function parseLoads(output: string, service: PlannedService): LoadRow[] {
  const rows: LoadRow[] = [];
  let inside = false;
  for (const row of output.split('\n')) {
    const words = row.trim().split(/\s+/);
    if (/^(TCP|UDP|SCTP|FWM)$/.test(words[0] ?? '')) inside = isHeadOf(service, row);
    else if (inside && words[0] === '->' && /^\d+$/.test(words[3] ?? ''))
      rows.push({
        destination: words[1] ?? '',
        weight: Number(words[3]),
        active: Number(words[4]),
        inactive: Number(words[5]),
      });
  }
  return rows;
}

/** A service's real servers as the directors' tables count them; undefined where one of them is not there. */
export function loadsOf(service: PlannedService, tables: string[]): ServerLoad[] | undefined {
  const rows = tables.flatMap((table) => parseLoads(table, service));
  const loads = service.servers.map((server): ServerLoad | undefined => {
    const own = rows.filter((row) => row.destination === destinationOf(service, server));
    if (own.length === 0) return undefined;
    const inactive = own.reduce((sum, row) => sum + row.inactive, 0);
    const load: ServerLoad = {
      node: server.node,
      weight: server.weight,
      active: own.reduce((sum, row) => sum + row.active, 0),
      inactive: { least: inactive, most: inactive },
      ...(server.upper === undefined ? {} : { upper: server.upper }),
      ...(server.lower === undefined ? {} : { lower: server.lower }),
      full: 'maybe',
    };
    return { ...load, full: fullness(load) };
  });
  return loads.every((load) => load !== undefined) ? loads : undefined;
}

/**
 * Whether a server is full after its numbers have changed. Source: kernel net/netfilter/ipvs/ip_vs_conn.c: full at
 * `upper` connections, ended ones included; no longer below `lower`, or below three quarters of `upper`.
 */
export function fullness(load: ServerLoad): ServerLoad['full'] {
  const { active, inactive, upper, lower, full } = load;
  if (upper === undefined) return 'no';
  if (active + inactive.least >= upper) return 'yes';
  const most = active + inactive.most;
  if (lower === undefined ? most * 4 < upper * 3 : most < lower) return 'no';
  return full === 'no' && most < upper ? 'no' : 'maybe';
}

/** How many connections a service still takes before every server is full; Infinity where one has no limit. */
export function roomOf(loads: ServerLoad[]): number {
  return loads
    .filter((load) => load.weight > 0)
    .reduce((sum, { upper, active, inactive, full }) => {
      if (upper === undefined) return Infinity;
      return sum + (full === 'no' ? Math.max(0, upper - active - inactive.most) : 0);
    }, 0);
}
