import { hostCommand } from '../../host/command.ts';
import { findProgram } from '../../host/programs.ts';
import { EXIT, LabError } from '../../errors.ts';
import type { Progress } from '../../terminal/progress.ts';

/** A program that must be on this host, and the Debian package that brings it. */
export interface HostProgram {
  program: string;
  package: string;
  /** As the user reads why it is needed. */
  purpose: string;
}

export const BUILD_PROGRAMS: HostProgram[] = [
  { program: 'mmdebstrap', package: 'mmdebstrap', purpose: 'builds the root file system' },
  { program: 'genext2fs', package: 'genext2fs', purpose: 'packs the root file system' },
  { program: 'patchelf', package: 'patchelf', purpose: 'lets the kernel run with its own libc' },
  { program: 'flock', package: 'util-linux', purpose: 'keeps two builds apart' },
];

/** What an ordinary user needs beside them to build a root file system. */
export const UNPRIVILEGED_BUILD_PROGRAMS: HostProgram[] = [
  { program: 'newuidmap', package: 'uidmap', purpose: 'lets an ordinary user build the root file system' },
];

/** What this user needs to build a root file system. */
export function buildPrograms(): HostProgram[] {
  return process.getuid?.() === 0 ? BUILD_PROGRAMS : [...BUILD_PROGRAMS, ...UNPRIVILEGED_BUILD_PROGRAMS];
}

export const RUN_PROGRAMS: HostProgram[] = [
  { program: 'ssh', package: 'openssh-client', purpose: 'talks to the embedded kernel' },
  { program: 'bwrap', package: 'bubblewrap', purpose: 'hides the host from the embedded kernel' },
  { program: 'setpriv', package: 'util-linux', purpose: 'ties the kernel to its holder' },
];

/** The programs among these that are not on the PATH (or where Debian puts root's programs). */
export async function missing(programs: HostProgram[]): Promise<HostProgram[]> {
  const found = await Promise.all(programs.map(({ program }) => findProgram(program)));
  return programs.filter((_, index) => found[index] === undefined);
}

/**
 * Makes sure that the programs are there: root on Debian gets them installed and is told so, anybody else is told
 * the one line to run.
 * @throws LabError machineCannot
 */
export async function ensurePrograms(programs: HostProgram[], progress: Progress): Promise<void> {
  const absent = await missing(programs);
  if (absent.length === 0) return;
  const packages = [...new Set(absent.map((p) => p.package))];
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const apt = await missing([{ program: 'apt-get', package: 'apt', purpose: '' }]);
  if (process.getuid?.() !== 0 || apt.length > 0) {
    const what = absent.map((p) => `${p.program} (${p.purpose})`).join(', ');
    throw new LabError(EXIT.machineCannot, `this machine lacks ${what}`, {
      fix:
        apt.length > 0
          ? `install the programs above with this system's package manager; on Debian: ${command}`
          : `run this once: sudo sh -c 'apt-get update && ${command}'`,
    });
  }
  const task = progress.start('host packages', `installing ${packages.join(' ')}`);
  for (const argv of [['apt-get', 'update'], command.split(' ')]) {
    const [program = '', ...rest] = argv;
    const result = await hostCommand(program, rest, {
      reject: false,
      all: true,
      stdin: 'ignore',
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    });
    // A failed update alone may be one broken source among many; the install says whether it matters.
    if (result.exitCode === 0 || argv[1] === 'update') continue;
    task.fail();
    throw new LabError(EXIT.machineCannot, `${argv.join(' ')} failed:\n${lastLines(result.all)}`, {
      fix: 'fix the package sources of this machine, or its network, and run the same command again',
    });
  }
  task.done(`installed ${packages.join(' ')}`);
}

/** The last lines of a program's output, where it says what went wrong. */
export function lastLines(text: string, count = 8): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
