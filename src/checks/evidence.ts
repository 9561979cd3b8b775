import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { labDirectory, readRecord } from '../records/lab.ts';
import { planScript } from '../plan/script.ts';
import type { Plan, PlannedNode } from '../plan/types.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { runtimeOf } from '../wire.ts';

/** Milliseconds for what the nodes can tell; a lab that hangs is one of the things that there is evidence of. */
const LIMIT = 30_000;
/** Bytes of the end of each log, and largest file of the lab's own directory. */
const LOG_SIZE = 200_000;

const STATE = [
  'ip -d address',
  'ip route show table all',
  'ip -6 route show table all',
  'ip neigh',
  'bridge fdb',
  'tc -s qdisc',
  'ss -tuanp',
  'sysctl net.ipv4.conf net.ipv4.ip_forward net.ipv4.vs',
  'ps -ef',
];
const IPVS = ['ipvsadm -Sn', 'ipvsadm -Ln', 'ipvsadm -Ln --stats', 'ipvsadm -Lnc'];

/**
 * Writes down what a lab that is still there can tell: its plan, its machine's log, and of each node addresses, routes,
 * neighbours, sockets, IPVS tables and logs.
 * @param folder must exist
 * @returns what could not be had, and why
 */
export async function collectEvidence(folder: string, plan: Plan, file: string): Promise<string[]> {
  writeFileSync(join(folder, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`);
  writeFileSync(join(folder, 'plan.sh'), planScript(plan));
  copyFileSync(file, join(folder, 'topology.yaml'));
  keepMachineLogs(folder, plan.name);
  const record = readRecord(plan.name);
  if (record === undefined) return ['the lab had no record yet: it was not begun'];
  const missing: string[] = [];
  const late = sleep(LIMIT, undefined, { ref: false }).then(() => {
    throw new Error(`no answer within ${LIMIT / 1000} s`);
  });
  late.catch(() => undefined);
  for (const node of plan.nodes) {
    try {
      await Promise.race([keepNode(folder, runtimeOf(record), node), late]);
    } catch (error) {
      missing.push(`${node.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return missing;
}

/** The lab's record and its kernel's console, not its sockets and disks. */
function keepMachineLogs(folder: string, name: string): void {
  const directory = labDirectory(name);
  if (!existsSync(directory)) return;
  for (const entry of readdirSync(directory)) {
    const { size } = statSync(join(directory, entry));
    if (/\.(json|log|sh)$/.test(entry) && size > 0 && size <= LOG_SIZE)
      copyFileSync(join(directory, entry), join(folder, `machine-${entry}`));
  }
}

async function keepNode(folder: string, runtime: Runtime, node: PlannedNode): Promise<void> {
  const daemons = node.steps.filter((step) => step.kind === 'daemon');
  const logs = daemons.flatMap((daemon) => daemon.logs);
  const [state, ...contents] = await runtime.exec([
    { node: node.name, argv: ['sh', '-c', report(node.role === 'director' ? [...IPVS, ...STATE] : STATE)] },
    ...logs.map((log) => ({ node: node.name, argv: ['tail', '-c', String(LOG_SIZE), log] })),
  ]);
  const own = join(folder, node.name);
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'state.txt'), state?.stdout ?? '');
  for (const [index, log] of logs.entries())
    writeFileSync(join(own, log.split('/').at(-1) ?? log), contents[index]?.stdout ?? '');
}

/** Each command under its own text; one that fails says so in its place. */
function report(commands: string[]): string {
  return commands.map((command) => `echo '# ${command}'; ${command} 2>&1; echo`).join('\n');
}
