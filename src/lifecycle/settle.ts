import { setTimeout as sleep } from 'node:timers/promises';
import type { Plan, PlannedCluster } from '../plan/types.ts';
import { masterDownInterval, priorityOf, VRRP_DAEMON } from '../plan/vrrp.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** Milliseconds from look to look. */
const LOOK = 100;
/** Milliseconds for a busy machine, beside what VRRP itself takes. */
const GRACE = 5_000;

/**
 * Waits until VRRP has chosen: of each cluster the first director whose keepalived runs has the addresses, and no
 * other. Where that does not come to be, what follows will tell.
 */
export async function settle(plan: Plan, runtime: Runtime): Promise<void> {
  await Promise.all(
    (plan.clusters ?? []).flatMap((cluster) =>
      cluster.vrrp === undefined ? [] : [settleOne(cluster, cluster.vrrp, runtime)],
    ),
  );
}

async function settleOne(
  cluster: PlannedCluster,
  vrrp: NonNullable<PlannedCluster['vrrp']>,
  runtime: Runtime,
): Promise<void> {
  const last = cluster.directors.at(-1) ?? '';
  const until = performance.now() + 2 * masterDownInterval(vrrp, priorityOf(cluster, last)) + GRACE;
  const script = `read -r p <${VRRP_DAEMON.pidfile} && kill -0 "$p" && echo alive; ip -o addr show`;
  while (performance.now() < until) {
    const said = await runtime.exec(cluster.directors.map((node) => ({ node, argv: ['sh', '-c', script] })));
    const texts = said.map(({ stdout }) => stdout.toString());
    const has = (text: string) => cluster.addresses.map(({ address }) => text.includes(` ${address}/`));
    const first = texts.findIndex((text) => text.startsWith('alive\n'));
    if (first >= 0 && texts.every((text, index) => has(text).every((owned) => owned === (index === first))))
      return;
    await sleep(LOOK);
  }
}
