/** Link types of the captures that the decoder reads (https://www.tcpdump.org/linktypes.html). */
export const LINK = { ethernet: 1, raw12: 12, raw: 101, linuxSll: 113, linuxSll2: 276 } as const;

/** One captured frame. */
export interface PcapRecord {
  /**
   * Microseconds since 1970. A number, so that it can be JSON: a double is exact to 0.25 µs there, which is the
   * resolution that is left of a nanosecond capture.
   */
  time: number;
  data: Uint8Array;
  /** Bytes of the frame on the wire; more than `data.length` where the snap length cut it. */
  originalLength: number;
}

/** The whole records of a capture file. */
export interface Capture {
  /** LINKTYPE_ value of the file header; 0 where there is none. */
  linkType: number;
  /** Bytes kept of each frame at most. */
  snapLength: number;
  records: PcapRecord[];
  /** What is wrong with the file, where it could not be read to its end. */
  damage: string | undefined;
}

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** Larger than any frame that libpcap writes (MAXIMUM_SNAPLEN is 262144). */
const LARGEST_RECORD = 0x40000;

const MAGIC = new Map([
  [0xa1b2c3d4, { little: false, perMicrosecond: 1 }],
  [0xd4c3b2a1, { little: true, perMicrosecond: 1 }],
  [0xa1b23c4d, { little: false, perMicrosecond: 1000 }],
  [0x4d3cb2a1, { little: true, perMicrosecond: 1000 }],
]);

/**
 * Reads a classic pcap file of either byte order, with microsecond or nanosecond stamps (draft-ietf-opsawg-pcap).
 * A damaged file gives the records before the damage, and says what the damage is; this never throws.
 */
export function readPcap(bytes: Uint8Array): Capture {
  const broken = (damage: string): Capture => ({ linkType: 0, snapLength: 0, records: [], damage });
  if (bytes.length === 0) return broken('the file is empty');
  if (bytes.length < FILE_HEADER)
    return broken(`the file ends inside its header: ${bytes.length} of ${FILE_HEADER} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  if (magic === 0x0a0d0d0a) return broken('a pcapng file: capture in the classic pcap format (tcpdump -w)');
  const format = MAGIC.get(magic);
  if (format === undefined) return broken(`not a pcap file: it starts with 0x${magic.toString(16)}`);
  const { little, perMicrosecond } = format;

  const capture: Capture = {
    // The upper bits hold the length of a frame check sequence, where the frames carry one.
    linkType: view.getUint32(20, little) & 0xffff,
    snapLength: view.getUint32(16, little),
    records: [],
    damage: undefined,
  };
  const where = () => `record ${capture.records.length + 1}`;
  let at = FILE_HEADER;
  while (at < bytes.length) {
    if (at + RECORD_HEADER > bytes.length) {
      capture.damage = `the file ends inside the header of ${where()}`;
      break;
    }
    const seconds = view.getUint32(at, little);
    const fraction = view.getUint32(at + 4, little);
    const length = view.getUint32(at + 8, little);
    const originalLength = view.getUint32(at + 12, little);
    if (length > LARGEST_RECORD || fraction >= perMicrosecond * 1_000_000) {
      capture.damage = `${where()} has an impossible header (length ${length}, fraction ${fraction})`;
      break;
    }
    const start = at + RECORD_HEADER;
    if (start + length > bytes.length) {
      capture.damage = `the file ends inside ${where()}: ${bytes.length - start} of ${length} bytes`;
      break;
    }
    capture.records.push({
      time: seconds * 1_000_000 + fraction / perMicrosecond,
      data: bytes.subarray(start, start + length),
      originalLength,
    });
    at = start + length;
  }
  return capture;
}
