import { describe, expect, it } from 'vitest';
import { readPcap } from '../../../src/proof/pcap.ts';
import { bytes, pcap, u32 } from './build.ts';
import { fixture } from './captured.ts';

const two = [
  { seconds: 1_700_000_000, fraction: 250_000, data: Uint8Array.of(1, 2, 3) },
  { seconds: 1_700_000_001, fraction: 5, data: Uint8Array.of(4, 5), originalLength: 1514 },
];

describe('readPcap', () => {
  it.each([true, false])('reads microsecond files, little-endian %s', (little) => {
    const { records, linkType, damage } = readPcap(pcap(two, { little }));
    expect(damage).toBeUndefined();
    expect(linkType).toBe(1);
    expect(records.map((r) => [r.time, [...r.data], r.originalLength])).toEqual([
      [1_700_000_000_250_000, [1, 2, 3], 3],
      [1_700_000_001_000_005, [4, 5], 1514],
    ]);
  });

  it.each([true, false])('reads nanosecond files, little-endian %s', (little) => {
    const file = pcap([{ seconds: 7, fraction: 123_456_500, data: Uint8Array.of(9) }], {
      little,
      magic: 0xa1b23c4d,
    });
    expect(readPcap(file).records[0]?.time).toBe(7_123_456.5);
  });

  it('masks the frame check sequence bits out of the link type', () => {
    const file = pcap([], { little: false });
    file.set(u32(0xf0000001), 20);
    expect(readPcap(file).linkType).toBe(1);
  });

  it('gives the whole records of a file cut at any byte, and says that it is cut', () => {
    const file = pcap(two);
    const ends = [24, 24 + 19, file.length];
    for (let length = 0; length < file.length; length++) {
      const { records, damage } = readPcap(file.subarray(0, length));
      expect(records.length).toBe(Math.max(0, ends.filter((end) => end <= length).length - 1));
      expect(damage === undefined).toBe(ends.includes(length));
    }
    expect(readPcap(file.subarray(0, 30)).damage).toBe('the file ends inside the header of record 1');
    expect(readPcap(file.subarray(0, file.length - 1)).damage).toBe(
      'the file ends inside record 2: 1 of 2 bytes',
    );
  });

  it('says what a file that is no pcap is', () => {
    expect(readPcap(new Uint8Array(0)).damage).toBe('the file is empty');
    expect(readPcap(new Uint8Array(24)).damage).toContain('not a pcap file');
    expect(readPcap(bytes(u32(0x0a0d0d0a), new Uint8Array(40))).damage).toContain('pcapng');
  });

  it('stops at a record with an impossible header', () => {
    const file = pcap(two);
    file.set(u32(0xffffffff), 24 + 19 + 8);
    const { records, damage } = readPcap(file);
    expect(records.length).toBe(1);
    expect(damage).toContain('record 2 has an impossible header');
  });

  it('reads a file that lies inside a larger buffer', () => {
    const file = pcap(two);
    const larger = bytes(0, 0, 0, file);
    expect(readPcap(larger.subarray(3)).records.length).toBe(2);
  });

  it('reads what tcpdump wrote', () => {
    const capture = readPcap(fixture('nat/client-eth0.pcap'));
    expect(capture).toMatchObject({ linkType: 1, snapLength: 128, damage: undefined });
    expect(capture.records.length).toBeGreaterThan(20);
  });
});
