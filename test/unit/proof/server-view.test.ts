import { describe, expect, it } from 'vitest';
import { addressWithOwner, serverView } from '../../../src/proof/server-view.ts';
import { shipped } from '../plan/labs.ts';
import { ipv4, tcp } from './build.ts';
import { scene } from './scene.ts';

const CLIENT = '203.0.113.101';
const VIP = '203.0.113.100';

/** A packet between two addresses, from port 4000 to 80. */
function packet(
  source: string,
  destination: string,
  flags: number,
  sequence: number,
  ttl: number,
  text = '',
) {
  const segment = tcp({ source: 4000, destination: 80, flags, sequence }, new TextEncoder().encode(text));
  return ipv4({ source, destination, protocol: 6, ttl }, segment);
}

describe('a request as it comes to a real server', () => {
  it('is by IPVS the client’s own connection', () => {
    const plan = shipped('nat');
    const [service] = plan.services;
    const stage = scene(plan);
    stage.hop('client/eth0', 'director/eth0', packet(CLIENT, VIP, 0x02, 7, 64));
    stage.hop('director/eth1', 'rs1/eth0', packet(CLIENT, '10.0.0.11', 0x02, 7, 63));
    expect(service && serverView(service, stage.observations)).toEqual({
      connections: 1,
      source: CLIENT,
      destination: '10.0.0.11',
      ttl: 63,
    });
  });

  it('is by a proxy another connection, with a header', () => {
    const plan = shipped('haproxy');
    const [service] = plan.services;
    const stage = scene(plan);
    stage.hop('client/eth0', 'proxy/eth0', packet(CLIENT, VIP, 0x02, 7, 64));
    stage.hop('proxy/eth1', 'rs1/eth0', packet('10.0.0.1', '10.0.0.11', 0x02, 8, 64));
    const text = `GET / HTTP/1.1\r\nx-forwarded-for: ${CLIENT}\r\n\r\n`;
    stage.hop('proxy/eth1', 'rs1/eth0', packet('10.0.0.1', '10.0.0.11', 0x18, 9, 64, text));
    expect(service && serverView(service, stage.observations)).toEqual({
      connections: 2,
      source: '10.0.0.1',
      destination: '10.0.0.11',
      ttl: 64,
      forwardedFor: CLIENT,
    });
  });

  it('is nothing where none comes', () => {
    const [service] = shipped('nat').services;
    expect(service && serverView(service, [])).toBeUndefined();
  });
});

it('an address is said to be whose it is', () => {
  const plan = shipped('nat');
  expect(['10.0.0.11', VIP, '198.51.100.1'].map((address) => addressWithOwner(plan, address))).toEqual([
    '10.0.0.11 (rs1)',
    `${VIP} (VIP)`,
    '198.51.100.1',
  ]);
});
