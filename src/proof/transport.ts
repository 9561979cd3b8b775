import { Malformed, Reader } from './bytes.ts';
import { TCP_FLAGS, type Ip, type Tcp } from './packet.ts';

/**
 * Decodes a TCP segment into `ip.tcp` (RFC 9293).
 * @param length bytes of the segment by the IP header
 * @throws Malformed
 */
export function decodeTcp(ip: Ip, bytes: Uint8Array, length: number): void {
  const reader = new Reader(bytes);
  const source = reader.u16('TCP header');
  const destination = reader.u16('TCP header');
  const sequence = reader.u32('TCP header');
  const acknowledgement = reader.u32('TCP header');
  const word = reader.u16('TCP header');
  const window = reader.u16('TCP header');
  reader.take(4, 'TCP header');
  const headerLength = (word >> 12) * 4;
  if (headerLength < 20 || headerLength > length)
    throw new Malformed(`a TCP header of ${headerLength} bytes in a segment of ${length}`);
  const tcp: Tcp = {
    source,
    destination,
    sequence,
    acknowledgement,
    flags: TCP_FLAGS.filter((_, bit) => (word & (1 << bit)) !== 0),
    window,
    payloadLength: length - headerLength,
  };
  ip.tcp = tcp;
  decodeOptions(tcp, reader.take(headerLength - 20, 'TCP options'));
  const forwardedFor = headerOf(bytes.subarray(headerLength, length));
  if (forwardedFor !== undefined) tcp.forwardedFor = forwardedFor;
}

/** HTTP/1.1 (RFC 9112): a request line, then headers. */
function headerOf(payload: Uint8Array): string | undefined {
  // `GET /` or `PUT /` … : nothing else is worth reading as text.
  if (payload.length === 0 || (payload[0] ?? 0) < 0x41 || (payload[0] ?? 0) > 0x5a) return undefined;
  const text = new TextDecoder('latin1').decode(payload);
  const [head = ''] = text.split('\r\n\r\n');
  if (!/^[A-Z]+ \S+ HTTP\/1\.\d\r\n/.test(head)) return undefined;
  return /\r\nx-forwarded-for:[ \t]*([^\r]*)/i.exec(head)?.[1];
}

function decodeOptions(tcp: Tcp, bytes: Uint8Array): void {
  const reader = new Reader(bytes);
  while (reader.left > 0) {
    const kind = reader.u8('TCP options');
    if (kind === 0) return;
    if (kind === 1) continue;
    const length = reader.u8('TCP options');
    if (length < 2) throw new Malformed(`a TCP option of ${length} bytes`);
    const value = new Reader(reader.take(length - 2, 'TCP options'));
    if (kind === 2) tcp.mss = value.u16('MSS option');
    else if (kind === 3) tcp.windowScale = value.u8('window scale option');
    else if (kind === 8)
      tcp.timestamps = { value: value.u32('timestamps option'), echo: value.u32('timestamps option') };
  }
}

/**
 * Decodes a UDP header into `ip.udp` (RFC 768).
 * @param length bytes of the datagram by the IP header
 * @returns the payload, as far as it was captured
 * @throws Malformed
 */
export function decodeUdp(ip: Ip, bytes: Uint8Array, length: number): Uint8Array {
  const reader = new Reader(bytes);
  const source = reader.u16('UDP header');
  const destination = reader.u16('UDP header');
  const stated = reader.u16('UDP header');
  reader.take(2, 'UDP header');
  // The first fragment of a larger datagram states more than it holds.
  if (stated < 8 || (stated > length && ip.fragment === undefined))
    throw new Malformed(`a UDP datagram of ${stated} bytes in ${length}`);
  ip.udp = { source, destination, payloadLength: stated - 8 };
  return bytes.subarray(8, stated);
}
