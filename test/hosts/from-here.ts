import { execa } from 'execa';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/host/paths.ts';
import { PLACES, type Host } from './host.ts';
import { MODES } from './lists.ts';
import { ADDRESS } from './machine.ts';

/** The engine listens on the machine's own network as well, which has no other machine in it. */
const SETTINGS = JSON.stringify({
  hosts: ['unix:///run/docker.sock', `tcp://${ADDRESS}:2375`],
  tls: false,
});

/**
 * The tool on this host with the machine's engine: the client and the engine may be of different processors.
 * @param url where this host finds the engine
 */
export function fromHere(host: () => Host, url: () => string): void {
  describe("the machine's Docker engine, from here", () => {
    const state = mkdtempSync(join(tmpdir(), 'lvslab-hosts-'));
    let before = '';
    const lab = async (...argv: string[]) => {
      const { exitCode, all } = await execa(join(packageRoot, 'lab'), argv, {
        env: { DOCKER_HOST: url(), LVSLAB_STATE: state, NO_COLOR: '1' },
        all: true,
        reject: false,
      });
      expect(exitCode, all).toBe(0);
      return all;
    };
    beforeAll(async () => {
      chmodSync(state, 0o700);
      await host().does(
        `set -e; stop_docker; modprobe virtio_net
        ip link set eth0 up; ip address replace ${ADDRESS}/24 dev eth0
        mkdir -p /etc/docker; echo '${SETTINGS}' >/etc/docker/daemon.json
        start_docker; give_image ${host().image}`,
      );
      before = await host().traces();
    });
    it('doctor', async () => {
      expect(await lab('doctor')).toMatch(new RegExp(`✔ docker .*${url()}`));
    });
    it.each(MODES)('%s', async (mode) => {
      await lab('verify', mode, '--jobs', '1', ...PLACES.docker.split(' '));
    });
    it('nothing is left', async () => {
      expect(await host().traces()).toBe(before);
      expect(readdirSync(state).filter((name) => !name.startsWith('.'))).toEqual([]);
    });
    afterAll(async () => {
      await host().does('stop_docker; rm -f /etc/docker/daemon.json; flush_firewall');
      rmSync(state, { recursive: true, force: true });
    });
  });
}
