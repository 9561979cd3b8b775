import { resolve } from 'node:path';
import { EXIT, LabError } from '../errors.ts';

/** Bytes of a unix socket's path (sun_path of unix(7), without the zero at its end). */
const LONGEST = 107;

/**
 * @param path of a socket that is to be made
 * @param variable names the folder that it is in
 * @throws LabError machineCannot where no program could connect to it
 */
export function assertSocketPath(path: string, variable: 'LVSLAB_STATE' | 'TMPDIR' = 'LVSLAB_STATE'): void {
  const bytes = Buffer.byteLength(resolve(path));
  if (bytes > LONGEST)
    throw new LabError(
      EXIT.machineCannot,
      `the path of a socket has at most ${LONGEST} bytes, and this one would have ${bytes}: ${path}`,
      { fix: `name a folder with a shorter path in ${variable}` },
    );
}
