import { describe, expect, it } from 'vitest';
import { booting } from './host.ts';
import { modes } from './lists.ts';
import { FORKY } from './systems.ts';
import { NFTABLES, variant } from './variants.ts';

describe(FORKY.name, () => {
  const host = booting(FORKY);
  variant(host, { name: 'Docker' });
  it('has Docker 28 or newer', async () => {
    expect(
      Number.parseInt(await host().does('dockerd --version | grep -o "[0-9]*" | head -1')),
    ).toBeGreaterThanOrEqual(28);
  });
  variant(host, NFTABLES);
  describe('namespaces', () => {
    modes(host, 'namespaces');
  });
});
