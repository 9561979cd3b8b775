import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';

// Linux x86-64: prctl(PR_SET_PDEATHSIG, SIGHUP). The parent may be gone by then.
const TIE = 'syscall 157, 1, 1, 0, 0, 0; exit 129 if getppid != shift; exec {$ARGV[0]} @ARGV; exit 127';

/**
 * Starts a program of this host that ends (SIGHUP) with this process, even where that is killed.
 * @param options.tty it gets this process's terminal; else it is in a session of its own, without one
 */
export function spawnTied(
  argv: string[],
  { stdio, tty, cwd }: { stdio: StdioOptions; tty: boolean; cwd?: string },
): ChildProcess {
  const canTie = process.platform === 'linux' && process.arch === 'x64';
  const [program = '', ...rest] = canTie ? ['perl', '-e', TIE, String(process.pid), ...argv] : argv;
  return spawn(program, rest, { stdio, cwd, detached: !tty });
}
