import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../src/proof/check.ts';
import { user } from './cli.ts';

const { lab, on, json } = user('limits');
const folder = mkdtempSync(join(tmpdir(), 'lvslab-limits-'));

const FILE = `lvslab: 1
mode: dr
networks: { net: 192.0.2.0/24 }
nodes:
  client: { on: net }
  director: { on: net }
  rs1: { on: net }
  rs2: { on: net }
services:
  - vip: 192.0.2.100
    servers: [{ node: rs1, upper: 16, lower: 8 }, { node: rs2, upper: 16, lower: 8 }]
  - vip: 192.0.2.101
    scheduler: lc
    servers: [{ node: rs1, upper: 20 }, { node: rs2, weight: 3 }]
  - vip: 192.0.2.102
    scheduler: wrr
    servers: [{ node: rs1, weight: 1000 }, rs2]
`;

beforeAll(async () => {
  const file = join(folder, 'limits.yaml');
  writeFileSync(file, FILE);
  const up = await lab(['up', file]);
  expect(up.code, up.stderr).toBe(0);
  // Connections that ended count until they are forgotten: after ten seconds, where it would be two minutes.
  await on('director', 'ipvsadm --set 0 10 0');
});
afterAll(async () => {
  await lab(['down', '--all']);
  rmSync(folder, { recursive: true });
});

/** Waits until next to nothing is left of what was before; the connections of `up` stay for two minutes. */
async function forgotten(): Promise<void> {
  for (let waited = 0; waited < 200; waited += 1) {
    if (!/:80 +Route +\d+ +(\d\d|[4-9]|\d+ +(\d\d|[4-9]))/.test(await on('director', 'ipvsadm -Ln'))) return;
    await sleep(500);
  }
  throw new Error('the director still remembers connections');
}

async function checks(): Promise<Map<string, Check>> {
  const report = await json<{ checks: Check[] }>(['test']);
  return new Map(report.checks.map((check) => [check.id, check]));
}

describe('real servers with limits', { timeout: 400_000 }, () => {
  it('get no more than they may, and lab test shows it', async () => {
    const all = await checks();
    // The time-out after a FIN is not the plan's.
    expect([...all.values()].filter((check) => check.outcome !== 'pass')).toMatchObject([
      { id: 'director-settings', detail: expect.stringContaining('tcpfin 10 s (planned: 120 s)') as string },
    ]);
    expect(all.get('scheduler 192.0.2.100:80')).toMatchObject({ title: 'limits' });
    expect(all.get('scheduler 192.0.2.100:80')?.detail).toMatch(/\(refused [1-9]\d*, rs1 1\d, rs2 1\d\)/);
    expect(await on('director', 'ipvsadm -Ln --thresholds')).toMatch(/192\.0\.2\.11:80 +16 +8 /);
    expect((await lab(['status'])).stdout).toMatch(/192\.0\.2\.11:80 +16 +8 /);
  });

  it('fail the test when the limit is taken away', async () => {
    await forgotten();
    await on('director', 'ipvsadm -e -t 192.0.2.100:80 -r 192.0.2.11:80 -g -x 0');
    const broken = await checks();
    expect(broken.get('scheduler 192.0.2.100:80')?.outcome).toBe('fail');
    expect(broken.get('table 192.0.2.100:80')?.detail).toMatch(/rs1 .* has upper limit none \(planned: 16\)/);
    await on('director', 'ipvsadm -e -t 192.0.2.100:80 -r 192.0.2.11:80 -g -x 16 -y 8');
  });

  it('are not asked, and nothing is said of them, while they are full', async () => {
    await forgotten();
    await on('director', 'ipvsadm --set 0 120 0');
    await on('client', "curl -s -o /dev/null -H 'Connection: close' 'http://192.0.2.100/?[1-32]' || true");
    const report = await json<{ checks: Check[] }>(['test']);
    const answers = report.checks.find((check) => check.id === 'answers 192.0.2.100:80');
    expect(answers).toMatchObject({ outcome: 'unknown' });
    expect(answers?.detail).toMatch(/as it would be refused: rs1 has \d+ of 16, rs2 has \d+ of 16/);
  });
});

it('wrr with weights 1000 and 1 is judged by part of a round, and rr in its place fails', async () => {
  const distribution = async () => (await checksOf('192.0.2.102')).get('distribution 192.0.2.102:80');
  const right = await distribution();
  expect(right).toMatchObject({ outcome: 'pass' });
  expect(right?.detail).toMatch(
    /rs1 6[34], rs2 [01]: a part of a round of 1001 by weighted round robin 1000:1/,
  );
  await on('director', 'ipvsadm -E -t 192.0.2.102:80 -s rr');
  expect(await distribution()).toMatchObject({ outcome: 'fail' });
}, 400_000);

/** The checks of one service, whatever the limits of the others have come to. */
async function checksOf(vip: string): Promise<Map<string, Check>> {
  const report = await json<{ checks: Check[] }>(['test']);
  return new Map(report.checks.filter((c) => c.id.includes(vip)).map((check) => [check.id, check]));
}
