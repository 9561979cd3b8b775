import type { Outage } from './outages.ts';

/** Something that happened to a lab, as far as it matters here. */
interface Happened {
  /** ISO 8601. */
  time: string;
  source: string;
  node: string;
  text: string;
  /** Of an action. */
  did?: Did;
  /** Of an announcement. */
  announced?: Announced;
}

/** What was done to a node. */
export interface Did {
  verb: 'fail' | 'heal' | 'exec';
  /** The daemon or interface that it was done to; absent: the node as a whole. */
  what?: string;
}

/** An address that a node said it has. */
export interface Announced {
  address: string;
  /** The node; absent: none of the lab. */
  by?: string;
}

/** An address of a cluster has gone to another node. */
export interface Takeover {
  address: string;
  by: string;
  /** Seconds since the action. */
  seconds: number;
}

/** Requests of a client failed after an action. */
export interface Answered {
  client: string;
  service: string;
  /** Seconds from the action until they were answered again; undefined: not before something else was done. */
  seconds: number | undefined;
}

/** What was done to a lab, and what came of it in a director's table. */
export interface Noticed {
  /** What was done. */
  action: string;
  /** What changed in the table first, before anything else was done; undefined: nothing did. */
  change: string | undefined;
  /** Seconds from the one to the other. */
  seconds: number | undefined;
  /** Of an action on a director of a cluster, or on what gives it the VIPs: which of them went to another director. */
  takeovers?: Takeover[];
  /** Of an action on a director: whose requests failed. */
  requests?: Answered[];
}

/** What is known of a lab beside what happened. */
export interface Known {
  /** Every director; `vips`: those that move between it and others. */
  directors: { name: string; vips: string[] }[];
  /** Which director had a VIP in the beginning. */
  holders: Map<string, string>;
  /** What clients saw. */
  clients: { client: string; service: string; outages: Outage[] }[];
}

const NOTHING: Known = { directors: [], holders: new Map(), clients: [] };

/**
 * What became of each thing that was done, until the next one was.
 * @param events in the order of their times
 */
export function noticed(events: Happened[], known: Known = NOTHING): Noticed[] {
  const { directors, clients } = known;
  // Also by what was announced before anything was done: only news that differs from it is a takeover.
  const holders = new Map(known.holders);
  const moved = events.map(({ announced }) => {
    if (announced?.by === undefined || holders.get(announced.address) === announced.by) return false;
    holders.set(announced.address, announced.by);
    return true;
  });
  return events.flatMap((event, index) => {
    if (event.source !== 'action') return [];
    const began = Date.parse(event.time);
    const next = events.findIndex((other, at) => at > index && other.source === 'action');
    const end = next < 0 ? events.length : next;
    const after = (time: string) => (Date.parse(time) - began) / 1000;
    const later = events.slice(index + 1, end);
    const change = later.find(({ source }) => source === 'ipvs');
    const result: Noticed = {
      action: event.text,
      change: change === undefined ? undefined : `${change.node}: ${change.text}`,
      seconds: change === undefined ? undefined : after(change.time),
    };
    const director = directors.find(({ name }) => name === event.node);
    if (director === undefined || !isAboutVips(event.did)) return [result];
    if (director.vips.length > 0)
      result.takeovers = later.flatMap(({ time, announced }, at) =>
        announced?.by !== undefined && moved[index + 1 + at] && director.vips.includes(announced.address)
          ? [{ address: announced.address, by: announced.by, seconds: after(time) }]
          : [],
      );
    const until = next < 0 ? Infinity : Date.parse(events[next]?.time ?? '');
    result.requests = clients.flatMap(({ client, service, outages }) => {
      const last = outages.findLast((outage) => outage.from < until && outage.until >= began);
      if (last === undefined) return [];
      const again = last.recovered ?? Infinity;
      return [{ client, service, seconds: again < until ? (again - began) / 1000 : undefined }];
    });
    return [result];
  });
}

/** What a director does beside its addresses: checks of the real servers' health. */
const CHECKERS = ['ldirectord', 'keepalived'];

/** Whether an action on a director may move its VIPs, or cut its clients off. */
function isAboutVips({ what }: Did = { verb: 'exec' }): boolean {
  return what === undefined || !CHECKERS.includes(what);
}
