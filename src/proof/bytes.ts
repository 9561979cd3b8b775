/** The frame ended, or contradicted itself, before decoding was done. Caught inside the decoder, never let out. */
export class Malformed extends Error {}

/** Reads big-endian numbers and addresses out of a stretch of a frame; past its end it throws `Malformed`. */
export class Reader {
  private readonly view: DataView;
  readonly bytes: Uint8Array;
  offset = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.bytes.length - this.offset;
  }

  private advance(count: number, what: string): number {
    if (count > this.left) throw new Malformed(`ends inside the ${what}`);
    const at = this.offset;
    this.offset += count;
    return at;
  }

  u8(what: string): number {
    return this.view.getUint8(this.advance(1, what));
  }

  u16(what: string): number {
    return this.view.getUint16(this.advance(2, what));
  }

  u32(what: string): number {
    return this.view.getUint32(this.advance(4, what));
  }

  take(count: number, what: string): Uint8Array {
    const at = this.advance(count, what);
    return this.bytes.subarray(at, at + count);
  }

  mac(what: string): string {
    return macText(this.take(6, what));
  }

  ipv4(what: string): string {
    return this.take(4, what).join('.');
  }

  ipv6(what: string): string {
    return ipv6Text(this.take(16, what));
  }

  rest(): Uint8Array {
    return this.bytes.subarray(this.offset);
  }
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A short mark of some bytes: FNV-1a of 32 bits, in hexadecimal. */
export function digest(bytes: Uint8Array): string {
  const hash = bytes.reduce((value, byte) => Math.imul(value ^ byte, 0x01000193), 0x811c9dc5);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

function macText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** Canonical text of an IPv6 address: the first longest run of zero groups becomes `::` (RFC 5952). */
function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  if (best.length < 2) return text(groups);
  return `${text(groups.slice(0, best.start))}::${text(groups.slice(best.start + best.length))}`;
}
