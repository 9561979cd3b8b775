import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT, LabError } from '../errors.ts';
import { writeNamedFile } from '../host/named-file.ts';
import type { Captured } from '../traffic/capture.ts';

/**
 * Writes captures, one file for each interface, as Wireshark and tcpdump read them.
 * @returns the files
 * @throws LabError badInput where the folder cannot be written
 */
export async function keepCaptures(folder: string, captures: Captured[]): Promise<string[]> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new LabError(EXIT.badInput, `cannot keep the captures in ${folder}: ${(error as Error).message}`);
  }
  const kept = [];
  for (const { node, device, pcap } of captures) {
    const file = join(folder, `${node}-${device}.pcap`);
    await writeNamedFile(file, pcap);
    kept.push(file);
  }
  return kept;
}
