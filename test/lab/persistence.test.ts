import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../src/proof/check.ts';
import { user } from './cli.ts';

const { lab, on, json } = user('persistence');
const PLAIN = '192.0.2.100:80';
const MASKED = '192.0.2.100:8080';

beforeAll(async () => {
  const up = await lab(['up', 'persistence']);
  expect(up.code, up.stderr).toBe(0);
});
afterAll(async () => {
  await lab(['down', '--all']);
});

/** Who answers so many requests, each over a connection of its own. */
async function ask(service: string, from: string, times: number, client = 'client1'): Promise<string[]> {
  const url = `http://${service}/?[1-${times}]`;
  return (await on(client, `curl -s -H 'Connection: close' --max-time 5 --interface ${from} '${url}'`))
    .split('\n')
    .filter((line) => line !== '');
}

/** Seconds that the director's template for a client has left; undefined where it has none. */
async function template(service: string, client: string): Promise<number | undefined> {
  const rows = (await on('director', 'ipvsadm -Lnc')).split('\n').map((row) => row.trim().split(/\s+/));
  const row = rows.find((words) => words[3] === `${client}:0` && words[4] === service);
  const [minutes = 0, seconds = 0] = row?.[1]?.split(':').map(Number) ?? [];
  return row === undefined ? undefined : minutes * 60 + seconds;
}

describe('a persistent service', () => {
  const persistence = async () => {
    const { checks } = await json<{ checks: Check[] }>(['test']);
    return checks.filter((check) => check.id.startsWith('persistence')).map((check) => check.outcome);
  };

  it('has a timeout of its own, and lets go of a client once that is over', async () => {
    // Without this, a connection that ended is remembered for two minutes, and with it its client’s server. First of
    // all the tests, because what is remembered outlives even the service.
    await on('director', 'ipvsadm --set 0 1 0');
    const [own = '', ...again] = await ask(PLAIN, '192.0.2.130', 6);
    expect(again).toEqual([own, own, own, own, own]);
    const [wide = ''] = await ask(MASKED, '192.0.2.131', 1);
    expect(await ask(MASKED, '192.0.2.132', 3)).toEqual([wide, wide, wide]);
    // The next client in turn has the other one: so many requests would not have met one server by themselves.
    const others = await ask(PLAIN, '192.0.2.145', 4, 'client2');
    expect(new Set(others).size).toBe(1);
    expect(others[0]).not.toBe(own);
    expect(await template(PLAIN, '192.0.2.145')).toBeLessThanOrEqual(5);
    const left = await template(MASKED, '192.0.2.128');
    expect(left).toBeLessThanOrEqual(30);
    expect(left).toBeGreaterThan(5);

    for (let waited = 0; waited < 300 && (await template(PLAIN, '192.0.2.145')) !== undefined; waited += 1)
      await sleep(200);
    for (let waited = 0; waited < 300 && (await template(PLAIN, '192.0.2.130')) !== undefined; waited += 1)
      await sleep(200);
    // In turn again: the next is the one that the last did not have.
    expect((await ask(PLAIN, '192.0.2.130', 1))[0]).toBe(own);
    for (let waited = 0; waited < 300 && (await template(PLAIN, '192.0.2.130')) !== undefined; waited += 1)
      await sleep(200);
    expect((await ask(PLAIN, '192.0.2.130', 1))[0]).not.toBe(own);
    await on('director', 'ipvsadm --set 0 120 0');
  });

  it('keeps each client, or each client network, with one real server; lab test sees it go, and the mask', async () => {
    const { checks } = await json<{ checks: Check[] }>(['test']);
    expect(checks.filter((check) => check.outcome !== 'pass')).toEqual([]);
    expect(checks.filter((c) => c.id.startsWith('persistence')).map((c) => c.detail)).toEqual([
      expect.stringContaining('of 10 clients: each kept its real server') as string,
      expect.stringContaining('of 2 client networks: each kept its real server') as string,
    ]);
    await on('director', `ipvsadm -E -t ${PLAIN} -s rr && ipvsadm -E -t ${MASKED} -s rr -p 30`);
    expect(await persistence()).toEqual(['fail', 'fail']);
    await on(
      'director',
      `ipvsadm -E -t ${PLAIN} -s rr -p 5 && ipvsadm -E -t ${MASKED} -s rr -p 30 -M 255.255.255.240`,
    );
  });

  it('leaves its clients with a server of weight 0, unless expire_quiescent_template is 1', async () => {
    await on('director', `ipvsadm -E -t ${PLAIN} -s rr -p 600`);
    const [own = ''] = await ask(PLAIN, '192.0.2.133', 1);
    const other = own === 'rs1' ? 'rs2' : 'rs1';
    const address = own === 'rs1' ? '192.0.2.11' : '192.0.2.12';
    await on('director', `ipvsadm -e -t ${PLAIN} -r ${address} -g -w 0`);
    expect(await ask(PLAIN, '192.0.2.133', 3)).toEqual([own, own, own]);
    // A client that is new goes where there is weight.
    expect(await ask(PLAIN, '192.0.2.134', 3)).toEqual([other, other, other]);
    await on('director', 'sysctl -qw net.ipv4.vs.expire_quiescent_template=1');
    expect(await ask(PLAIN, '192.0.2.133', 3)).toEqual([other, other, other]);
  });
});
