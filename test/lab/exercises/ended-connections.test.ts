import { afterAll, beforeAll, expect, it } from 'vitest';
import { leftOf, user } from '../cli.ts';

/** A director goes by the entry of a connection that has ended, where the next one comes from the same client port. */

const me = user('ended-connections');
const { lab, on } = me;

beforeAll(async () => {
  const up = await lab(['up', 'dr']);
  expect(up.code, up.stderr).toBe(0);
});
afterAll(async () => {
  expect((await lab(['down', 'dr'])).code).toBe(0);
  expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
});

it.each(['wrong-scheduler', 'persistence-surprise'])('%s is seen beside their entries', async (fault) => {
  // Each port that the client's kernel gives out from now on has an entry, half of them for each real server.
  await on('client', 'sysctl -w net.ipv4.ip_local_port_range="40000 40063"');
  await on('client', `curl -s -o /dev/null -H 'Connection: close' 'http://192.0.2.100/?[1-64]'`);
  const broken = await lab(['break', 'dr', fault, '--seed', '1']);
  expect(broken.code, broken.stderr).toBe(0);
  const { stdout } = await lab(['check', 'dr', '--json']);
  const { findings } = JSON.parse(stdout) as { findings: { id: string; outcome: string }[] };
  expect(findings.find(({ id }) => id === 'condition 1')?.outcome).toBe('fail');
  expect((await lab(['reset', 'dr'])).code).toBe(0);
});
