import { expect, it } from 'vitest';
import { readPcap } from '../../src/proof/pcap.ts';
import type { HeldJob, OwnWork, Runtime } from '../../src/runtime/runtime.ts';
import { tcpdumpCommand } from '../../src/traffic/capture.ts';
import { CONTRACT_PLAN } from './contract.ts';

type Run = (node: string, line: string) => Promise<{ code: number; stdout: string; stderr: string }>;

const listening = (node: string, device: string, more: Partial<HeldJob> & { length?: number } = {}) => ({
  node,
  argv: [':capture' satisfies OwnWork, device, String(more.length ?? 2048), '262144'],
  ready: 'listening',
  ...(more.most === undefined ? {} : { most: more.most }),
});
const frames = (pcap: Buffer | undefined) => {
  const { records, damage } = readPcap(pcap ?? Buffer.alloc(0));
  expect(damage).toBeUndefined();
  return records.map(({ data, originalLength }) => `${originalLength} ${Buffer.from(data).toString('hex')}`);
};

/** A frame with the tag of VLAN 7, which a kernel that gets it takes off. */
const TAGGED = String.raw`socket my $s, 17, 3, 0; my $r = pack "a16 l x20", "eth0"; ioctl $s, 0x8933, $r;
  bind $s, pack "S n l x12", 17, 3, unpack "x16 l", $r; send $s, "\xff" x 6 . "\2\0\0\0\0\7" . pack("n3", 0x8100, 7, 0x88b5) . "tagged" x 10, 0`;

/** What every runtime's agents do by themselves; the lab of the contract is up. */
export function ownWorkContract(place: () => Runtime, sh: Run, emulated: boolean): void {
  if (emulated)
    // The kernel would: QEMU hands no option of packet sockets on to it.
    it('says where it cannot capture', async () => {
      const held = place().hold([listening('alice', 'eth0')]);
      await expect(held).rejects.toThrow('cannot listen on eth0: Protocol not available');
    });
  else captureContract(place, sh);
  filesAndNeighboursContract(place, sh);
}

function captureContract(place: () => Runtime, sh: Run): void {
  it('captures as tcpdump does, on every interface at once', async () => {
    const runtime = place();
    const devices = CONTRACT_PLAN.nodes.flatMap(({ name, interfaces }) =>
      interfaces.map((own) => ({ node: name, device: own.name })),
    );
    const own = await runtime.hold(devices.map(({ node, device }) => listening(node, device)));
    const theirs = await runtime.hold(
      devices.map(({ node, device }) => ({
        node,
        argv: tcpdumpCommand(device, '-', ['-s', '2048']),
        ready: 'listening on',
      })),
    );
    expect((await sh('alice', 'ping -c 3 -i 0.2 -s 1300 bob')).code).toBe(0);
    expect((await sh('alice', `perl -e '${TAGGED}'`)).code).toBe(0);
    const [reference, captured] = [await theirs.end(), await own.end()];
    for (const [index, { node, device }] of devices.entries()) {
      const seen = frames(captured[index]?.stdout);
      // This one was there sooner and stayed longer.
      for (const frame of frames(reference[index]?.stdout))
        expect(seen, `${node} ${device}`).toContain(frame);
      expect(seen.length).toBeGreaterThanOrEqual(6);
      expect(captured[index]).toMatchObject({ code: 0, stderr: 'listening\n0 frames dropped\n' });
    }
    const tagged = (all: typeof captured) =>
      all.map(({ stdout }) => frames(stdout).filter((frame) => frame.includes('8100000788b5')).length);
    expect(tagged(captured)).toEqual(tagged(reference));
    const at = (name: string) => devices.findIndex((own) => own.node === name);
    expect(tagged(captured)[at('alice')]).toBeGreaterThan(0);
    expect(tagged(captured)[at('between')]).toBeGreaterThan(0);
    // One clock, and the order in which a packet passed.
    const times = ['alice', 'between', 'bob'].map((node) => {
      const { records } = readPcap(captured[at(node)]?.stdout ?? Buffer.alloc(0));
      return records.find(({ data }) => data.length > 1300)?.time ?? NaN;
    });
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(Math.abs((times[0] ?? 0) / 1000 - Date.now())).toBeLessThan(60_000);
  });

  it('keeps so much of each frame, and so much of all', async () => {
    const held = await place().hold([
      listening('alice', 'eth0', { length: 64 }),
      listening('bob', 'eth0', { most: 4000 }),
    ]);
    await sh('alice', 'ping -q -c 10 -i 0.01 -s 1000 bob');
    const [short, cut] = await held.end();
    const lengths = readPcap(short?.stdout ?? Buffer.alloc(0)).records.map((r) => [
      r.data.length,
      r.originalLength,
    ]);
    expect(lengths.filter(([, whole]) => whole === 1042)).toEqual(
      Array.from({ length: 20 }, () => [64, 1042]),
    );
    expect(frames(cut?.stdout).length).toBeGreaterThan(1);
    expect(cut?.stdout.length).toBeLessThanOrEqual(4000);
    expect(cut?.stderr).toMatch(/^cut$/m);
    expect(short?.stderr).not.toMatch(/^cut$/m);
  });

  it('hears an interface that is down as soon as it is up, and refuses one that is not there', async () => {
    const runtime = place();
    await sh('bob', 'ip link set eth0 down');
    const held = await runtime.hold([listening('bob', 'eth0')]);
    await sh('bob', 'ip link set eth0 up; ip route replace default via 10.71.2.254');
    expect((await sh('bob', 'ping -c 1 -W 5 alice')).code).toBe(0);
    const [captured] = await held.end();
    expect(frames(captured?.stdout).length).toBeGreaterThan(1);
    const none = runtime.hold([listening('alice', 'eth0'), listening('bob', 'eth7')]);
    await expect(none).rejects.toThrow('cannot listen on eth7: No such device');
  });
}

function filesAndNeighboursContract(place: () => Runtime, sh: Run): void {
  it('forgets neighbours but permanent ones, and path MTUs, in either family', async () => {
    const runtime = place();
    // An engine's network without IPv6 keeps its containers from it.
    for (const { name } of CONTRACT_PLAN.nodes) await sh(name, 'sysctl -qw net.ipv6.conf.all.disable_ipv6=0');
    await sh(
      'alice',
      'ip -6 addr add fd71:1::1/64 dev eth0 nodad; ip -6 route replace default via fd71:1::fe',
    );
    await sh('between', 'sysctl -qw net.ipv6.conf.all.forwarding=1');
    await sh(
      'between',
      'ip -6 addr add fd71:1::fe/64 dev eth0 nodad; ip -6 addr add fd71:2::fe/64 dev eth1 nodad',
    );
    await sh('bob', 'ip -6 addr add fd71:2::b/64 dev eth0 nodad; ip -6 route replace default via fd71:2::fe');
    await sh('alice', 'ip neigh replace 10.71.1.77 lladdr 02:00:00:00:00:77 nud permanent dev eth0');
    await sh('alice', 'ping -c 2 -W 1 -M do -s 1410 bob; ping -6 -c 2 -W 1 -M do -s 1410 fd71:2::b');
    const bob =
      CONTRACT_PLAN.nodes.find(({ name }) => name === 'bob')?.interfaces[0]?.addresses[0]?.address ?? '';
    const known = async () => (await sh('alice', `ip route get ${bob}; ip -6 route get fd71:2::b`)).stdout;
    const neighbours = async () => (await sh('alice', 'ip neigh')).stdout;
    expect((await known()).match(/mtu 1400/g)).toHaveLength(2);
    expect((await neighbours()).match(/10\.71\.1\.254 .*lladdr|fd71:1::fe .*lladdr/g)).toHaveLength(2);
    const results = await runtime.exec(
      CONTRACT_PLAN.nodes.map(({ name }) => ({ node: name, argv: [':forget' satisfies OwnWork] })),
    );
    expect(results).toEqual(results.map(() => ({ code: 0, stdout: Buffer.alloc(0), stderr: '' })));
    expect(await known()).not.toContain('mtu 1400');
    expect(await neighbours()).toBe('10.71.1.77 dev eth0 lladdr 02:00:00:00:00:77 PERMANENT \n');
    await sh('alice', 'ip neigh del 10.71.1.77 dev eth0; ip -6 addr del fd71:1::1/64 dev eth0');
  });

  it('makes files of a size that go when they are released, and overwrites none', async () => {
    const runtime = place();
    const sparse = (node: string, path: string) => ({
      node,
      argv: [':sparse' satisfies OwnWork, '5000000', path],
      files: [path],
    });
    const look = 'stat -c "%s %b %a" /tmp/own-work';
    const held = await runtime.hold([sparse('alice', '/tmp/own-work'), sparse('bob', '/tmp/own-work')]);
    expect([(await sh('alice', look)).stdout, (await sh('bob', look)).stdout]).toEqual(
      ['alice', 'bob'].map(() => '5000000 0 644\n'),
    );
    await held.end();
    expect((await sh('alice', look)).code + (await sh('bob', look)).code).toBe(2);
    await sh('bob', 'echo mine >/etc/theirs; ln -s /etc/theirs /tmp/own-work');
    const refused = runtime.hold([sparse('bob', '/tmp/own-work')]);
    await expect(refused).rejects.toThrow('/tmp/own-work: File exists');
    expect((await sh('bob', 'cat /etc/theirs')).stdout).toBe('mine\n');
  });
}
