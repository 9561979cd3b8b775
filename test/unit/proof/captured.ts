import { readdirSync, readFileSync } from 'node:fs';
import { decode } from '../../../src/proof/packets.ts';
import { readPcap } from '../../../src/proof/pcap.ts';
import type { Observation } from '../../../src/proof/types.ts';

const FIXTURES = new URL('../../fixtures/pcap/', import.meta.url);

/** Bytes of one recorded capture: `nat/client-eth0.pcap`. */
export function fixture(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, FIXTURES)));
}

export function fixtureNames(lab: string): string[] {
  return readdirSync(new URL(`${lab}/`, FIXTURES)).filter((name) => name.endsWith('.pcap'));
}

/** Every frame that was captured in a lab. */
export function captured(lab: string): Observation[] {
  return fixtureNames(lab).flatMap((file) => {
    const [node = '', device = ''] = file.replace('.pcap', '').split('-');
    const capture = readPcap(fixture(`${lab}/${file}`));
    return capture.records.map(({ time, data }) => ({
      node,
      device,
      time,
      packet: decode(data, capture.linkType),
    }));
  });
}

/** Captures that lost nothing, for every interface of a lab. */
export function healthy(lab: string): { node: string; device: string; dropped: number }[] {
  return fixtureNames(lab).map((file) => {
    const [node = '', device = ''] = file.replace('.pcap', '').split('-');
    return { node, device, dropped: 0 };
  });
}
