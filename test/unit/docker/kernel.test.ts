import { afterEach, describe, expect, it } from 'vitest';
import { withoutIpVs } from '../../../src/docker/kernel.ts';
import { failingEngine } from './failing-engine.ts';

let end = () => undefined as unknown;
afterEach(() => {
  end();
});

/** What is said of an engine whose containers have no ip_vs. */
async function said(security: string[], denied: boolean): Promise<{ detail: string; mend: string }> {
  const engine = await failingEngine((_, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ SecurityOptions: security }));
  });
  ({ end } = engine);
  return withoutIpVs({ docker: engine.docker, kernel: '6.12.0' }, { denied });
}

describe('an engine whose containers have no ip_vs', () => {
  it('may lack the module, which can be loaded', async () => {
    const { detail, mend } = await said(['name=seccomp,profile=builtin'], false);
    expect(detail).toBe('6.12.0 has no ip_vs');
    expect(mend).toContain('doctor --fix');
  });

  it('may be one without root, whose kernel denies it: no module is offered then', async () => {
    for (const denied of [true, false]) {
      const { detail, mend } = await said(['name=seccomp,profile=builtin', 'name=rootless'], denied);
      expect(detail).toContain('denies ip_vs to an engine without root (rootless)');
      expect(mend).toContain('an engine that root runs');
      expect(mend).not.toContain('--fix');
    }
  });

  it('may be denied it for another reason', async () => {
    const { detail, mend } = await said([], true);
    expect(detail).toContain("denies ip_vs to this engine's containers");
    expect(mend).not.toContain('--fix');
  });
});
