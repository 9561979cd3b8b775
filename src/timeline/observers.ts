import { setTimeout as sleep } from 'node:timers/promises';
import { changesBetween } from '../ipvs/changes.ts';
import { parseTable } from '../ipvs/table.ts';
import { addressFamily, addressOf, inNetwork } from '../plan/addresses.ts';
import type { Plan } from '../plan/types.ts';
import { writtenAt, type NodeClock } from '../proof/log-time.ts';
import { ANNOUNCEMENTS, ownerOf, readAnnouncement } from '../proof/announcements.ts';
import { followLines } from '../traffic/lines.ts';
import { openTable } from '../traffic/tables.ts';
import type { RunningLab } from '../lifecycle/existing.ts';
import type { Note } from './journal.ts';
import { nodeWith } from '../plan/addresses.ts';

/** Milliseconds from look to look at a director's table. */
const LOOK = 100;
/** Daemons that only answer clients: what they log, the clients know better. */
const SERVERS = ['web', 'dns'];
/** Milliseconds within which the same announcement is the same news. */
const REPEATED = 1000;

/** Reads what daemons log from now on. */
export function followLogs({ record, runtime }: RunningLab, note: Note, clock: NodeClock) {
  return record.plan.nodes.flatMap((node) =>
    node.steps.flatMap((step) =>
      step.kind === 'daemon' && !SERVERS.includes(step.name)
        ? step.logs.map((file) =>
            followLines(runtime, node.name, ['tail', '-q', '-n', '0', '-s', '0.1', '-F', file], (line) => {
              // tail's own words are about files that come and go.
              if (line.trim() !== '' && !line.startsWith('tail: '))
                note('log', node.name, `${step.name}: ${line.trim()}`, {
                  written: writtenAt(line.trim(), Date.now(), clock),
                });
            }),
          )
        : [],
    ),
  );
}

/** On each network with VIPs in it one node listens that is neither director nor real server. */
export function followAnnouncements({ record, runtime }: RunningLab, note: Note, clock: NodeClock) {
  const { plan } = record;
  return plan.networks.flatMap((network) => {
    if (!plan.services.some(({ vip }) => inNetwork(network, vip))) return [];
    const ear = listener(plan, network.name);
    if (ear === undefined) return [];
    const argv = [
      'tcpdump',
      '-l',
      '-tt',
      '-e',
      '-n',
      '-p',
      '--immediate-mode',
      '-i',
      ear.device,
      ANNOUNCEMENTS,
    ];
    const last = new Map<string, number>();
    return [
      followLines(runtime, ear.node, argv, (line) => {
        const seen = readAnnouncement(line);
        if (seen === undefined) return;
        // Each is said several times over, for those who did not hear it.
        const key = `${seen.address} ${seen.mac}`;
        const before = last.get(key) ?? -Infinity;
        last.set(key, seen.time);
        if (seen.time - before < REPEATED) return;
        const family = addressFamily(seen.address) === 4 ? 'ARP' : 'neighbour advertisement';
        const text = `${family}: ${seen.address} is at ${ownerOf(plan, seen.mac)}`;
        const by = plan.nodes.find(({ interfaces }) => interfaces.some(({ mac }) => mac === seen.mac))?.name;
        note('announcement', ear.node, text, {
          time: Math.min(Date.now(), Math.round(seen.time) - clock.ahead),
          announced: { address: seen.address, ...(by === undefined ? {} : { by }) },
        });
      }),
    ];
  });
}

function listener(plan: Plan, network: string): { node: string; device: string } | undefined {
  for (const node of plan.nodes) {
    if (node.role === 'director' || node.role === 'real-server') continue;
    const own = node.interfaces.find((i) => i.network === network);
    if (own !== undefined && (addressOf(own, 4) ?? addressOf(own, 6)) !== undefined)
      return { node: node.name, device: own.name };
  }
  return undefined;
}

/** Looks at every director's table until it is told to end, and notes each change. */
export function lookAtTables(
  { record, runtime }: RunningLab,
  note: Note,
  signal: AbortSignal,
): { end: () => Promise<void> } {
  const { plan } = record;
  let ending = false;
  const loops = plan.nodes
    .filter((node) => node.role === 'director')
    .map(async ({ name }) => {
      const table = openTable(runtime, name);
      try {
        let last = parseTable(await table.look());
        while (!ending) {
          await sleep(LOOK);
          const now = parseTable(await table.look());
          for (const text of changesBetween(last, now, (server) => nodeWith(plan, server) ?? server))
            note('ipvs', name, text);
          last = now;
        }
      } catch (error) {
        if (!ending && !signal.aborted) note('ipvs', name, (error as Error).message);
      } finally {
        table.end();
      }
    });
  return {
    end: async () => {
      ending = true;
      await Promise.all(loops);
    },
  };
}
