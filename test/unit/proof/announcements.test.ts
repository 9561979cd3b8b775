import { describe, expect, it } from 'vitest';
import { readAnnouncement } from '../../../src/proof/announcements.ts';

const MAC = '02:00:00:01:00:02';
const TO_ALL = `1700000000.250000 ${MAC} > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42:`;

describe('an announcement of an address', () => {
  it.each([
    [`${TO_ALL} Request who-has 192.0.2.100 (ff:ff:ff:ff:ff:ff) tell 192.0.2.100, length 28`, '192.0.2.100'],
    [`${TO_ALL} Request who-has 192.0.2.100 tell 192.0.2.100, length 28`, '192.0.2.100'],
    [`${TO_ALL} Reply 192.0.2.100 is-at ${MAC}, length 28`, '192.0.2.100'],
    [
      `1700000000.250000 ${MAC} > 33:33:00:00:00:01, ethertype IPv6 (0x86dd), length 86: fe80::1 > ff02::1: ICMP6, neighbor advertisement, tgt is 2001:db8::100, length 32`,
      '2001:db8::100',
    ],
  ])('%s', (line, address) => {
    expect(readAnnouncement(line)).toEqual({ time: 1_700_000_000_250, address, mac: MAC });
  });

  it.each([
    `${TO_ALL} Request who-has 192.0.2.100 tell 192.0.2.101, length 28`,
    `1700000000.250000 ${MAC} > 02:00:00:01:00:01, ethertype ARP (0x0806), length 42: Reply 192.0.2.100 is-at ${MAC}, length 28`,
    `1700000000.250000 ${MAC} > 02:00:00:01:00:01, ethertype IPv6 (0x86dd), length 86: fe80::1 > fe80::2: ICMP6, neighbor advertisement, tgt is 2001:db8::100, length 32`,
    'listening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes',
  ])('is none in %s', (line) => {
    expect(readAnnouncement(line)).toBeUndefined();
  });
});
