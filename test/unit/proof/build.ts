/** Frames made by hand, byte by byte, for the tests of the decoder and of the claims. */

export function bytes(...parts: (number | number[] | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...part])));
}

export function u16(value: number): number[] {
  return [(value >>> 8) & 0xff, value & 0xff];
}

export function u32(value: number): number[] {
  return [...u16(value >>> 16), ...u16(value & 0xffff)];
}

export function mac(text: string): number[] {
  return text.split(':').map((part) => parseInt(part, 16));
}

export function address(text: string): number[] {
  return text.split('.').map(Number);
}

export function ethernet(source: string, destination: string, type: number, payload: Uint8Array): Uint8Array {
  return bytes(mac(destination), mac(source), u16(type), payload);
}

export interface IpFields {
  source: string;
  destination: string;
  protocol: number;
  ttl?: number;
  id?: number;
  /** The 16 bits of flags and offset; don't fragment where not given. */
  fragment?: number;
  options?: number[];
  totalLength?: number;
}

export function ipv4(fields: IpFields, payload: Uint8Array): Uint8Array {
  const options = fields.options ?? [];
  const header = bytes(
    0x40 | (5 + options.length / 4),
    0,
    u16(fields.totalLength ?? 20 + options.length + payload.length),
    u16(fields.id ?? 1),
    u16(fields.fragment ?? 0x4000),
    fields.ttl ?? 64,
    fields.protocol,
    0,
    0,
    address(fields.source),
    address(fields.destination),
    options,
  );
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) sum += ((header[i] ?? 0) << 8) | (header[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  header.set(u16(~sum & 0xffff), 10);
  return bytes(header, payload);
}

export interface TcpFields {
  source: number;
  destination: number;
  sequence?: number;
  acknowledgement?: number;
  /** Bits, FIN lowest: 0x02 SYN, 0x12 SYN-ACK, 0x10 ACK, 0x18 PSH-ACK, 0x04 RST. */
  flags: number;
  options?: number[];
}

export function tcp(fields: TcpFields, payload = new Uint8Array(0)): Uint8Array {
  const options = fields.options ?? [];
  return bytes(
    u16(fields.source),
    u16(fields.destination),
    u32(fields.sequence ?? 0),
    u32(fields.acknowledgement ?? 0),
    (5 + options.length / 4) << 4,
    fields.flags,
    u16(64240),
    u16(0),
    u16(0),
    options,
    payload,
  );
}

export function udp(source: number, destination: number, payload: Uint8Array): Uint8Array {
  return bytes(u16(source), u16(destination), u16(8 + payload.length), u16(0), payload);
}

export function arp(
  operation: number,
  sender: [mac: string, ip: string],
  target: [mac: string, ip: string],
): Uint8Array {
  return bytes(
    u16(1),
    u16(0x0800),
    6,
    4,
    u16(operation),
    mac(sender[0]),
    address(sender[1]),
    mac(target[0]),
    address(target[1]),
  );
}

/** A classic pcap file. */
export function pcap(
  records: { seconds: number; fraction: number; data: Uint8Array; originalLength?: number }[],
  { little = true, magic = 0xa1b2c3d4, linkType = 1 } = {},
): Uint8Array {
  const number32 = (value: number) => (little ? u32(value).reverse() : u32(value));
  const number16 = (value: number) => (little ? u16(value).reverse() : u16(value));
  return bytes(
    number32(magic),
    number16(2),
    number16(4),
    number32(0),
    number32(0),
    number32(262144),
    number32(linkType),
    ...records.flatMap(({ seconds, fraction, data, originalLength }) => [
      number32(seconds),
      number32(fraction),
      number32(data.length),
      number32(originalLength ?? data.length),
      data,
    ]),
  );
}
