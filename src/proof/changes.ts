import type { Family, TunnelType } from '../topology/types.ts';
import { innermost, type Ip, type Packet } from './packet.ts';

/** A header field that differs between two crossings of one packet. */
export interface Change {
  /** `link`: Ethernet; `outer`: the tunnel's IP header; `ip`, `tcp` and `udp`: the innermost packet. */
  layer: 'link' | 'outer' | 'ip' | 'tcp' | 'udp';
  field: string;
  /** Absent where the header was added. */
  before?: string | number;
  /** Absent where the header was taken off. */
  after?: string | number;
}

/** The tunnel header around a packet. */
export interface Encapsulation {
  /** `IPIP`, `GRE`, `GUE`; where IPv6 is involved, which goes in which: `6in4`, `GRE (6in6)`. */
  name: string;
  outer: Ip;
}

/** The outermost tunnel header of a packet; undefined where there is none. */
export function encapsulation(packet: Packet): Encapsulation | undefined {
  const outer = packet.ip;
  if (outer?.inner === undefined) return undefined;
  const type = outer.gre !== undefined ? 'gre' : outer.gue !== undefined ? 'gue' : 'ipip';
  return { name: tunnelName(type, outer.version, outer.inner.version), outer };
}

/** What a tunnel is called in traces and promises. */
export function tunnelName(type: TunnelType, outer: Family, inner: Family): string {
  const families = `${inner}in${outer}`;
  if (outer === 4 && inner === 4) return type.toUpperCase();
  return type === 'ipip' ? families : `${type.toUpperCase()} (${families})`;
}

/**
 * What a node changed in a packet between receiving and sending it. Checksums are left out: they follow from the rest.
 * Sequence numbers, flags and identification are what packets are recognised by, so they do not differ; lengths are
 * compared only where both packets hold the same data.
 */
export function headerChanges(before: Packet, after: Packet): Change[] {
  return [
    ...compare('link', { ...before.link }, { ...after.link }, ['source', 'destination']),
    ...compare('outer', outerFields(before), outerFields(after), [
      'protocol',
      'source',
      'destination',
      'ttl',
    ]),
    ...compare('ip', { ...innermost(before) }, { ...innermost(after) }, [
      'source',
      'destination',
      'ttl',
      'tos',
      'options',
    ]),
    ...compare('tcp', { ...innermost(before)?.tcp }, { ...innermost(after)?.tcp }, [
      'source',
      'destination',
      'mss',
    ]),
    ...compare('udp', { ...innermost(before)?.udp }, { ...innermost(after)?.udp }, ['source', 'destination']),
    ...sameDataChanges(before, after),
  ];
}

function outerFields(packet: Packet): Record<string, unknown> {
  const tunnel = encapsulation(packet);
  return tunnel === undefined ? {} : { ...tunnel.outer, protocol: tunnel.name };
}

/** Segmentation gives each part its own length, which is no rewriting. */
function sameDataChanges(before: Packet, after: Packet): Change[] {
  const one = innermost(before);
  const two = innermost(after);
  if (one?.tcp?.sequence !== two?.tcp?.sequence || one?.tcp?.payloadLength !== two?.tcp?.payloadLength)
    return [];
  return compare('ip', { ...one }, { ...two }, ['totalLength']);
}

function compare(
  layer: Change['layer'],
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  fields: string[],
): Change[] {
  return fields.flatMap((field): Change[] => {
    const one = scalar(before[field]);
    const two = scalar(after[field]);
    if (one === two) return [];
    return [
      {
        layer,
        field,
        ...(one === undefined ? {} : { before: one }),
        ...(two === undefined ? {} : { after: two }),
      },
    ];
  });
}

function scalar(value: unknown): string | number | undefined {
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}
