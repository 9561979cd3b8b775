import type { Plan, PlannedNode } from '../plan/types.ts';
import type { OwnWork, Runtime } from '../runtime/runtime.ts';

/** What was seen on one interface. */
export interface Captured {
  node: string;
  device: string;
  /** A pcap file. */
  pcap: Buffer;
  /** Packets that the kernel dropped before they were fetched, by its own account; undefined where it gave none. */
  dropped: number | undefined;
  /** Bytes that it was allowed to have, where it has them: what came thereafter is not in it. */
  cut?: number;
}

/** Bytes of each frame: headers and a small answer. */
const FRAME = 2048;

/**
 * Bytes in which the frames of a capture wait to be fetched, some two kilobytes each, while this host has other things to
 * do: at most as much as tcpdump would take, and a share where nodes of a role are many. Each of many real servers or
 * clients has a few connections, but all of them go by one director.
 */
const RING = { most: 4 * 1024 * 1024, least: 256 * 1024, leastBetween: 1024 * 1024, all: 16 * 1024 * 1024 };

/** Bytes of all captures together: files are memory where the nodes are, and on this host they come all at once. */
const ALL = 32 * 1024 * 1024;
/** Bytes of one capture at least and at most. A connection takes some two thousand. */
const [LEAST, MOST] = [1024 * 1024, 8 * 1024 * 1024];

/**
 * Captures on every interface of every node at once while `during` runs. Once all listen, neighbours are forgotten, so
 * that address resolution is in every one (what a connection from before still sends would else ask too early), and so
 * are path MTUs: what a node was told of one by ICMP holds for ten minutes, and hides that it could not be told so now.
 * All captures have one clock, as the nodes share one kernel. No program of a node has part in it.
 */
export async function captureDuring<T>(
  runtime: Runtime,
  plan: Plan,
  during: () => Promise<T>,
): Promise<{ result: T; captures: Captured[] }> {
  const places = plan.nodes.flatMap((node) =>
    node.interfaces.map((i) => ({ node: node.name, device: i.name, role: node.role })),
  );
  const ring = (role: PlannedNode['role']) =>
    ringFor(role, places.filter((place) => place.role === role).length);
  const most = Math.min(MOST, Math.max(LEAST, Math.floor(ALL / places.length)));
  const capturing = await runtime.hold(
    places.map(({ node, device, role }) => ({
      node,
      argv: [':capture' satisfies OwnWork, device, String(FRAME), String(ring(role))],
      ready: 'listening',
      most,
    })),
  );
  let result: T;
  let stopped;
  try {
    await runtime.exec(plan.nodes.map(({ name }) => ({ node: name, argv: [':forget' satisfies OwnWork] })));
    result = await during();
  } finally {
    stopped = await capturing.end();
  }
  return {
    result,
    captures: places.map(({ node, device }, index): Captured => {
      const { stdout = Buffer.alloc(0), stderr = '' } = stopped[index] ?? {};
      const cut = /^cut$/m.test(stderr) ? { cut: most } : {};
      return { node, device, pcap: stdout, dropped: droppedFrames(stderr), ...cut };
    }),
  };
}

function ringFor(role: PlannedNode['role'], interfaces: number): number {
  const least = role === 'client' || role === 'real-server' ? RING.least : RING.leastBetween;
  return Math.min(RING.most, Math.max(least, Math.floor(RING.all / interfaces)));
}

/** tcpdump's arguments for one interface, to a file or to standard output (`-`). */
export function tcpdumpCommand(device: string, file: string, limits: string[] = []): string[] {
  // -p: no promiscuous mode, so that a frame is seen where it is delivered, not where a switch floods it.
  // -Z root: it would otherwise change to a user that cannot write where the node's root can.
  return ['tcpdump', '-i', device, '-n', '-p', '-U', '--immediate-mode', ...limits, '-Z', 'root', '-w', file];
}

function droppedFrames(log: string): number | undefined {
  const count = /^(\d+) frames dropped$/m.exec(log)?.[1];
  return count === undefined ? undefined : Number(count);
}
