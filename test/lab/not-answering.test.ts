import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ListedLab } from '../../src/commands/status.ts';
import type { UpResult } from '../../src/commands/up.ts';
import { leftOf, user } from './cli.ts';

/** Valid and built whole; the director passes no reply on. */
const MUTE = `lvslab: 1
mode: nat
networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes:
  client: { on: front }
  director: { on: [front, back], sysctls: { net.ipv4.ip_forward: 0 } }
  rs: { on: back, count: 2 }
services: [{ vip: 203.0.113.100 }]
`;
const FORWARD = 'sysctl -qw net.ipv4.ip_forward=';

describe('a lab that is built and does not answer', () => {
  const me = user('not-answering');
  const folder = mkdtempSync(join(tmpdir(), 'not-answering-'));
  const file = join(folder, 'mute.yaml');
  writeFileSync(file, MUTE);
  const state = async () => (await me.json<{ labs: ListedLab[] }>(['list'])).labs.map((lab) => lab.state);

  afterAll(async () => {
    await me.lab(['down', '--all']);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
    rmSync(folder, { recursive: true });
  });

  it('stays, with the diagnosis of `lab test`, until it answers', async () => {
    const began = Date.now();
    const ran = await me.lab(['up', file]);
    expect(ran.code, ran.stdout + ran.stderr).toBe(4);
    expect(ran.stdout).toMatch(
      /^✘ lab mute: up, not answering: 203\.0\.113\.100:80 does not answer client: Connection timed out/m,
    );
    expect(ran.stdout).toMatch(/^✘ answers +0 of 8 requests/m);
    expect(ran.stdout).toMatch(
      /^✘ nat: reply from vip .*director eth1 and no further: net\.ipv4\.ip_forward is 0 on director \(8 of 8 connections/m,
    );
    expect(ran.stdout).toMatch(/^ +director eth1 .*\[SYN,ACK\]/m);
    expect(ran.stdout).not.toContain('✔ nat: request rewritten');
    expect(ran.stdout).toMatch(/^ +next: \.\/lab trace mute · /m);
    // Eight requests that wait three seconds each, one after the other, would take longer.
    expect(Date.now() - began).toBeLessThan(24_000);

    expect(await state()).toEqual(['not-answering']);
    expect((await me.lab(['list'])).stdout).toMatch(/^mute +up, not answering /m);
    const status = await me.lab(['status']);
    expect(status.code).toBe(4);
    expect(status.stdout).toMatch(/^lab mute: up, not answering on the embedded machine/);

    await me.on('director', `${FORWARD}1`);
    const answering = await me.json<UpResult & { state: string }>(['up', file]);
    expect(answering).toMatchObject({ state: 'up', already: true, answered: 2 });
    expect(await state()).toEqual(['up']);
    expect((await me.lab(['down', 'mute'])).code).toBe(0);
  });

  it('leaves nothing with --strict', async () => {
    const ran = await me.lab(['up', file, '--strict']);
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain('the lab is built, but 203.0.113.100:80 does not answer client');
    expect((await me.lab(['list'])).stdout).toBe('no lab is up');
  });
});
