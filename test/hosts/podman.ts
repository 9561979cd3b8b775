import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLACES, type Host } from './host.ts';
import { MODES } from './lists.ts';

const SOCKET = 'export DOCKER_HOST=unix:///run/podman/podman.sock';

/**
 * The three modes on Podman, by its Docker-compatible socket. It is started by that, ends when idle, and has no name server,
 * as where recommended packages are left out; one that has it and stays is in `test/lab/docker`.
 */
export function podman(host: () => Host): void {
  describe('Podman', () => {
    beforeAll(async () => {
      await host().does(`systemctl start podman.socket; ${SOCKET}; lab image import $cache/${host().image}`);
    });
    it('doctor', async () => {
      expect(await host().does(`${SOCKET}; lab doctor`)).toMatch(/✔ docker/);
    });
    it.each(MODES)('%s', async (mode) => {
      await host().does(`cd /root; ${SOCKET}; lab verify ${mode} --jobs 1 ${PLACES.docker}`);
    });
    it('nothing is left', async () => {
      expect(await host().does('podman ps -aq; podman network ls -q | grep -vx podman; true')).toBe('');
    });
    afterAll(async () => {
      await host().does('systemctl stop podman.socket podman.service; flush_firewall');
    });
  });
}
