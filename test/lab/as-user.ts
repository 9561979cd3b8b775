import { execa, type Options } from 'execa';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { findRoot } from '../../src/machine/embedded/root.ts';
import { BIN, marked } from './cli.ts';

/**
 * A copy of the tool, with the root file system in a cache, where an ordinary user can reach it: the clone and the
 * cache of this run may lie where only root can look.
 */
export async function toolForUser(uid: number) {
  const home = mkdtempSync(join(tmpdir(), 'lvslab-user-'));
  const tool = join(home, 'tool');
  const from = dirname(dirname(BIN));
  for (const part of ['dist', 'images', 'topologies', 'package.json'])
    cpSync(join(from, part), join(tool, part), { recursive: true });
  const root = await findRoot();
  if (root === undefined) throw new Error('the set-up has built no root');
  const cache = join(home, 'cache', 'lvslab');
  mkdirSync(cache, { recursive: true });
  cpSync(root.directory, join(cache, basename(root.directory)), { recursive: true });
  await execa('chown', ['-R', `${uid}:${uid}`, join(home, 'cache')]);
  chownSync(home, uid, uid);
  chmodSync(home, 0o755);
  const base = { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), NO_COLOR: '1' };
  const as = (who: number, argv: string[], options: Options = {}) => {
    const rights = [`--reuid=${who}`, `--regid=${who}`, '--clear-groups'];
    const [program, ...rest] = marked(home, ['setpriv', ...rights, ...argv]);
    return execa(program, rest, { cwd: '/', reject: false, ...options });
  };
  return {
    home,
    /** Runs a command as some user. */
    as,
    /** Runs the tool as this user, with nothing but these variables beside PATH. */
    lab: (argv: string[], env: Record<string, string> = {}) =>
      as(uid, [process.execPath, join(tool, 'dist/bin.cjs'), ...argv], {
        env: { PATH: process.env['PATH'], ...base, ...env },
        extendEnv: false,
      }),
    remove: () => {
      rmSync(home, { recursive: true, force: true });
    },
  };
}
