import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, LabError } from '../errors.ts';
import type { Captured } from '../traffic/capture.ts';

/**
 * Writes captures, one file for each interface, as Wireshark and tcpdump read them.
 * @returns the files
 * @throws LabError badInput where the folder cannot be written
 */
export function keepCaptures(folder: string, captures: Captured[]): string[] {
  try {
    mkdirSync(folder, { recursive: true });
    return captures.map(({ node, device, pcap }) => {
      const file = join(folder, `${node}-${device}.pcap`);
      writeFileSync(file, pcap);
      return file;
    });
  } catch (error) {
    throw new LabError(EXIT.badInput, `cannot keep the captures in ${folder}: ${(error as Error).message}`);
  }
}
