import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLACES, type Host, type Place } from './host.ts';

export const MODES = ['nat', 'tun', 'dr'] as const;

/**
 * What is done to one lab in a place, command by command: as a user would on the first day.
 * @param host the machine, once it has booted
 */
export function firstDay(host: () => Host, place: Place): void {
  const lab = (argv: string) => host().does(`cd /root; lab ${argv}`);

  it('up', async () => {
    expect(await lab(`up nat ${PLACES[place]}`)).toMatch(/nat +client · director · rs1 · rs2/);
  });
  it('status', async () => {
    expect(await lab('status nat')).toContain('director');
  });
  it('test', async () => {
    expect(await lab('test nat')).toMatch(/✔ answers +8 of 8 requests/);
  });
  it('break and check', async () => {
    await lab('break nat forwarding-off --lang en');
    const check = await host().runs('lab check nat');
    expect([check.code, check.output]).toEqual([1, expect.stringMatching(/✖|✘|not/) as string]);
    await lab('exec nat/director -- sysctl -w net.ipv4.ip_forward=1');
    await lab('check nat');
  });
  it('down', async () => {
    await lab('down nat');
  });
}

/** Each mode up, tested and down, and nothing left of it. */
export function modes(host: () => Host, place: Place): void {
  let before = '';
  beforeAll(async () => {
    before = await host().traces();
  });
  it.each(MODES)('%s', async (mode) => {
    await host().does(`cd /root; lab verify ${mode} --jobs 1 ${PLACES[place]}`);
  });
  it('nothing is left', async () => {
    expect(await host().traces()).toBe(before);
  });
}

/** The shortest list: doctor, a first day and three modes, with containers of an engine and with namespaces. */
export function shortList(host: () => Host): void {
  describe('namespaces', () => {
    it('doctor', async () => {
      expect(await host().does('lab doctor')).toMatch(/✔ local machine +namespaces\b.*ip_vs/);
    });
    firstDay(host, 'namespaces');
    modes(host, 'namespaces');
  });
  describe('Docker', () => {
    beforeAll(async () => {
      await host().does('start_docker');
    });
    it('the image of a node', async () => {
      await host().does(`give_image ${host().image}; docker images -q lvslab-node | grep .`);
    });
    it('doctor', async () => {
      expect(await host().does('lab doctor')).toMatch(/✔ docker/);
    });
    firstDay(host, 'docker');
    modes(host, 'docker');
    afterAll(async () => {
      await host().does('stop_docker; flush_firewall');
    });
  });
}
