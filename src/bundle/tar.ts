import type { ExecaError } from 'execa';
import { EXIT, LabError } from '../errors.ts';
import { hostCommand } from '../host/command.ts';
import { interruptSignal } from '../host/interrupt.ts';
import { lastLines } from '../machine/embedded/packages.ts';

/**
 * Runs tar. It ends with this process, however that ends, so that it writes to no folder which is another build's by
 * then.
 * @throws LabError machineCannot with what tar says; the interruption
 */
export async function tar(...argv: string[]): Promise<void> {
  try {
    await hostCommand('setpriv', ['--pdeathsig', 'KILL', 'tar', ...argv], {
      stdin: 'ignore',
      all: true,
      cancelSignal: interruptSignal,
    });
  } catch (error) {
    interruptSignal.throwIfAborted();
    const { all, shortMessage } = error as ExecaError<{ all: true }>;
    throw new LabError(EXIT.machineCannot, `tar failed: ${lastLines(all) || shortMessage}`, {
      fix: 'free 2 GB on the disk that holds the cache, or set XDG_CACHE_HOME; nothing was kept',
      cause: error,
    });
  }
}
