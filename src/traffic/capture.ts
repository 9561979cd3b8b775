import { EXIT, LabError } from '../errors.ts';
import type { Plan } from '../plan/types.ts';
import type { Job, Runtime } from '../runtime/runtime.ts';

/** What tcpdump saw on one interface. */
export interface Captured {
  node: string;
  device: string;
  /** A pcap file. */
  pcap: Buffer;
  /** Packets that the kernel dropped before tcpdump got them, by its own account; undefined where it gave none. */
  dropped: number | undefined;
}

/**
 * Headers and a small answer. A packet takes a slot of this size in the kernel's ring: with tcpdump's 256 kB the ring
 * holds eight, and loses the ninth.
 */
const HEADERS = ['-s', '2048', '-B', '4096'];

const FOLDER = '/run/capture';

/**
 * Captures on every interface of every node at once while `during` runs. The neighbour caches are emptied once all of
 * them listen, so that address resolution is in every one: what a connection from before still sends would else ask
 * too early. All captures have one clock, as the nodes share one kernel.
 */
export async function captureDuring<T>(
  runtime: Runtime,
  plan: Plan,
  during: () => Promise<T>,
): Promise<{ result: T; captures: Captured[] }> {
  const places = plan.nodes.flatMap((node) =>
    node.interfaces.map((i) => ({ node: node.name, device: i.name })),
  );
  await mustSucceed(
    runtime,
    places.map(({ node, device }) => ({ node, argv: ['sh', '-c', startScript(device)] })),
  );
  let result: T;
  let stopped;
  try {
    await runtime.exec(plan.nodes.map(({ name }) => ({ node: name, argv: ['ip', 'neigh', 'flush', 'all'] })));
    result = await during();
  } finally {
    stopped = await runtime.exec(
      places.map(({ node, device }) => ({ node, argv: ['sh', '-c', stopScript(device)] })),
    );
  }
  return {
    result,
    captures: places.map(({ node, device }, index) => ({
      node,
      device,
      pcap: stopped[index]?.stdout ?? Buffer.alloc(0),
      dropped: droppedPackets(stopped[index]?.stderr ?? ''),
    })),
  };
}

/** tcpdump's arguments for one interface, to a file or to standard output (`-`). */
export function tcpdumpCommand(device: string, file: string, limits: string[] = []): string[] {
  // -p: no promiscuous mode, so that a frame is seen where it is delivered, not where a switch floods it.
  // -Z root: it would otherwise change to a user that cannot write where the node's root can.
  return ['tcpdump', '-i', device, '-n', '-p', '-U', '--immediate-mode', ...limits, '-Z', 'root', '-w', file];
}

function startScript(device: string): string {
  const base = `${FOLDER}/${device}`;
  return [
    `mkdir -p ${FOLDER}; : >${base}.log`,
    `${tcpdumpCommand(device, `${base}.pcap`, HEADERS).join(' ')} </dev/null >/dev/null 2>${base}.log &`,
    `echo $! >${base}.pid`,
    // It says "listening on" when it captures.
    `n=0; until read -r said <${base}.log && [ -n "$said" ]; do n=$((n+1)); [ $n -lt 250 ] || exit 1; sleep 0.02; done`,
    `case $said in *listening*) ;; *) echo "$said" >&2; exit 1 ;; esac`,
  ].join('\n');
}

function stopScript(device: string): string {
  const base = `${FOLDER}/${device}`;
  return [
    `read -r pid <${base}.pid || exit 1`,
    'kill -INT $pid',
    'n=0; while kill -0 $pid 2>/dev/null; do n=$((n+1)); [ $n -lt 250 ] || break; sleep 0.02; done',
    `cat ${base}.pcap; cat ${base}.log >&2; rm -f ${base}.*`,
  ].join('\n');
}

function droppedPackets(log: string): number | undefined {
  const count = /(\d+) packets? dropped by kernel/.exec(log)?.[1];
  return count === undefined ? undefined : Number(count);
}

async function mustSucceed(runtime: Runtime, jobs: Job[]): Promise<void> {
  const results = await runtime.exec(jobs);
  const failed = results.findIndex((result) => result.code !== 0);
  if (failed >= 0)
    throw new LabError(
      EXIT.labFailed,
      `tcpdump does not start on ${jobs[failed]?.node ?? ''}: ${results[failed]?.stderr.trim() ?? ''}`,
    );
}
