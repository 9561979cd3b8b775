import type { PlannedService } from '../../plan/types.ts';
import { endpoint } from '../../topology/endpoint.ts';
import { BITS, block, familyOf, toAddress } from '../../topology/ip.ts';
import type { Looks, Probes } from '../../traffic/probes.ts';
import { parseConnections, type ConnectionRow } from '../director-table.ts';

/**
 * What a director went by when a client asked a persistent service: it keeps a template for each client (network), a
 * row of `ipvsadm -Lnc` with the client port 0, and renews it with each connection that goes by it.
 */
export interface Remembered {
  address: string;
  /**
   * `network`: the template that is promised. `other`: one of another mask. `none`: no template. `open`: it cannot be
   * told yet, as one from before could be the one.
   */
  by: 'network' | 'other' | 'none' | 'open';
  /** The template's client, without its port. */
  template: string | undefined;
  /** There was no such template before: a real server was chosen for it by the scheduler. */
  chosen: boolean;
}

/** With a shorter timeout a template from before is soon gone, and its seconds say nothing about its use. */
const SHORT = 6;

/** By what each address that asked a persistent service was remembered. */
export function rememberedBy(service: PlannedService, probes: Probes): Remembered[] {
  if (probes.looks === undefined) return [];
  const { looks } = probes;
  const addresses = [...new Set(probes.connections.map(({ address }) => address))];
  const before = templatesOf(service, looks.before.tables);
  const after = templatesOf(service, looks.after.tables);
  const use = (client: string) => useOf(before.get(client), after.get(client), looks);
  const one = (address: string, by: Remembered['by'], template?: string): Remembered => ({
    address,
    by,
    template,
    chosen: template !== undefined && !before.has(template),
  });
  return addresses.map((address): Remembered => {
    const own = networkOf(service, address).first;
    const bits = wholeOf(service);
    const masked = (from: number, to: number) =>
      Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => firstOf(address, from + i)).filter(
        (client, index, all) => client !== own && all.indexOf(client) === index,
      );
    const prefix = prefixOf(service);
    // The longest mask first: by a row of its own a client is told from its neighbours.
    const narrower = masked(prefix + 1, bits).reverse();
    const found = use(own);
    const short = (service.persistence?.timeout ?? 0) < SHORT;
    const other = narrower.find((client) => use(client) === 'used');
    if (other !== undefined) return one(address, 'other', other);
    if (found === 'used' || (found === 'open' && short)) {
      const doubtful = narrower.some((client) => use(client) === 'open') && !short;
      return one(address, doubtful ? 'open' : 'network', own);
    }
    if (found === 'open') return one(address, 'open', own);
    // Those of a wider mask may be other clients' own ones, so they count only where this one's own does not.
    const wider = masked(0, prefix - 1);
    const instead = [...narrower, ...wider].find((client) => ['used', 'open'].includes(use(client)));
    return one(address, instead === undefined ? 'none' : 'other', instead);
  });
}

/** The bits of a client's address that persistence goes by. */
export function prefixOf(service: PlannedService): number {
  return service.persistence?.prefix ?? wholeOf(service);
}

/** Bits of a client's address, all of them. */
export function wholeOf({ vip }: Pick<PlannedService, 'vip'>): number {
  return BITS[familyOf(vip) ?? 4];
}

/** What is one client to a persistent service: its address, or the network that the mask makes of it. */
export function networkOf(service: PlannedService, address: string): { first: string; text: string } {
  const prefix = prefixOf(service);
  const first = firstOf(address, prefix);
  return { first, text: prefix === wholeOf(service) ? first : `${first}/${prefix}` };
}

function firstOf(address: string, prefix: number): string {
  const { family, first } = block(address, prefix);
  return toAddress(family, first);
}

/** Seconds that each template of a service has left, by its client. */
function templatesOf(service: PlannedService, tables: string[]): Map<string, number> {
  const { vip, port, protocol, mark } = service;
  const family = familyOf(vip) ?? 4;
  // A template of a service by mark has the mark in the place of the VIP, as the first four bytes of an address.
  const virtual =
    mark === undefined
      ? endpoint(vip, port)
      : endpoint(toAddress(family, BigInt(mark) << BigInt(BITS[family] - 32)), 0);
  const isOwn = (row: ConnectionRow) =>
    row.virtual === virtual && row.protocol === (mark === undefined ? protocol.toUpperCase() : 'IP');
  const found = new Map<string, number>();
  for (const row of tables.flatMap(parseConnections)) {
    const [, client = ''] = /^\[?([^\]]+?)\]?:0$/.exec(row.client) ?? [];
    if (client !== '' && isOwn(row)) found.set(client, Math.max(row.seconds, found.get(client) ?? 0));
  }
  return found;
}

/**
 * Whether a template was used between two looks, by the seconds that it had left: whole ones, so that it can be told
 * for sure only some seconds after the first look. One that ends while connections by it are known gets 60 s more.
 */
function useOf(
  had: number | undefined,
  has: number | undefined,
  { before, after, since }: Looks,
): 'absent' | 'used' | 'unused' | 'open' {
  if (has === undefined) return 'absent';
  if (had === undefined) return 'used';
  const least = (after.begun - before.ended) / 1000;
  const most = (after.ended - before.begun) / 1000;
  if (had <= most + 1) return 'open';
  if (has >= had - least + 1) return 'used';
  return has < had - (after.ended - since) / 1000 - 1 ? 'unused' : 'open';
}
