import type { CaptureHealth } from './evidence.ts';
import { decode } from './packets.ts';
import { readPcap } from './pcap.ts';
import type { Observation } from './types.ts';

/** One interface's capture as bytes. */
export interface CaptureFile {
  node: string;
  device: string;
  pcap: Uint8Array;
  /** Undefined where the capture did not say: then nothing can rest on what it does not show. */
  dropped: number | undefined;
  /** Bytes at which it was cut, where there was more. */
  cut?: number;
}

/** Decodes captures into what verdicts and walks are drawn from. */
export function observe(files: CaptureFile[]): { observations: Observation[]; captures: CaptureHealth[] } {
  const observations: Observation[] = [];
  const captures = files.map(({ node, device, pcap, dropped, cut }): CaptureHealth => {
    const { linkType, records, damage } = readPcap(pcap);
    for (const record of records)
      observations.push({ node, device, time: record.time, packet: decode(record.data, linkType) });
    return {
      node,
      device,
      dropped: dropped ?? 0,
      damage:
        cut === undefined
          ? (damage ?? (dropped === undefined ? 'it did not end properly' : undefined))
          : `it was cut at ${(cut / 1024 / 1024).toFixed(1)} MB: there was more traffic than a test makes`,
    };
  });
  return { observations, captures };
}
