import { describe, expect, it } from 'vitest';
import { labelFilter } from '../../../src/docker/labels.ts';
import { labelsOf, recordIn } from '../../../src/runtime/docker/record-labels.ts';
import type { LabRecord } from '../../../src/records/lab.ts';
import { confinement, containerOptions } from '../../../src/runtime/docker/container.ts';
import { exitCode } from '../../../src/runtime/docker/process.ts';
import { gatewayOf, networkOptions } from '../../../src/runtime/docker/networks.ts';
import { crossings } from '../../../src/runtime/docker/preflight.ts';
import { wiringCommands, type Device } from '../../../src/runtime/docker/wiring.ts';
import { nodeOf, shipped } from '../plan/labs.ts';

const plan = shipped('nat');
const record: LabRecord = {
  version: 1,
  name: 'nat',
  machine: 'local',
  runtime: 'docker',
  topology: 'nat',
  toolVersion: '1.2.3',
  created: '2000-01-01T00:00:00.000Z',
  complete: false,
  plan,
};

describe('labels', () => {
  it('hold the whole record, and no more than an engine takes', () => {
    const labels = labelsOf(record);
    expect(labels['org.lvslab.lab']).toBe('nat');
    expect(recordIn(labels)).toEqual({ ...record, complete: true });
    expect(Object.values(labels).join('').length).toBeLessThan(16_384);
  });

  it('of others are no record', () => {
    expect(recordIn({})).toBeUndefined();
    expect(recordIn({ 'org.lvslab.record': 'AAAA' })).toBeUndefined();
    const later = labelsOf({ ...record, version: 2 as 1 });
    expect(recordIn(later)).toBeUndefined();
  });

  it('are what everything is found by', () => {
    expect(labelFilter('nat')).toEqual({ label: ['org.lvslab.lab=nat'] });
    expect(labelFilter()).toEqual({ label: ['org.lvslab.lab'] });
  });
});

describe('a container', () => {
  const options = containerOptions(record, nodeOf(plan, 'rs1'), 'image', []);

  it('has no privilege, no mount of the host’s, and what networking takes', () => {
    expect(options.HostConfig?.Privileged).toBeUndefined();
    expect(options.HostConfig?.Binds).toBeUndefined();
    expect(options.HostConfig?.CapDrop).toEqual(['ALL']);
    expect(options.HostConfig?.CapAdd).toEqual(expect.arrayContaining(['NET_ADMIN', 'NET_RAW']));
    for (const name of ['SYS_ADMIN', 'SYS_MODULE', 'SYS_PTRACE', 'MKNOD'])
      expect(options.HostConfig?.CapAdd).not.toContain(name);
  });

  it('may write the settings of its network and no others', () => {
    const paths = (options.HostConfig as { ReadonlyPaths: string[] }).ReadonlyPaths;
    expect(paths).toContain('/proc/sys/kernel');
    expect(paths).toContain('/proc/sysrq-trigger');
    expect(paths.some((path) => path === '/proc/sys' || path.startsWith('/proc/sys/net'))).toBe(false);
  });

  it('leaves AppArmor only where there is one', () => {
    expect(confinement('Docker', false)).toEqual([]);
    expect(confinement('Docker', true)).toEqual(['apparmor=unconfined']);
    const { HostConfig } = containerOptions(record, nodeOf(plan, 'rs1'), 'image', ['apparmor=unconfined']);
    expect(HostConfig?.SecurityOpt).toEqual(['apparmor=unconfined']);
  });

  it('has Podman hide every other setting of the kernel, since it makes all read-only or none', () => {
    const [shown, hidden = ''] = confinement('Podman', false);
    expect(shown).toBe('unmask=/proc/sys');
    const paths = (options.HostConfig as { ReadonlyPaths: string[] }).ReadonlyPaths;
    const settings = paths.filter((path) => path.startsWith('/proc/sys/'));
    expect(hidden).toBe(`mask=${settings.join(':')}`);
    expect(settings).toContain('/proc/sys/kernel');
    expect(confinement('Podman', true)).toContain('apparmor=unconfined');
  });
});

describe('networks', () => {
  it('are routed from release 27 on, and not masqueraded before', () => {
    const [network] = plan.networks;
    if (network === undefined) throw new Error('no network');
    const options = (major: number, product: 'Docker' | 'Podman' = 'Docker') =>
      networkOptions(record, network, { major, product });
    const optionsFor = (major: number) => options(major).Options ?? {};
    expect(optionsFor(28)).toMatchObject({ 'com.docker.network.bridge.gateway_mode_ipv4': 'routed' });
    expect(optionsFor(20)).toMatchObject({ 'com.docker.network.bridge.enable_ip_masquerade': 'false' });
    expect(options(28).Internal).toBeUndefined();
    expect(options(5, 'Podman').Internal).toBe(true);
  });

  it('have a gateway of Docker’s that is nobody’s', () => {
    expect(gatewayOf(plan, '10.0.0.0/24')).toBe('10.0.0.254');
    expect(gatewayOf(shipped('dr-router'), '203.0.113.0/24')).not.toMatch(/\.(254|255|0|1)$/);
    expect(gatewayOf(plan, '2001:db8::/64')).toMatch(/:fffe$/);
    const full = {
      ...plan,
      nodes: [],
      services: ['10.9.9.1', '10.9.9.2'].map((vip) => ({ ...plan.services[0], vip })),
    };
    expect(() => gatewayOf(full as typeof plan, '10.9.9.0/30')).toThrow(/every address of 10\.9\.9\.0\/30/);
  });
});

describe('wiring', () => {
  const device = (ifname: string, local: string): Device => ({ ifname, addr_info: [{ local }] });

  it('knows interfaces by their addresses, whatever the engine calls them', () => {
    const commands = wiringCommands(nodeOf(plan, 'director'), plan, [
      device('lo', '127.0.0.1'),
      device('eth0', '10.0.0.1'),
      device('eth1', '203.0.113.1'),
    ]);
    expect(commands.slice(0, 4)).toEqual([
      'link set eth1 down',
      'link set eth1 name wire0',
      'link set eth0 down',
      'link set eth0 name wire1',
    ]);
    expect(commands).toContain('link set wire0 name eth0');
    const [eth0] = nodeOf(plan, 'director').interfaces;
    expect(commands).toContain(`link set eth0 address ${eth0?.mac ?? ''} mtu 1500 up`);
  });

  it('says what is not there', () => {
    expect(() => wiringCommands(nodeOf(plan, 'director'), plan, [device('eth0', '10.0.0.1')])).toThrow(
      /203\.0\.113\.1/,
    );
  });
});

describe('the preflight', () => {
  it('sends both ways on each network, for and from addresses that lie elsewhere', () => {
    const all = crossings(plan);
    expect(all.map((c) => `${c.network} ${c.from} ${c.to}`)).toEqual([
      'front client director',
      'front director client',
      'back director rs1',
      'back rs1 director',
    ]);
    const back = all.find((c) => c.from === 'rs1');
    expect(back?.packets.map((p) => p.split(',')[1])).toEqual([
      '203.0.113.100',
      '203.0.113.101',
      '203.0.113.1',
    ]);
    expect(all.map((c) => c.ordinary)).toEqual([
      '203.0.113.101,203.0.113.1',
      '203.0.113.1,203.0.113.101',
      '10.0.0.1,10.0.0.11',
      '10.0.0.11,10.0.0.1',
    ]);
    for (const { packets } of all)
      for (const packet of packets) expect(new Set(packet.split(',')).size).toBe(2);
  });
});

describe('a command in a container', () => {
  const engine = (...answers: { Running: boolean; ExitCode: number | null }[]) => {
    const asked: AbortSignal[] = [];
    const inspect = ({ abortSignal }: { abortSignal: AbortSignal }) => {
      asked.push(abortSignal);
      return Promise.resolve(answers[Math.min(asked.length, answers.length) - 1] ?? expect.fail());
    };
    return { inspect, asked };
  };
  const running = { Running: true, ExitCode: null };
  const unknown = { Running: false, ExitCode: null };

  it('has ended once the engine says how', async () => {
    const exec = engine(running, unknown, { Running: false, ExitCode: 7 });
    expect(await exitCode(exec)).toBe(7);
    expect(exec.asked.length).toBe(3);
  });

  it('is asked for ever less often while it runs, and for as long as that is', async () => {
    const exec = engine(...Array.from({ length: 6 }, () => running), { Running: false, ExitCode: 0 });
    const began = Date.now();
    expect(await exitCode(exec, 5)).toBe(0);
    // 10 + 20 + 40 + 80 + 160 + 320
    expect(Date.now() - began).toBeGreaterThan(600);
  });

  it('is not waited for where the engine never says how it ended', async () => {
    await expect(exitCode(engine(unknown), 50)).rejects.toThrow('does not say how the command ended');
  });
});
