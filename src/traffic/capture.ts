import type { Plan, PlannedNode } from '../plan/types.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** What tcpdump saw on one interface. */
export interface Captured {
  node: string;
  device: string;
  /** A pcap file. */
  pcap: Buffer;
  /** Packets that the kernel dropped before tcpdump got them, by its own account; undefined where it gave none. */
  dropped: number | undefined;
  /** Bytes that it was allowed to have, where it has them: what came thereafter is not in it. */
  cut?: number;
}

/**
 * Headers and a small answer. A packet takes a slot of this size in the kernel's ring: with tcpdump's 256 kB the ring
 * holds eight, and loses the ninth.
 */
const HEADERS = ['-s', '2048', '-B', '4096'];

/** Bytes of all captures together: files are memory where the nodes are, and on this host they come all at once. */
const ALL = 32 * 1024 * 1024;
/** Bytes of one capture at least and at most. A connection takes some two thousand. */
const [LEAST, MOST] = [1024 * 1024, 8 * 1024 * 1024];

/**
 * Neighbours, and path MTUs: what a node was told of one by ICMP holds for ten minutes, and hides that it could not be
 * told so now.
 */
function forget({ interfaces }: PlannedNode): string {
  const six = interfaces.some((own) => own.addresses.some(({ family }) => family === 6));
  // As `ip route flush cache` does, but without a program of its own; IPv6 has no such word.
  return `echo 1 >/proc/sys/net/ipv4/route/flush; ${six ? 'ip -6 route flush cache; ' : ''}exec ip neigh flush all`;
}

/**
 * Captures on every interface of every node at once while `during` runs. Neighbours and path MTUs are forgotten once
 * all of them listen, so that address resolution is in every one: what a connection from before still sends would else
 * ask too early. All captures have one clock, as the nodes share one kernel. Nothing of them is on the nodes but tcpdump.
 */
export async function captureDuring<T>(
  runtime: Runtime,
  plan: Plan,
  during: () => Promise<T>,
): Promise<{ result: T; captures: Captured[] }> {
  const places = plan.nodes.flatMap((node) =>
    node.interfaces.map((i) => ({ node: node.name, device: i.name })),
  );
  const most = Math.min(MOST, Math.max(LEAST, Math.floor(ALL / places.length)));
  const { capturing, listening } = await listen(runtime, places, most);
  let result: T;
  let stopped;
  try {
    await runtime.exec(plan.nodes.map((node) => ({ node: node.name, argv: ['sh', '-c', forget(node)] })));
    result = await during();
  } finally {
    stopped = await capturing.end();
  }
  return {
    result,
    captures: places.map(({ node, device }): Captured => {
      const index = listening.findIndex((place) => place.node === node && place.device === device);
      // What is down lets nothing through: that it saw nothing is the whole truth.
      if (index < 0) return { node, device, pcap: EMPTY, dropped: 0 };
      const pcap = stopped[index]?.stdout ?? Buffer.alloc(0);
      return {
        node,
        device,
        pcap,
        dropped: droppedPackets(stopped[index]?.stderr ?? ''),
        ...(pcap.length < most ? {} : { cut: most }),
      };
    }),
  };
}

interface Place {
  node: string;
  device: string;
}

/** A capture file without a packet: magic, version 2.4, no offset, snaplen, Ethernet (pcap-savefile(5)). */
const EMPTY = Buffer.from(new Uint32Array([0xa1b2c3d4, 0x00040002, 0, 0, 2048, 1]).buffer);

/** Begins to capture wherever an interface is up: tcpdump refuses one that is not. */
async function listen(
  runtime: Runtime,
  places: Place[],
  most: number,
): Promise<{ capturing: Awaited<ReturnType<Runtime['hold']>>; listening: Place[] }> {
  const begin = (listening: Place[]) =>
    runtime.hold(
      listening.map(({ node, device }) => ({
        node,
        argv: tcpdumpCommand(device, '-', HEADERS),
        ready: 'listening on',
        most,
      })),
    );
  try {
    return { capturing: await begin(places), listening: places };
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('device is not up')) throw error;
    const listening = await placesUp(runtime, places);
    return { capturing: await begin(listening), listening };
  }
}

async function placesUp(runtime: Runtime, places: Place[]): Promise<Place[]> {
  const nodes = [...new Set(places.map(({ node }) => node))];
  const links = await runtime.exec(nodes.map((node) => ({ node, argv: ['ip', '-o', 'link', 'show', 'up'] })));
  const up = nodes.map((_, index) => links[index]?.stdout.toString() ?? '');
  return places.filter(({ node, device }) =>
    new RegExp(`^\\d+: ${device}[@:]`, 'm').test(up[nodes.indexOf(node)] ?? ''),
  );
}

/** tcpdump's arguments for one interface, to a file or to standard output (`-`). */
export function tcpdumpCommand(device: string, file: string, limits: string[] = []): string[] {
  // -p: no promiscuous mode, so that a frame is seen where it is delivered, not where a switch floods it.
  // -Z root: it would otherwise change to a user that cannot write where the node's root can.
  return ['tcpdump', '-i', device, '-n', '-p', '-U', '--immediate-mode', ...limits, '-Z', 'root', '-w', file];
}

function droppedPackets(log: string): number | undefined {
  const count = /(\d+) packets? dropped by kernel/.exec(log)?.[1];
  return count === undefined ? undefined : Number(count);
}
