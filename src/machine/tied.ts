import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { hostProcessor, type Processor } from '../host/processor.ts';

/** The number of prctl(2) on Linux. */
const PRCTL: Record<Processor, number> = { amd64: 157, arm64: 167 };

// prctl(PR_SET_PDEATHSIG, SIGHUP). The parent may be gone by then.
const TIE = 'syscall shift, 1, 1, 0, 0, 0; exit 129 if getppid != shift; exec {$ARGV[0]} @ARGV; exit 127';

/**
 * Starts a program of this host that ends (SIGHUP) with this process, even where that is killed.
 * @param options.tty it gets this process's terminal; else it is in a session of its own, without one
 */
export function spawnTied(
  argv: string[],
  { stdio, tty, cwd }: { stdio: StdioOptions; tty: boolean; cwd?: string },
): ChildProcess {
  const processor = process.platform === 'linux' ? hostProcessor() : undefined;
  const tie = processor && ['perl', '-e', TIE, String(PRCTL[processor]), String(process.pid)];
  const [program = '', ...rest] = [...(tie ?? []), ...argv];
  return spawn(program, rest, { stdio, cwd, detached: !tty });
}
