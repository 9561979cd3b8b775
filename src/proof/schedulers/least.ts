import type { ServerLoad, LoadSpan } from './load.ts';

/** The servers that may be taken and are as wanted; and none, where it may be that all are full. */
export function among(
  servers: ServerLoad[],
  wanted: (server: ServerLoad) => boolean,
): (number | undefined)[] {
  const usable = servers.flatMap((server, index) =>
    server.weight > 0 && server.full !== 'yes' && wanted(server) ? [index] : [],
  );
  if (usable.length === 0 && servers.some((s) => s.weight > 0 && s.full === 'no')) return [];
  return usable.some((index) => servers[index]?.full === 'no') ? usable : [...usable, undefined];
}

/** Those that may have the least load for their size, of those that may be taken. */
export function least(
  servers: ServerLoad[],
  load: (server: ServerLoad) => LoadSpan,
  size: (server: ServerLoad) => number,
): (number | undefined)[] {
  const certain = servers.filter((server) => server.weight > 0 && server.full === 'no');
  return among(servers, (server) =>
    certain.every((other) => load(server).least * size(other) <= load(other).most * size(server)),
  );
}

/** Source: ip_vs.h, ip_vs_dest_conn_overhead: an open connection weighs as much as 256 that have ended. */
export function overhead({ active, inactive }: ServerLoad): LoadSpan {
  return { least: active * 256 + inactive.least, most: active * 256 + inactive.most };
}

/** What wlc does, and lblc and lblcr where they have nothing to go by. */
export function weightedLeast(servers: ServerLoad[]): (number | undefined)[] {
  return least(servers, overhead, (server) => server.weight);
}
