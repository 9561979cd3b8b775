import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseSound } from '../../../src/files/sound-topology.ts';
import { TopologyError } from '../../../src/errors.ts';
import type { Check } from '../../../src/proof/check.ts';
import { smallLab } from '../../unit/random/small.ts';
import { user } from '../cli.ts';

const { lab, json } = user('c13');
const folder = mkdtempSync(join(tmpdir(), 'lvslab-c13-'));

afterAll(async () => {
  await lab(['down', '--all']);
  rmSync(folder, { recursive: true });
});

async function tested(name: string, text: string): Promise<Check[]> {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  const up = await lab(['up', file]);
  expect(up.code, `${text}${up.stderr}`).toBe(0);
  const { checks } = await json<{ checks: Check[] }>(['test', name]);
  await lab(['down', name]);
  return checks;
}

it('NAT answers clients on three networks, wherever its VIPs lie', async () => {
  const checks = await tested(
    'three',
    `lvslab: 1
mode: nat
networks: { office: 203.0.113.0/24, branch: 198.51.100.0/24, back: 10.0.0.0/24 }
nodes:
  client1: { on: office }
  client2: { on: branch }
  insider: { on: back, role: client }
  director: { on: [office, branch, back] }
  rs: { on: back, count: 2 }
services: [{ vip: 203.0.113.100 }, { vip: 10.0.0.11 }, { vip: 192.0.2.7 }]
`,
  );
  expect(checks.filter((check) => check.outcome !== 'pass')).toEqual([]);
  expect(checks.filter(({ id }) => id.startsWith('answers')).map(({ detail }) => detail)).toEqual([
    '203.0.113.100:80: 24 of 24 requests to 203.0.113.100:80',
    '10.0.0.11:80: 24 of 24 requests to 10.0.0.11:80',
    '192.0.2.7:80: 24 of 24 requests to 192.0.2.7:80',
  ]);
});

it('what cannot be answered is refused by validate and up, and nothing is built', async () => {
  const file = join(folder, 'mute.yaml');
  writeFileSync(
    file,
    `lvslab: 1
mode: nat
networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes:
  client: { on: front }
  router: { on: [front, back] }
  director: { on: [front, back] }
  rs: { on: back, count: 2, gateway: router }
services: [{ vip: 203.0.113.100 }]
`,
  );
  for (const verb of ['validate', 'up']) {
    const ran = await lab([verb, file]);
    expect(ran.code).toBe(2);
    expect(ran.stdout + ran.stderr).toContain(
      'mute.yaml:8:38: replies of real server "rs1" to client "client" go rs1 → router → client, past the director',
    );
  }
  expect((await lab(['list'])).stdout).toBe('no lab is up');
});

/** How many of the small labs the kernel is asked about; more with LVSLAB_LABS. */
const LABS = Number(process.env['LVSLAB_LABS'] ?? 2);

describe('small topologies that are accepted', () => {
  const sound = fc
    .sample(smallLab, { seed: Number(process.env['LVSLAB_SEED'] ?? 20_240_607), numRuns: LABS * 40 })
    .filter((text) => {
      try {
        parseSound(text, 'lab.yaml', 'lab');
        return true;
      } catch (error) {
        if (error instanceof TopologyError) return false;
        throw error;
      }
    });

  it.each(sound.slice(0, LABS).map((text, index) => [index + 1, text] as const))(
    'number %i keeps every promise on a kernel',
    async (index, text) => {
      const checks = await tested(`small${index}`, text);
      expect(checks.filter((check) => check.outcome !== 'pass')).toEqual([]);
    },
  );
});
