import { mainAddress } from '../../../src/plan/addresses.ts';
import type { Plan } from '../../../src/plan/types.ts';
import { portsOfPlan } from '../../../src/proof/crossings.ts';
import { decode } from '../../../src/proof/packets.ts';
import { arp, ethernet, ipv4, tcp, udp, type IpFields, type TcpFields } from './build.ts';
import type { Observation } from '../../../src/proof/types.ts';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';

/** Frames that cross the wires of a plan, as captures at both ends see them. */
export interface Scene {
  observations: Observation[];
  /** A datagram from one interface (`client/eth0`) to another on the same network. */
  hop(from: string, to: string, datagram: Uint8Array, seenBy?: 'both' | 'sender' | 'receiver'): void;
  /** A broadcast question, seen by every interface of the network; `asking`: the sender's address in it. */
  whoHas(from: string, ip: string, asking?: string): void;
  isAt(from: string, to: string, ip: string): void;
  /** Lets microseconds pass. */
  wait(microseconds: number): void;
}

export function scene(plan: Plan): Scene {
  const places = portsOfPlan(plan);
  const observations: Observation[] = [];
  let time = 1_700_000_000_000_000;
  const place = (name: string) => {
    const found = places.find((p) => `${p.node}/${p.device}` === name);
    if (found === undefined) throw new Error(`no ${name} in the plan`);
    return found;
  };
  const addressOf = (name: string) =>
    plan.nodes.flatMap((n) =>
      n.interfaces.filter((i) => `${n.name}/${i.name}` === name).map(mainAddress),
    )[0] ?? '0.0.0.0';
  const see = (at: { node: string; device: string }, frame: Uint8Array) => {
    time += 5;
    observations.push({ node: at.node, device: at.device, time, packet: decode(frame, 1) });
  };
  return {
    observations,
    hop(from, to, datagram, seenBy = 'both') {
      const frame = ethernet(place(from).mac, place(to).mac, 0x0800, datagram);
      if (seenBy !== 'receiver') see(place(from), frame);
      if (seenBy !== 'sender') see(place(to), frame);
    },
    whoHas(from, ip, asking = addressOf(from)) {
      const sender = place(from);
      const question = arp(1, [sender.mac, asking], ['00:00:00:00:00:00', ip]);
      for (const at of places.filter((p) => p.network === sender.network))
        see(at, ethernet(sender.mac, BROADCAST, 0x0806, question));
    },
    isAt(from, to, ip) {
      const answer = arp(2, [place(from).mac, ip], [place(to).mac, addressOf(to)]);
      const frame = ethernet(place(from).mac, place(to).mac, 0x0806, answer);
      see(place(from), frame);
      see(place(to), frame);
    },
    wait(microseconds) {
      time += microseconds;
    },
  };
}

export const SYN = 0x02;
export const SYN_ACK = 0x12;
export const PSH_ACK = 0x18;

/** A TCP packet between two `address:port`. */
export function segment(
  from: string,
  to: string,
  flags: number,
  more: Partial<IpFields & Pick<TcpFields, 'sequence' | 'acknowledgement'>> & { length?: number } = {},
): Uint8Array {
  const [source = '', sourcePort] = from.split(':');
  const [destination = '', destinationPort] = to.split(':');
  const { sequence, acknowledgement, length = 0, ...ip } = more;
  return ipv4(
    { source, destination, protocol: 6, ...ip },
    tcp(
      {
        source: Number(sourcePort),
        destination: Number(destinationPort),
        flags,
        sequence: sequence ?? 1000,
        acknowledgement: acknowledgement ?? 0,
      },
      new Uint8Array(length),
    ),
  );
}

/** A UDP datagram between two `address:port`. */
export function datagram(from: string, to: string, text: string, more: Partial<IpFields> = {}): Uint8Array {
  const [source = '', sourcePort] = from.split(':');
  const [destination = '', destinationPort] = to.split(':');
  return ipv4(
    { source, destination, protocol: 17, ...more },
    udp(Number(sourcePort), Number(destinationPort), new TextEncoder().encode(text)),
  );
}
