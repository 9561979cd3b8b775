import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../src/proof/check.ts';
import { user } from './cli.ts';

const { lab, on, json } = user('timeouts');
const OPTIONS = 'keepalive,keepidle=4,keepintvl=4';

beforeAll(async () => {
  const up = await lab(['up', 'timeouts']);
  expect(up.code, up.stderr).toBe(0);
});
afterAll(async () => {
  await lab(['down', '--all']);
});

/** How many of two requests over one connection are answered, the second after twelve idle seconds. */
async function answered(options: string): Promise<number> {
  const ask = "ask() { printf 'GET / HTTP/1.1\\r\\nHost: lab\\r\\n\\r\\n'; sleep $1; }";
  const said = await on(
    'client',
    `${ask}; (ask 12; ask 1) | socat - TCP:203.0.113.100:80${options} 2>&1 || :`,
  );
  return [...said.matchAll(/^HTTP\/1\.1 200/gm)].length;
}

/** Rows of `lab test` that are not green. */
async function notGreen(): Promise<Check[]> {
  const { checks } = await json<{ checks: Check[] }>(['test']);
  return checks.filter((check) => check.outcome !== 'pass');
}

describe('a director with connection timeouts of its own', () => {
  it('is told of them by ipvsadm, and nothing differs from the plan', async () => {
    expect(await on('director', 'ipvsadm -L --timeout')).toMatch(/: 10 5 10\s*$/);
    expect((await lab(['status'])).stdout).toContain('everything is as the plan says');
    expect(await notGreen()).toEqual([]);
  });

  it('forgets a connection that was idle for longer, and keeps one whose keepalive is shorter', async () => {
    const [plain, kept] = await Promise.all([answered(''), answered(`,${OPTIONS}`)]);
    expect({ plain, kept }).toEqual({ plain: 1, kept: 2 });
  });

  it('is red where somebody sets others, and reset puts them back', async () => {
    await on('director', 'ipvsadm --set 900 120 300');
    const differs = 'tcp 900, not 10; tcpfin 120, not 5; udp 300, not 10';
    expect((await lab(['status'])).stdout).toContain(`timeouts ipvs  ${differs}`);
    const [red, ...others] = await notGreen();
    expect(red).toMatchObject({ id: 'director-settings', outcome: 'fail' });
    expect(red?.detail).toContain('tcp 900 s (planned: 10 s)');
    expect(others).toEqual([]);
    expect((await lab(['reset'])).code).toBe(0);
    expect(await on('director', 'ipvsadm -L --timeout')).toMatch(/: 10 5 10\s*$/);
    expect(await notGreen()).toEqual([]);
  });
});
