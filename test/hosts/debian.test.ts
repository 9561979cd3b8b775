import { describe } from 'vitest';
import { booting } from './host.ts';
import { shortList } from './lists.ts';
import { podman } from './podman.ts';
import { DEBIAN } from './systems.ts';
import { VARIANTS, variant } from './variants.ts';

describe(DEBIAN.name, () => {
  const host = booting(DEBIAN);
  shortList(host);
  podman(host);
  for (const one of VARIANTS) variant(host, one);
});
