import { join } from 'node:path';
import { bin } from '../workplace.mjs';

export default {
  title: '`lab kernel build`',
  onlyWhenNamed: true,
  about: 'The kernel made for the lab, from nothing, in a cache of its own that goes again.',
  measure: (workplace) =>
    workplace.race('A kernel made', [
      {
        name: 'lab kernel build, from nothing',
        run: () =>
          workplace.run(['node', bin, 'kernel', 'build'], {
            env: { XDG_CACHE_HOME: join(workplace.folder, 'cache') },
          }),
        after: () => workplace.undo(['rm', '-r', join(workplace.folder, 'cache')]),
      },
    ]),
};
