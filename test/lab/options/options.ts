import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findLab, type RunningLab } from '../../../src/lifecycle/existing.ts';
import { isWatched, readHealth } from '../../../src/checks/health-state.ts';
import { checkTables } from '../../../src/checks/tables.ts';
import type { PlannedNode } from '../../../src/plan/types.ts';
import { isSameService } from '../../../src/plan/service-name.ts';
import type { Check } from '../../../src/proof/check.ts';
import { judgeHealth } from '../../../src/proof/health.ts';
import { apply } from '../../../src/runtime/apply.ts';
import { user } from '../cli.ts';
import type { TunnelType } from '../../../src/topology/types.ts';
import { labOf, pairwise, type Mode } from './combinations.ts';
import { removals } from './removals.ts';

/** Milliseconds for some hundreds of connections, on a machine that is busy with other things. */
const TIME = 400_000;

/**
 * A lab with every combination of options that the generator has for a mode: sound, and with each taken away.
 * @param tunnels only with these
 */
export function describeOptions(mode: Mode, tunnels: readonly TunnelType[] = ['ipip']): void {
  const name = tunnels.includes('ipip') ? mode : 'tunnels';
  const me = user(`options-${name}`);
  const combinations = pairwise().filter((c) => c.mode === mode && tunnels.includes(c.tunnel));
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-options-'));
  let running: RunningLab;
  let director: PlannedNode;

  beforeAll(async () => {
    writeFileSync(join(folder, 'lab.yaml'), labOf(mode, combinations));
    const up = await me.lab(['up', join(folder, 'lab.yaml'), '--name', name]);
    expect(up.code, up.stderr).toBe(0);
    process.env['LVSLAB_STATE'] = me.state;
    running = await findLab(name);
    director = running.record.plan.nodes.find((node) => node.role === 'director') as PlannedNode;
  });
  afterAll(async () => {
    await me.lab(['down', name]);
    rmSync(folder, { recursive: true });
  });

  const test = () => me.json<{ outcome: string; checks: Check[] }>(['test', name]);
  const watched = () =>
    running.record.plan.services.filter((s) => s.health !== undefined).map(({ vip }) => vip);
  /** The VIPs whose rows about the table are red. */
  const red = async () =>
    (await checkTables(running)).of
      .filter(({ check }) => check.outcome === 'fail')
      .map(({ services }) => services[0]?.vip ?? '')
      .sort();

  /** The VIPs whose rows about their real servers' health are red. */
  const sick = async () => {
    const { plan } = running.record;
    const states = await readHealth(plan, running.runtime);
    return plan.services
      .filter(isWatched)
      .filter((service) => {
        const own = states.filter((state) => isSameService(state.service, service));
        return judgeHealth(service, own).outcome === 'fail';
      })
      .map(({ vip }) => vip);
  };

  describe(`${name}: ${combinations.length} combinations of protocol, scheduler, persistence, mark, health and weights`, () => {
    it('are all green where nobody touched them', { timeout: TIME }, async () => {
      const { outcome, checks } = await test();
      expect(checks.filter((check) => check.outcome !== 'pass')).toEqual([]);
      expect(outcome).toBe('pass');
    });

    it('turn red, service by service, for each option that is taken away', { timeout: TIME }, async () => {
      const { plan } = running.record;
      const tried = removals(plan, director, watched());
      for (const { option, vips, lines } of tried) {
        // No mode has all of them: NAT has no one-packet scheduling.
        if (vips.length === 0) continue;
        await me.on('director', lines.join('\n'));
        expect(await red(), option).toEqual(vips.sort());
        await apply({ ...plan, nodes: [director] }, running.runtime);
        expect(await red(), `${option}, put back`).toEqual([]);
      }
      expect(tried.filter(({ vips }) => vips.length > 0).length).toBeGreaterThan(7);
    });

    it('turn red where nobody looks after the real servers any more', { timeout: TIME }, async () => {
      expect(await sick()).toEqual([]);
      const daemons = director.steps.filter((step) => step.kind === 'daemon');
      await me.on('director', daemons.map(({ pidfile }) => `kill -9 $(cat ${pidfile})`).join('\n'));
      expect(await sick()).toEqual(watched());
      await apply({ ...running.record.plan, nodes: [director] }, running.runtime);
      expect(await sick()).toEqual([]);
    });

    // `lab test` and the function that is tried above are one; once is enough to see that.
    if (mode === 'nat')
      it('are red as a whole when every service lacks one', { timeout: TIME }, async () => {
        const all = removals(running.record.plan, director, watched());
        const scheduler = all.find(({ option }) => option === 'scheduler');
        await me.on('director', scheduler?.lines.join('\n') ?? '');
        const { outcome, checks } = await test();
        expect(outcome).toBe('fail');
        const rows = checks.filter((check) => check.id.startsWith('table ') && check.outcome === 'fail');
        expect(rows).toHaveLength(combinations.length);
      });
  });
}
