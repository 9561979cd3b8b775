import { describe, expect, it } from 'vitest';
import { endpoints, innermost } from '../../../src/proof/packet.ts';
import { decode } from '../../../src/proof/packets.ts';
import { arp, bytes, ethernet, ipv4, mac, tcp, u16, u32, udp } from './build.ts';

const A = '02:00:00:00:00:01';
const B = '02:00:00:00:00:02';
const ends = { source: '192.0.2.2', destination: '203.0.113.100' };
const syn = tcp({
  source: 40000,
  destination: 80,
  sequence: 0xfffffff0,
  flags: 0x02,
  // MSS 1460, no-op, window scale 7, timestamps 5 and 6, two no-ops.
  options: [2, 4, ...u16(1460), 1, 3, 3, 7, 8, 10, ...u32(5), ...u32(6), 1, 1],
});
const request = ipv4({ ...ends, protocol: 6, ttl: 63, id: 0x1234 }, syn);
const outer = { source: '10.0.0.1', destination: '10.0.1.11' };

describe('decode', () => {
  it('reads TCP over IPv4 over Ethernet', () => {
    expect(decode(ethernet(A, B, 0x0800, request), 1)).toEqual({
      link: { source: A, destination: B, etherType: 0x0800 },
      ip: {
        version: 4,
        ...ends,
        ttl: 63,
        protocol: 6,
        totalLength: 20 + syn.length,
        headerLength: 20,
        id: 0x1234,
        tos: 0,
        dontFragment: true,
        checksum: expect.any(Number) as number,
        checksumRight: true,
        tcp: {
          source: 40000,
          destination: 80,
          sequence: 0xfffffff0,
          acknowledgement: 0,
          flags: ['SYN'],
          window: 64240,
          payloadLength: 0,
          mss: 1460,
          windowScale: 7,
          timestamps: { value: 5, echo: 6 },
        },
      },
    });
  });

  it('does not take Ethernet padding for payload', () => {
    const ack = ipv4({ ...ends, protocol: 6 }, tcp({ source: 1, destination: 2, flags: 0x10 }));
    const packet = decode(ethernet(A, B, 0x0800, bytes(ack, new Uint8Array(6))), 1);
    expect(packet.ip?.tcp?.payloadLength).toBe(0);
  });

  it('knows the payload length of a frame that the snap length cut', () => {
    const data = ipv4(
      { ...ends, protocol: 6, totalLength: 1500 },
      tcp({ source: 1, destination: 2, flags: 0x10 }),
    );
    expect(decode(data, 101)).toMatchObject({ ip: { tcp: { payloadLength: 1460 } } });
    expect(decode(data, 101).problem).toBeUndefined();
  });

  it('tells a wrong header checksum', () => {
    const data = request.slice();
    data[8] = 62;
    expect(decode(data, 12).ip?.checksumRight).toBe(false);
  });

  it('reads IPv4 options and fragments', () => {
    const first = ipv4(
      { ...ends, protocol: 17, fragment: 0x2000, options: [7, 4, 0, 0] },
      udp(1, 2, new Uint8Array(12)),
    );
    expect(decode(first, 101).ip).toMatchObject({
      headerLength: 24,
      options: '07040000',
      fragment: { offset: 0, more: true },
      udp: { payloadLength: 12 },
    });
    const last = decode(ipv4({ ...ends, protocol: 17, fragment: 185 }, new Uint8Array(30)), 101);
    expect(last.ip).toMatchObject({ fragment: { offset: 1480, more: false } });
    expect(last.ip?.udp).toBeUndefined();
    expect(last.problem).toBeUndefined();
  });

  it('reads VLAN tags, outermost first', () => {
    const frame = bytes(mac(B), mac(A), u16(0x88a8), u16(0x2005), u16(0x8100), u16(7), u16(0x0800), request);
    const packet = decode(frame, 1);
    expect(packet.link).toEqual({ source: A, destination: B, etherType: 0x0800, vlans: [5, 7] });
    expect(packet.ip?.tcp?.destination).toBe(80);
  });

  it('reads ARP', () => {
    const frame = ethernet(
      A,
      'ff:ff:ff:ff:ff:ff',
      0x0806,
      arp(1, [A, '10.0.0.1'], ['00:00:00:00:00:00', '10.0.0.9']),
    );
    expect(decode(frame, 1).arp).toEqual({
      operation: 'request',
      senderMac: A,
      senderIp: '10.0.0.1',
      targetMac: '00:00:00:00:00:00',
      targetIp: '10.0.0.9',
    });
    expect(decode(ethernet(A, B, 0x0806, arp(2, [A, '10.0.0.1'], [B, '10.0.0.9'])), 1).arp?.operation).toBe(
      'reply',
    );
  });

  it('reads IPIP', () => {
    const packet = decode(ipv4({ ...outer, protocol: 4 }, request), 101);
    expect(packet.ip).toMatchObject(outer);
    expect(packet.ip?.inner).toMatchObject({ ...ends, ttl: 63 });
    expect(innermost(packet)).toBe(packet.ip?.inner);
    expect(endpoints(packet)).toEqual({
      protocol: 'tcp',
      source: { address: '192.0.2.2', port: 40000 },
      destination: { address: '203.0.113.100', port: 80 },
    });
  });

  it('reads GRE with and without checksum, key and sequence', () => {
    const plain = decode(ipv4({ ...outer, protocol: 47 }, bytes(u16(0), u16(0x0800), request)), 101);
    expect(plain.ip?.gre).toEqual({ protocol: 0x0800 });
    expect(plain.ip?.inner?.tcp?.destination).toBe(80);
    const full = bytes(u16(0xb000), u16(0x0800), u32(0), u32(42), u32(9), request);
    const packet = decode(ipv4({ ...outer, protocol: 47 }, full), 101);
    expect(packet.ip?.gre).toEqual({ protocol: 0x0800, key: 42, sequence: 9 });
    expect(packet.ip?.inner?.tcp?.destination).toBe(80);
    const other = decode(ipv4({ ...outer, protocol: 47 }, bytes(u16(0), u16(0x6558), request)), 101);
    expect(other.ip?.inner).toBeUndefined();
  });

  it('reads GUE on the port that it is told', () => {
    const gue = bytes(0x01, 4, u16(0), u32(0), request);
    const data = ipv4({ ...outer, protocol: 17 }, udp(50000, 6080, gue));
    expect(decode(data, 101).ip?.inner).toBeUndefined();
    const packet = decode(data, 101, { guePort: 6080 });
    expect(packet.ip?.gue).toEqual({ protocol: 4, control: false });
    expect(packet.ip?.inner?.tcp?.destination).toBe(80);
    const direct = decode(ipv4({ ...outer, protocol: 17 }, udp(50000, 5555, request)), 101);
    expect(direct.ip?.inner?.tcp?.destination).toBe(80);
    const control = decode(
      ipv4({ ...outer, protocol: 17 }, udp(5, 5555, bytes(0x20, 4, 0, 0, request))),
      101,
    );
    expect(control.ip?.gue?.control).toBe(true);
    expect(control.ip?.inner).toBeUndefined();
  });

  it('reads ICMP errors with the datagram that they quote', () => {
    const message = bytes(3, 4, u16(0), u16(0), u16(1480), request);
    const packet = decode(ipv4({ ...outer, protocol: 1 }, message), 101);
    expect(packet.ip?.icmp).toMatchObject({ type: 3, code: 4, mtu: 1480, quoted: { ...ends } });
    // RFC 792: only the IP header and eight bytes need to be quoted.
    const short = decode(ipv4({ ...outer, protocol: 1 }, message.subarray(0, 8 + 28)), 101);
    expect(short.ip?.icmp?.quoted).toMatchObject(ends);
    expect(short.problem).toBeUndefined();
  });

  it('reads the cooked captures of Linux', () => {
    const sll = bytes(u16(0), u16(1), u16(6), mac(A), u16(0), u16(0x0800), request);
    expect(decode(sll, 113)).toMatchObject({ link: { source: A }, ip: ends });
    const sll2 = bytes(u16(0x0800), u16(0), u32(3), u16(1), 0, 6, mac(A), u16(0), request);
    expect(decode(sll2, 276)).toMatchObject({ link: { source: A }, ip: ends });
  });

  it('names what it cannot read', () => {
    expect(decode(request, 147).problem).toContain('link type 147');
    expect(decode(Uint8Array.of(0x50, 0, 0, 0), 101).problem).toBe('IP version 5');
    const oddTcp = request.slice();
    oddTcp[20 + 12] = 0x10;
    expect(decode(oddTcp, 101).problem).toContain('a TCP header of 4 bytes');
    const nested = Array.from({ length: 12 }).reduce<Uint8Array>(
      (inside) => ipv4({ ...outer, protocol: 4 }, inside),
      request,
    );
    expect(decode(nested, 101).problem).toContain('inside one another');
  });
});

describe('damage', () => {
  const frames = {
    ipip: ethernet(A, B, 0x0800, ipv4({ ...outer, protocol: 4 }, request)),
    gue: ethernet(A, B, 0x0800, ipv4({ ...outer, protocol: 17 }, udp(9, 5555, bytes(0, 4, 0, 0, request)))),
    gre: ethernet(A, B, 0x0800, ipv4({ ...outer, protocol: 47 }, bytes(u16(0), u16(0x0800), request))),
    icmp: ethernet(A, B, 0x0800, ipv4({ ...outer, protocol: 1 }, bytes(3, 1, u16(0), u32(0), request))),
    arp: ethernet(A, B, 0x0806, arp(1, [A, '10.0.0.1'], [B, '10.0.0.2'])),
  };

  it.each(Object.entries(frames))(
    'never throws on %s cut at any byte, and keeps what came before',
    (_, frame) => {
      const whole = decode(frame, 1);
      expect(whole.problem).toBeUndefined();
      for (let length = 0; length < frame.length; length++) {
        const packet = decode(frame.subarray(0, length), 1);
        if (length >= 14) expect(packet.link).toEqual(whole.link);
        if (length >= 34) expect(packet.ip?.destination).toBe(whole.ip?.destination);
        if (whole.ip?.icmp === undefined) expect(packet.problem).toMatch(/^ends inside/);
      }
    },
  );

  it('never throws on random bytes', () => {
    // A linear congruential generator, so that a failure can be repeated.
    let state = 20240229;
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const samples = Object.values(frames);
    for (let round = 0; round < 20_000; round++) {
      const frame = (samples[random(samples.length)] ?? Uint8Array.of()).slice();
      for (let flips = random(6); flips >= 0; flips--) frame[random(frame.length)] = random(256);
      const linkType = [1, 1, 1, 101, 113, 276][random(6)] ?? 1;
      expect(() => decode(frame.subarray(0, 1 + random(frame.length)), linkType)).not.toThrow();
    }
  });
});
