import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPlan } from '../../src/files/topology-file.ts';
import type { LabRecord } from '../../src/records/lab.ts';
import { traces, user } from './cli.ts';

const { lab, state, env } = user('ssh-address');
const folder = mkdtempSync(join(tmpdir(), 'lvslab-address-'));
const sentinel = join(folder, 'sentinel');
const file = join(folder, 'plain.yaml');
/** What ssh takes for an option that has a shell make the file, if it gets to see it as a word of its own. */
const OPTION = '-oProxyCommand=touch${IFS}sentinel';
const ADDRESS = `ssh://${OPTION}`;

/** Runs the tool where the option would make its file. */
const here = (argv: string[], more: NodeJS.ProcessEnv = {}) =>
  lab(argv, { cwd: folder, env: { ...env, ...more } });

beforeAll(() => {
  writeFileSync(
    file,
    'lvslab: 1\nnetworks: { net: 10.0.0.0/24 }\nnodes: { h: { role: client, on: net, count: 2 } }\n',
  );
});
afterAll(() => {
  expect(traces(state)).toEqual({ processes: [], mounts: [] });
  rmSync(folder, { recursive: true, force: true });
  rmSync(state, { recursive: true, force: true });
});

describe('an address that ssh would take for an option', () => {
  it.each(['netns', 'docker'])('is refused as a machine for %s, before anything is made', async (runtime) => {
    for (const address of [ADDRESS, `ssh://${OPTION.replace('-', '%2d')}`, `ssh://root@${OPTION}`]) {
      const up = await here(['up', file, '--machine', address, '--runtime', runtime]);
      expect(up.code, up.stderr).toBe(2);
      expect(up.stderr).toContain('(--machine) is no address for ssh: the host begins with a dash');
      expect(up.stderr).toContain('ssh://user@host');
    }
    const verify = await here(['verify', file, '--machine', ADDRESS, '--runtime', runtime]);
    expect(verify.code).toBe(2);
    expect(readdirSync(folder)).toEqual(['plain.yaml']);
    expect(existsSync(state)).toBe(false);
  });

  it.each([ADDRESS, `ssh://-l${OPTION}@host`])('is refused in DOCKER_HOST: %s', async (address) => {
    for (const argv of [
      ['up', file],
      ['image', 'build'],
    ]) {
      const ran = await here(argv, { DOCKER_HOST: address });
      expect(ran.code, ran.stderr).toBe(2);
      expect(ran.stderr).toContain('(DOCKER_HOST) is no address for ssh');
    }
    const doctor = await here(['doctor'], { DOCKER_HOST: address });
    expect(doctor.stdout + doctor.stderr).toContain('(DOCKER_HOST) is no address for ssh');
    expect(existsSync(sentinel)).toBe(false);
  });

  it('is refused in a context of Docker', async () => {
    const docker = join(folder, 'docker');
    const meta = join(docker, 'contexts', 'meta', createHash('sha256').update('far').digest('hex'));
    mkdirSync(meta, { recursive: true });
    writeFileSync(
      join(meta, 'meta.json'),
      JSON.stringify({ Name: 'far', Endpoints: { docker: { Host: ADDRESS } } }),
    );
    const up = await here(['up', file], { DOCKER_CONFIG: docker, DOCKER_CONTEXT: 'far' });
    expect(up.code, up.stderr).toBe(2);
    expect(up.stderr).toContain('(Docker context far) is no address for ssh: the host begins with a dash');
    expect(existsSync(sentinel)).toBe(false);
  });

  it.each(['netns', 'docker'] as const)(
    'in the record of a lab of %s reaches no ssh, and the record can be forgotten',
    async (runtime) => {
      const record: LabRecord = {
        ...{ version: 1, name: 'plain', machine: ADDRESS, runtime, topology: file },
        ...{ toolVersion: '0', created: new Date().toISOString(), complete: true },
        plan: readPlan(file, undefined),
        ...(runtime === 'docker'
          ? { engine: { url: ADDRESS, reason: '--machine', certificates: undefined } }
          : {}),
      };
      mkdirSync(join(state, 'plain'), { recursive: true, mode: 0o700 });
      writeFileSync(join(state, 'plain', 'lab.json'), JSON.stringify(record));
      for (const argv of [
        ['exec', 'plain/h1', '--', 'true'],
        ['list'],
        ['status', 'plain'],
        ['up', file],
        ['down', 'plain'],
      ]) {
        const ran = await here(argv);
        expect(ran.stderr, argv.join(' ')).not.toMatch(/at .*\.(js|ts):\d/);
        if (argv[0] !== 'list') expect(ran.code, argv.join(' ')).not.toBe(0);
      }
      expect((await here(['down', 'plain'])).stderr).toContain('is no address for ssh');
      expect((await here(['down', 'plain', '--forget'])).code).toBe(0);
      expect(existsSync(sentinel)).toBe(false);
    },
  );

  it('and a host that is only not there are told apart', async () => {
    const lost = await here(['up', file, '--machine', 'ssh://nowhere.invalid', '--runtime', 'netns']);
    expect(lost.code).toBe(3);
    expect(lost.stderr).toMatch(/this must work: ssh -o BatchMode=yes .*-- nowhere\.invalid true/);
  });
});
