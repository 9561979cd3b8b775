import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TCP_FLAGS, type Ip, type Packet, type Tcp } from '../../../src/proof/packet.ts';
import { decode } from '../../../src/proof/packets.ts';
import { readPcap } from '../../../src/proof/pcap.ts';
import { fixture } from './captured.ts';

/** How tshark reads the same files, recorded by test/fixtures/pcap/read-with-tshark.sh. */
interface Recorded {
  fields: string;
  files: Record<string, string[]>;
}

const LABS = [
  'dr-no-vip',
  'dr6',
  'dr6-two-owners',
  'misc',
  'nat',
  'nat6',
  'tun-4in6',
  'tun-6in4',
  'tun-down',
  'tun-gre',
  'tun-gue',
  'tun-ipip',
  'tun-upload',
  'tun6',
];

/** Every IP header of a frame from the outside in, those that ICMP quotes included. */
function headers(packet: Packet, gue: boolean): Ip[] {
  const found: Ip[] = [];
  let ip = packet.ip;
  while (ip !== undefined) {
    found.push(ip);
    // tshark does not look into GUE.
    ip = gue && ip.gue !== undefined ? undefined : (ip.inner ?? ip.icmp?.quoted);
  }
  return found;
}

/** Our reading of a frame in tshark's fields. */
function inTsharkFields(packet: Packet, time: number, length: number): Record<string, string> {
  const all = headers(packet, true);
  const four = all.filter((ip) => ip.version === 4);
  const six = all.filter((ip) => ip.version === 6);
  const tcps = all.flatMap((ip) => ip.tcp ?? []);
  const udps = all.flatMap((ip) => ip.udp ?? []);
  const icmps = four.flatMap((ip) => ip.icmp ?? []);
  const icmps6 = six.flatMap((ip) => ip.icmp ?? []);
  const list = <T>(items: T[], field: (item: T) => string | number | undefined) =>
    items
      .map(field)
      .filter((value) => value !== undefined)
      .join(',');
  const hex = (value: number, digits: number) => `0x${value.toString(16).padStart(digits, '0')}`;
  const bits = (tcp: Tcp) => tcp.flags.reduce((sum, flag) => sum | (1 << TCP_FLAGS.indexOf(flag)), 0);
  const target = (kind: string) => (ip: (typeof icmps6)[number]) =>
    ip.neighbour?.kind === kind ? ip.neighbour.target : undefined;
  return {
    'frame.len': String(length),
    'frame.time_epoch': String(time),
    'eth.src': packet.link?.source ?? '',
    'eth.dst': packet.link?.destination ?? '',
    'arp.opcode': packet.arp === undefined ? '' : packet.arp.operation === 'request' ? '1' : '2',
    'arp.src.hw_mac': packet.arp?.senderMac ?? '',
    'arp.src.proto_ipv4': packet.arp?.senderIp ?? '',
    'arp.dst.proto_ipv4': packet.arp?.targetIp ?? '',
    'ip.src': list(four, (ip) => ip.source),
    'ip.dst': list(four, (ip) => ip.destination),
    'ip.ttl': list(four, (ip) => ip.ttl),
    'ip.proto': list(four, (ip) => ip.protocol),
    'ip.id': list(four, (ip) => hex(ip.id ?? 0, 4)),
    'ip.len': list(four, (ip) => ip.totalLength),
    'ip.flags.df': list(four, (ip) => Number(ip.dontFragment)),
    'ip.flags.mf': list(four, (ip) => Number(ip.fragment?.more ?? false)),
    'ip.frag_offset': list(four, (ip) => (ip.fragment?.offset ?? 0) / 8),
    'ip.checksum.status': list(four, (ip) => Number(ip.checksumRight)),
    'ipv6.src': list(six, (ip) => ip.source),
    'ipv6.dst': list(six, (ip) => ip.destination),
    'ipv6.hlim': list(six, (ip) => ip.ttl),
    'icmp.type': list(icmps, (icmp) => icmp.type),
    'icmp.code': list(icmps, (icmp) => icmp.code),
    'icmp.mtu': list(icmps, (icmp) => icmp.mtu),
    'icmpv6.type': list(icmps6, (icmp) => icmp.type),
    'icmpv6.nd.ns.target_address': list(icmps6, target('solicitation')),
    'icmpv6.nd.na.target_address': list(icmps6, target('advertisement')),
    'tcp.srcport': list(tcps, (tcp) => tcp.source),
    'tcp.dstport': list(tcps, (tcp) => tcp.destination),
    'tcp.flags': list(tcps, (tcp) => hex(bits(tcp), 4)),
    'tcp.seq_raw': list(tcps, (tcp) => tcp.sequence),
    'tcp.ack_raw': list(tcps, (tcp) => tcp.acknowledgement),
    'tcp.len': list(tcps, (tcp) => tcp.payloadLength),
    'tcp.options.mss_val': list(tcps, (tcp) => tcp.mss),
    'tcp.options.timestamp.tsval': list(tcps, (tcp) => tcp.timestamps?.value),
    'udp.srcport': list(udps, (udp) => udp.source),
    'udp.dstport': list(udps, (udp) => udp.destination),
    'gre.proto': list(
      all.flatMap((ip) => ip.gre ?? []),
      (gre) => hex(gre.protocol, 4),
    ),
  };
}

describe.each(LABS)('%s, as tshark reads it', (lab) => {
  const recorded = JSON.parse(
    readFileSync(new URL(`../../fixtures/pcap/${lab}/tshark.json`, import.meta.url), 'utf8'),
  ) as Recorded;
  const names = recorded.fields.split(' ');

  it.each(Object.keys(recorded.files))('%s', (file) => {
    const { records, linkType, damage } = readPcap(fixture(`${lab}/${file}`));
    const rows = recorded.files[file] ?? [];
    expect(damage).toBeUndefined();
    expect(records.length).toBe(rows.length);
    records.forEach((record, index) => {
      const values = (rows[index] ?? '').split('\t');
      const theirs = Object.fromEntries(names.map((name, column) => [name, values[column] ?? '']));
      const ours = inTsharkFields(decode(record.data, linkType), record.time, record.originalLength);
      const seconds = Number(theirs['frame.time_epoch']);
      expect(Math.abs(record.time / 1e6 - seconds)).toBeLessThan(1e-6);
      for (const [name, value] of Object.entries(ours)) {
        if (name === 'frame.time_epoch') continue;
        // How much tshark reads of a TCP header inside an ICMP error depends on how much was quoted.
        if (['3', '5'].includes(theirs['icmp.type'] ?? '') && /^tcp\.(?!srcport|dstport)/.test(name))
          continue;
        expect({ frame: index + 1, [name]: value }).toEqual({ frame: index + 1, [name]: theirs[name] });
      }
    });
  });
});
