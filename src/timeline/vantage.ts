import { clusterOf } from '../plan/clusters.ts';
import type { Plan } from '../plan/types.ts';
import { ASK_CLOCK, readClock, type NodeClock } from '../proof/log-time.ts';
import type { Known } from '../proof/noticed.ts';
import type { RunningLab } from '../lifecycle/existing.ts';

/** What is to be known of a lab's directors before anything happens to them. */
export interface Vantage extends Pick<Known, 'directors' | 'holders'> {
  clock: NodeClock;
}

/** Asks the directors for the time and for the VIPs that they have. The nodes share one kernel, and so one clock. */
export async function vantageBefore({ record: { plan }, runtime }: RunningLab): Promise<Vantage> {
  const directors = directorsOf(plan);
  const asked = Date.now();
  const script = `${ASK_CLOCK}; ip -o addr show scope global`;
  const answers = await runtime.exec(
    directors.map(({ name: node }) => ({ node, argv: ['sh', '-c', script] })),
  );
  const heard = Date.now();
  const texts = answers.map(({ stdout }) => stdout.toString());
  return {
    directors,
    holders: holdersOf(directors, texts),
    clock: readClock(texts[0] ?? '', asked, heard),
  };
}

/** Which director has each VIP; the first, where several have it. */
function holdersOf(directors: Known['directors'], texts: string[]): Map<string, string> {
  const holders = new Map<string, string>();
  directors.forEach(({ name, vips }, index) => {
    for (const vip of vips)
      if (!holders.has(vip) && (texts[index] ?? '').includes(` ${vip}/`)) holders.set(vip, name);
  });
  return holders;
}

function directorsOf(plan: Plan): Known['directors'] {
  const vips = plan.services.map(({ vip }) => vip);
  return plan.nodes
    .filter(({ role }) => role === 'director')
    .map(({ name }) => ({
      name,
      vips: (clusterOf(plan, name)?.addresses ?? []).map((a) => a.address).filter((a) => vips.includes(a)),
    }));
}
