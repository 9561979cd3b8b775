import { afterAll, beforeAll, describe } from 'vitest';
import { Host } from './host.ts';
import { shortList } from './lists.ts';
import { DEBIAN } from './systems.ts';
import { VARIANTS, variant } from './variants.ts';

describe(DEBIAN.name, () => {
  let host: Host | undefined;
  const booted = () => {
    if (host === undefined) throw new Error('the machine has not booted');
    return host;
  };
  beforeAll(async () => {
    host = await Host.boot(DEBIAN);
  });
  afterAll(async () => {
    await host?.end();
  });
  shortList(booted);
  for (const one of VARIANTS) variant(booted, one);
});
