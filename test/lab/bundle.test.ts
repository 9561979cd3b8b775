import { execa } from 'execa';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { leftOf, marked, user } from './cli.ts';
import { DETOUR } from './detour.ts';

/**
 * Runs a command as an ordinary user without a name on a machine without a network, where only /tmp can be written and
 * none of the programs is there that a bundle brings. The bundle is in /mnt.
 */
const PLACE = `set -e
mount --make-rprivate /
mount --bind "$1" /mnt
mount -t tmpfs -o mode=1777 tmpfs /tmp
for program in ssh perl bwrap flock mmdebstrap node; do
  path=$(readlink -f "$(command -v $program)") && mount --bind /dev/null "$path"
done
for place in /mnt /; do mount -o remount,bind,ro $place; done
cd /tmp
[ -z "$2" ] || echo "$2" >detour.yaml
shift 2
setpriv --reuid=4321 --regid=4321 --clear-groups --no-new-privs env -i PATH=/usr/bin:/bin "$@" && code=0 || code=$?
ls -A /tmp | sed 's/^/left: /'
exit $code`;

describe('the tarball that has everything on board', () => {
  const { lab, state } = user('bundle-tarball');
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-bundle-'));
  const tarball = join(folder, 'lvslab.tar.gz');
  const elsewhere = async (topology: string, ...argv: string[]) => {
    const [program, ...rest] = marked(state, ['unshare', '--mount', '--net', 'bash', '-c', PLACE, 'place']);
    const ran = await execa(program, [...rest, folder, topology, ...argv], { reject: false });
    return { code: ran.exitCode, text: ran.stdout + ran.stderr };
  };
  beforeAll(async () => {
    chmodSync(folder, 0o755);
    const made = await lab(['bundle', 'tarball', tarball]);
    expect(made.code, made.stderr).toBe(0);
    await execa('tar', ['-x', '-z', '-f', tarball, '-C', folder]);
  });
  afterEach(async () => {
    expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('is small, and one folder that anybody may read', () => {
    expect(statSync(tarball).size).toBeLessThan(250e6);
    expect(readdirSync(folder).sort()).toEqual(['lvslab', 'lvslab.tar.gz']);
    expect(existsSync(join(folder, 'lvslab', 'usr', 'share', 'doc', 'coreutils'))).toBe(false);
  });

  it('verifies the three modes for a user without a name where nothing is installed, and leaves nothing', async () => {
    expect((await elsewhere('', 'ssh', '-V')).code).toBe(126);
    const { code, text } = await elsewhere('', '/mnt/lvslab/lab', 'verify', 'nat', 'tun', 'dr');
    expect(code, text).toBe(0);
    expect(text).toMatch(/^✔ 3 of 3 labs passed, 27 checks/m);
    expect(text).not.toContain('left');
  });

  it('fails for a topology that breaks its promises, and keeps the evidence', async () => {
    const { code, text } = await elsewhere(DETOUR, '/mnt/lvslab/lab', 'verify', 'detour.yaml');
    expect(code, text).toBe(1);
    expect(text).toContain('✘ nat: gateway is director');
    expect(text).toMatch(/^left: lvslab-evidence$/m);
  });

  it('does not work where its root is not on board', async () => {
    rmSync(join(folder, 'lvslab', 'opt', 'lvslab', 'roots'), { recursive: true });
    const { code, text } = await elsewhere('', '/mnt/lvslab/lab', 'verify', 'nat');
    expect(code, text).toBe(3);
    expect(text).toContain('mmdebstrap');
  });
});

it('leaves no file, finished or not, where making it is interrupted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-bundle-'));
  const { lab, state } = user('bundle-interrupted');
  // What puts Debian's packages together cleans up first, in its own time.
  const options = { timeout: 5000, killSignal: 'SIGINT', forceKillAfterDelay: false } as const;
  const ran = await lab(['bundle', 'tarball', join(folder, 'lvslab.tar.gz')], options);
  expect(ran.stderr).toContain('interrupted by SIGINT');
  expect(ran.code).toBe(130);
  expect(readdirSync(folder)).toEqual([]);
  expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
  rmSync(folder, { recursive: true });
});

it('is not even begun where it could not be written', async () => {
  const began = Date.now();
  const ran = await user('bundle-unwritten').lab(['bundle', 'tarball', '/nowhere/lvslab.tar.gz']);
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain('cannot write /nowhere/lvslab.tar.gz');
  expect(Date.now() - began).toBeLessThan(10_000);
});
