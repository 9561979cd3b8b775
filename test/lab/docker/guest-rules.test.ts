import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeImage } from '../../../src/docker/image.ts';
import { startGuestEngine, type GuestEngine } from './guest-engine.ts';

/** The engine of the embedded machine on the kernel that is made for labs, with its own iptables. */
describe('an engine in the guest, with iptables', () => {
  let guest: GuestEngine;
  const NETWORKS = ['published', 'asking'];

  beforeAll(async () => {
    guest = await startGuestEngine('lab');
  });
  afterAll(async () => {
    await guest.stop();
  });

  /** What a command on the engine's own host prints: a container in its network, with the right to look at rules. */
  async function onHost(line: string): Promise<string> {
    const { docker } = await guest.connect();
    const container = await docker.createContainer({
      Image: nodeImage('amd64'),
      Cmd: ['sh', '-c', line],
      // Else each piece of what it says has a header.
      Tty: true,
      HostConfig: { NetworkMode: 'host', CapAdd: ['NET_ADMIN'] },
    });
    await container.start();
    await container.wait();
    const said = await container.logs({ stdout: true, stderr: true, follow: false });
    await container.remove();
    return said.toString('latin1').replaceAll('\r', '');
  }

  it('has rules of its own for NAT and for ports', async () => {
    const rules = await onHost('iptables-save');
    expect(rules).toContain('-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER');
    expect(rules).toContain(':DOCKER-USER ');
  });

  it('publishes a port of a container, by NAT, and keeps networks apart', async () => {
    const { docker } = await guest.connect();
    for (const [index, Name] of NETWORKS.entries())
      await docker.createNetwork({ Name, IPAM: { Config: [{ Subnet: `172.30.${index}.0/24` }] } });
    const server = await docker.createContainer({
      Image: nodeImage('amd64'),
      Cmd: ['socat', 'TCP-LISTEN:8000,fork,reuseaddr', 'SYSTEM:echo from $SOCAT_PEERADDR'],
      ExposedPorts: { '8000/tcp': {} },
      HostConfig: { NetworkMode: 'published', PortBindings: { '8000/tcp': [{ HostPort: '18000' }] } },
    });
    await server.start();
    const ask = (address: string, port: number) =>
      `for i in 1 2 3; do socat -T 3 - TCP:${address}:${port},connect-timeout=2 </dev/null && break; sleep 0.2; done`;
    // The engine's host itself, by the port that it publishes.
    expect(await onHost(ask('172.30.1.1', 18000))).toContain('from 172.30.0.1');
    expect(await onHost('iptables-save -t nat')).toMatch(
      / --dport 18000 -j DNAT --to-destination 172\.30\.0\.\d+:8000/,
    );
    expect(await onHost('iptables-save -t nat')).toMatch(
      /-A POSTROUTING -s 172\.30\.1\.0\/24 ! -o br-\S+ -j MASQUERADE/,
    );
    const asking = await docker.createContainer({
      Image: nodeImage('amd64'),
      Cmd: ['sh', '-c', ask('172.30.1.1', 18000)],
      HostConfig: { NetworkMode: 'asking' },
    });
    await asking.start();
    await asking.wait();
    const said = (await asking.logs({ stdout: true, stderr: true, follow: false })).toString('latin1');
    // The engine's own rules drop what goes from one of its networks to another, by a published port as well.
    expect(said).toContain('timed out');
    expect(said).not.toContain('from 172.30');
    for (const container of [asking, server]) await container.remove({ force: true });
    for (const name of NETWORKS) await docker.getNetwork(name).remove();
  });
});
