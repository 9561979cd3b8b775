import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { user } from '../cli.ts';
import { DETOUR } from '../detour.ts';
import { RELEASES, dockerClient, startEngine, type TestEngine } from './engine.ts';

const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');
/** The very line of the README, for the user that it names. */
const LINE = (/^docker (run .* lvslab) verify$/m.exec(readme)?.[1] ?? '').split(' ');

describe('the image that has everything on board', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-bundle-'));
  const image = join(folder, 'image.tar.gz');
  beforeAll(async () => {
    const made = await user('bundle-image').lab(['bundle', 'image', image]);
    expect(made.code, made.stderr).toBe(0);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('is small, and whole or not there', () => {
    expect(statSync(image).size).toBeLessThan(250e6);
    expect(readdirSync(folder)).toEqual(['image.tar.gz']);
  });

  describe.each(RELEASES)('on Docker %s', (release) => {
    let host: TestEngine;
    let empty: string[];
    const run = (...argv: string[]) => dockerClient(host, ...LINE, ...argv);
    /** The line with something else in the place of a part of it. */
    const runWith = (part: string, other: string[], ...argv: string[]) =>
      dockerClient(host, ...LINE.flatMap((word) => (word === part ? other : [word])), ...argv);

    beforeAll(async () => {
      host = await startEngine(release);
      const loaded = await dockerClient(host, 'load', '--input', image);
      expect(loaded.stdout).toContain('Loaded image: lvslab:latest');
      empty = await host.everything();
    });
    afterEach(async () => {
      expect(await host.everything()).toEqual(empty);
    });
    afterAll(async () => {
      await host.stop();
    });

    it('verifies the three modes without a network, a right or a writable file', async () => {
      expect(LINE.join(' ')).toContain(
        '--cap-drop ALL --security-opt no-new-privileges --user 1000 --network none --read-only --tmpfs /tmp:exec',
      );
      const ran = await run('verify', 'nat', 'tun', 'dr');
      expect(ran.code, ran.stdout + ran.stderr).toBe(0);
      expect(ran.stdout).toMatch(/^✔ 3 of 3 labs passed, 27 checks/m);
    });

    it('is confined by the engine there: no capability, no new privilege, its seccomp profile', async () => {
      const { stdout } = await runWith('lvslab', ['--entrypoint', 'cat', 'lvslab'], '/proc/self/status');
      for (const line of [/^CapBnd:\t0+$/m, /^NoNewPrivs:\t1$/m, /^Seccomp:\t2$/m])
        expect(stdout).toMatch(line);
    });

    it('does so for a user with any number, and for root', async () => {
      for (const id of ['1234567:0', '0']) {
        const ran = await runWith('1000', [id], 'verify', 'nat');
        expect(ran.code, ran.stdout + ran.stderr).toBe(0);
      }
    });

    it('fails for a topology that breaks its promises, and leaves the evidence in the folder that it is given', async () => {
      const work = join(host.folder, 'work');
      mkdirSync(work);
      chownSync(work, 1000, 1000);
      writeFileSync(join(work, 'detour.yaml'), DETOUR);
      const ran = await runWith('--rm', ['--rm', '-v', '/lab/work:/work'], 'verify', 'detour.yaml', 'nat');
      expect(ran.code, ran.stdout + ran.stderr).toBe(1);
      expect(ran.stdout).toContain('✘ nat: gateway is director');
      const evidence = join(work, 'lvslab-evidence');
      const [lab = ''] = readdirSync(evidence);
      expect(existsSync(join(evidence, lab, 'plan.json'))).toBe(true);
    });

    it('says what is missing where nothing can be run from its folder for temporary files', async () => {
      const noexec = await runWith('/tmp:exec', ['/tmp'], 'verify', 'nat');
      expect(noexec.code, noexec.stdout).toBe(3);
      expect(noexec.stdout + noexec.stderr).toContain('--tmpfs /tmp:exec');
      const none = await runWith('/tmp:exec', ['/elsewhere'], 'verify', 'nat');
      expect(none.code, none.stdout).toBe(3);
      expect(none.stdout + none.stderr).toContain('--tmpfs /tmp:exec');
    });
  });
});
