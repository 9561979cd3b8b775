import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { user } from './cli.ts';

const { lab, on } = user('draining');
const folder = mkdtempSync(join(tmpdir(), 'lvslab-draining-'));
const VIRTUAL = '-t 192.0.2.100:80';

beforeAll(async () => {
  // The shipped DR lab, with the one setting that this is about.
  const file = join(folder, 'draining.yaml');
  const dr = readFileSync(join(import.meta.dirname, '../../topologies/dr.yaml'), 'utf8');
  const own = dr.replace(
    'director: { on: lan }',
    'director: { on: lan, sysctls: { net.ipv4.vs.expire_nodest_conn: 1 } }',
  );
  expect(own).not.toBe(dr);
  writeFileSync(file, own);
  const up = await lab(['up', file]);
  expect(up.code, up.stderr).toBe(0);
  // Slow at the server, so that nothing of the download is under way when its server goes.
  for (const rs of ['rs1', 'rs2'])
    await on(
      rs,
      'tc qdisc add dev eth0 root tbf rate 2mbit burst 20k latency 200ms; truncate -s 20M /srv/www/long',
    );
});
afterAll(async () => {
  await lab(['down', '--all']);
  rmSync(folder, { recursive: true });
});

/** Both servers with weight 1, whatever the test before left. */
beforeEach(async () => {
  for (const last of ['11', '12'])
    await on(
      'director',
      `ipvsadm -a ${VIRTUAL} -r 192.0.2.${last} -g 2>/dev/null || ipvsadm -e ${VIRTUAL} -r 192.0.2.${last} -g -w 1`,
    );
});

/** A download that takes more than a minute. */
async function download() {
  await on(
    'client',
    'rm -f /tmp/long /tmp/head /tmp/end; (curl -sS -D /tmp/head -o /tmp/long http://192.0.2.100/long; echo "ended: $?" >/tmp/end) </dev/null >/dev/null 2>/tmp/said &',
  );
  const size = async () => Number(await on('client', 'stat -c %s /tmp/long 2>/dev/null || echo 0'));
  const grows = async (seconds = 60) => {
    const before = await size();
    for (let waited = 0; waited < seconds * 5; waited += 1) {
      if ((await size()) > before + 20_000) return true;
      await sleep(200);
    }
    return false;
  };
  expect(await grows()).toBe(true);
  const server = /X-Real-Server: (\S+)/i.exec(await on('client', 'cat /tmp/head'))?.[1] ?? '';
  return {
    server,
    other: server === 'rs1' ? 'rs2' : 'rs1',
    address: server === 'rs1' ? '192.0.2.11' : '192.0.2.12',
    size,
    grows,
    /** curl's exit code; undefined while it runs. */
    ended: async () => /ended: (\d+)/.exec(await on('client', 'cat /tmp/end 2>/dev/null || true'))?.[1],
    said: () => on('client', 'cat /tmp/said'),
    stop: () => on('client', 'while [ ! -e /tmp/end ]; do kill $(pidof curl) 2>/dev/null; sleep 0.1; done'),
  };
}

async function ask(times: number): Promise<string[]> {
  const answers = await on(
    'client',
    `curl -s -H 'Connection: close' --max-time 20 'http://192.0.2.100/?[1-${times}]'`,
  );
  return answers.split('\n').sort();
}

describe('a server that is to leave', () => {
  it('keeps its connections with weight 0, and gets no new ones', async () => {
    expect(await on('director', 'sysctl -n net.ipv4.vs.expire_nodest_conn')).toBe('1');
    const running = await download();
    expect(await ask(6)).toEqual(['rs1', 'rs1', 'rs1', 'rs2', 'rs2', 'rs2']);
    await on('director', `ipvsadm -e ${VIRTUAL} -r ${running.address} -g -w 0`);
    expect(await ask(6)).toEqual(Array.from({ length: 6 }, () => running.other));
    expect(await running.grows()).toBe(true);
    expect(await running.ended()).toBeUndefined();
    expect(await on('director', 'ipvsadm -Ln')).toMatch(new RegExp(`${running.address}:80 +Route +0 +1 `));
    await running.stop();
  });

  it('leaves its connections hanging when it is removed, until it is back', async () => {
    await on('director', 'sysctl -qw net.ipv4.vs.expire_nodest_conn=0');
    const running = await download();
    await on('director', `ipvsadm -d ${VIRTUAL} -r ${running.address}`);
    // What was on its way arrives; then nothing does.
    let still = 0;
    for (let last = -1, waited = 0; still < 15 && waited < 300; waited += 1) {
      const now = await running.size();
      still = now === last ? still + 1 : 0;
      last = now;
      await sleep(200);
    }
    expect(still).toBe(15);
    expect(await running.ended()).toBeUndefined();
    expect(await ask(4)).toEqual(Array.from({ length: 4 }, () => running.other));
    await on('director', `ipvsadm -a ${VIRTUAL} -r ${running.address} -g`);
    expect(await running.grows(110)).toBe(true);
    await running.stop();
  });

  it('has its connections reset when it is removed, where the file says expire_nodest_conn: 1', async () => {
    // As the file has it.
    await on('director', 'sysctl -qw net.ipv4.vs.expire_nodest_conn=1');
    const running = await download();
    await on('director', `ipvsadm -d ${VIRTUAL} -r ${running.address}`);
    let code: string | undefined;
    for (let waited = 0; code === undefined && waited < 300; waited += 1) {
      code = await running.ended();
      await sleep(100);
    }
    expect(code).toBe('56');
    expect(await running.said()).toMatch(/reset by peer/i);
  });
});
