import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TimelineReport } from '../../../src/commands/timeline.ts';
import type { StatusReport } from '../../../src/commands/status.ts';
import type { Check } from '../../../src/proof/check.ts';
import type { Ran, user } from '../cli.ts';

type User = ReturnType<typeof user>;

/** Bytes a second of the servers' links while a download runs, and how much there is to download. */
const RATE = '2mbit';
const SECONDS = 16;
const SIZE = (2_000_000 / 8) * SECONDS;

/** Brings a shipped topology up, with something in it changed. */
export async function upChanged(
  { lab }: User,
  shipped: string,
  name: string,
  change: [string, string],
): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-cluster-'));
  const file = join(folder, `${name}.yaml`);
  const text = readFileSync(join(import.meta.dirname, `../../../topologies/${shipped}.yaml`), 'utf8');
  if (!text.includes(change[0])) throw new Error(`${shipped} has no ${change[0]}`);
  writeFileSync(file, text.replace(...change));
  const up = await lab(['up', file]);
  rmSync(folder, { recursive: true });
  return up;
}

export interface Download {
  /** curl's exit code. */
  code: number;
  said: string;
  /** Whether what came is what was sent. */
  whole: boolean;
  /** When it ended; milliseconds since 1970. */
  at: number;
}

/** Starts a download that lasts for a quarter of a minute, over the servers' slow links, and waits until it runs. */
export async function download(me: User, name: string, vip: string): Promise<{ ended: Promise<Download> }> {
  for (const server of ['rs1', 'rs2']) {
    await me.on(`${name}/${server}`, `seq 1000000 | head -c ${SIZE} > /srv/www/big`);
    await me.lab(['link', `${name}/${server}`, '--rate', RATE]);
  }
  const line = `rm -f /tmp/big; curl -sS --max-time 60 -o /tmp/big http://${vip}/big`;
  const running = me.lab(['exec', `${name}/client`, '--', 'sh', '-c', line]);
  const ended = running.then(async ({ code, stdout, stderr }): Promise<Download> => {
    const at = Date.now();
    const sum = `seq 1000000 | head -c ${SIZE} | cmp - /tmp/big`;
    const same = await me.lab(['exec', `${name}/client`, '--', 'sh', '-c', sum]);
    return { code, said: stdout + stderr, whole: same.code === 0, at };
  });
  // Its first packets have passed, and the daemon has had its two seconds.
  await sleep(3_500);
  return { ended };
}

/** What `lab test` does not find as promised. */
export async function broken({ json }: User, name: string): Promise<string[]> {
  const { checks } = await json<{ checks: Check[] }>(['test', name]);
  return checks.filter((c) => c.outcome !== 'pass').map((c) => c.title);
}

/** Who has the addresses, and each director's sync daemons. */
export async function whoIs({ json }: User, name: string): Promise<{ active: string[]; sync: string[] }> {
  const { clusters, directors } = await json<StatusReport>(['status', name]);
  return {
    active: clusters.flatMap(({ active }) => active),
    sync: directors.map((d) => `${d.name} ${d.sync.map(({ role }) => role).join()}`),
  };
}

/** Looks at a lab while things are done to it. */
export function timeline(
  { json }: User,
  name: string,
  seconds: number,
  ...steps: string[]
): Promise<TimelineReport> {
  return json<TimelineReport>([
    ...['timeline', name, '--for', String(seconds)],
    ...steps.flatMap((step) => ['--do', step]),
  ]);
}

/** When something was done, and when it was first said after that, in milliseconds since then. */
export function delayOf({ events }: TimelineReport, done: RegExp, said: RegExp): number | undefined {
  const action = events.find((e) => e.source === 'action' && done.test(e.text));
  const began = Date.parse(action?.time ?? '');
  const event = events.find(
    (e) => e.source === 'announcement' && said.test(e.text) && Date.parse(e.time) >= began,
  );
  return event === undefined ? undefined : Date.parse(event.time) - began;
}
