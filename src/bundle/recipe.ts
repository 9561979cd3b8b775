import { WITHOUT_DOCUMENTS, architecture, target } from '../machine/embedded/recipe.ts';
import { EMBEDDED_PROCESSOR, LIBRARIES } from '../host/processor.ts';

/** Programs that the tool runs from a bundle, each by way of `images/bundle/run`. */
export const PROGRAMS = ['bwrap', 'flock', 'id', 'node', 'perl', 'setpriv', 'ssh', 'ssh-keygen', 'taskset'];

const { folder: FOLDER } = LIBRARIES[EMBEDDED_PROCESSOR];

/** What comes with the packages and no program of a bundle reads. */
const UNUSED = ['/usr/lib/systemd', `${FOLDER}/gconv`, `${FOLDER}/systemd`, '/usr/share/bash-completion'];

/**
 * Arguments of mmdebstrap for the programs of a bundle and their libraries, as a tar archive. Nothing of it is set up,
 * and so nothing of it is run while it is made.
 */
export function bundleRecipe(file: string, packages: string[], mirror?: string): string[] {
  return [
    '--variant=extract',
    architecture(EMBEDDED_PROCESSOR),
    ...WITHOUT_DOCUMENTS,
    ...UNUSED.map((folder) => `--dpkgopt=path-exclude=${folder}/*`),
    `--include=${packages.join(',')}`,
    '--format=tar',
    ...target(file, mirror),
  ];
}
