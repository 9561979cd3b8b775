import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PLACES, type Host } from './host.ts';
import { modes } from './lists.ts';

/** A way in which people have Docker. */
export interface Variant {
  name: string;
  /** The first release of Docker that has it. */
  release?: number;
  /** Contents of daemon.json. */
  daemon?: Record<string, unknown>;
  /** Bash, before Docker starts. */
  before?: string;
  /** Bash, once it has started. */
  after?: string;
  /** Bash, once it has been stopped. */
  undo?: string;
  /** Words of the rule that `up` must name, where it is to be refused. */
  refused?: RegExp;
}

const ALTERNATIVES = (kind: 'legacy' | 'nft') =>
  ['iptables', 'ip6tables'].map((p) => `update-alternatives --set ${p} /usr/sbin/${p}-${kind}`).join('; ');

export const VARIANTS: Variant[] = [
  { name: 'Docker, iptables-legacy', before: ALTERNATIVES('legacy'), undo: ALTERNATIVES('nft') },
  { name: 'Docker, iptables: false', daemon: { iptables: false, ip6tables: false } },
  { name: 'Docker, userland-proxy: false', daemon: { 'userland-proxy': false } },
  {
    name: 'Docker, a drop in DOCKER-USER',
    after: 'sysctl -w net.bridge.bridge-nf-call-iptables=1; iptables -I DOCKER-USER -j DROP',
    refused: /DOCKER-USER -j DROP/,
  },
  { name: 'Docker, firewalld', before: 'systemctl start firewalld', undo: 'systemctl stop firewalld' },
  { name: 'Docker, ufw', before: 'ufw --force enable', undo: 'ufw --force disable' },
];

/** Docker's own nftables rules in place of iptables', where the release has them: from 29 on. */
export const NFTABLES: Variant = {
  name: 'Docker, firewall-backend: nftables',
  release: 29,
  daemon: { 'firewall-backend': 'nftables' },
};

/** Commands that an error of `up` says are to be run on the engine's host. */
export function waysOut(output: string): string[] {
  return Array.from(output.matchAll(/^\s+((?:sysctl|nft|iptables) .*)$/gm), ([, line = '']) => line);
}

/** The three modes on Docker as a variant has it; the machine is as before afterwards. */
export function variant(
  host: () => Host,
  { name, release = 0, daemon, before, after, undo, refused }: Variant,
): void {
  describe(name, () => {
    let lacking = false;
    beforeAll(async () => {
      const own = await host().does('dockerd --version | grep -o "[0-9]*" | head -1');
      lacking = Number(own) < release;
      if (lacking) return;
      const settings = daemon === undefined ? '' : JSON.stringify(daemon);
      await host().does(
        `set -e; stop_docker || true; flush_firewall
        mkdir -p /etc/docker; rm -f /etc/docker/daemon.json
        ${settings === '' ? '' : `echo '${settings}' >/etc/docker/daemon.json`}
        ${before ?? ''}
        start_docker
        give_image ${host().image}
        ${after ?? ''}`,
      );
    });
    beforeEach((context) => {
      context.skip(lacking, `needs Docker ${release}`);
    });
    if (refused === undefined) modes(host, 'docker');
    else {
      it('up is refused, names the rule, and its way out works', async () => {
        const up = await host().runs(`lab up nat ${PLACES.docker}`);
        expect(up.code, up.output).toBe(3);
        expect(up.output).toMatch(refused);
        const commands = waysOut(up.output);
        expect(commands, up.output).not.toEqual([]);
        await host().does(
          `set -e\n${commands.join('\n')}\nlab up nat ${PLACES.docker}; lab test nat; lab down nat`,
        );
      });
      describe('past that rule', () => {
        modes(host, 'docker');
      });
    }
    afterAll(async () => {
      await host().does(`stop_docker; rm -f /etc/docker/daemon.json; ${undo ?? 'true'}; flush_firewall`);
    });
  });
}
