import type { ServiceAddress } from '../plan/service-name.ts';
import type { Change } from './changes.ts';
import type { Packet } from './packet.ts';

/** An interface of the plan. */
export interface PlannedPort {
  node: string;
  device: string;
  network: string;
  mac: string;
}

/** One frame as one capture saw it. The captures of a lab share one clock. */
export interface Observation {
  node: string;
  device: string;
  /** Microseconds since 1970, as `readPcap` gives them. */
  time: number;
  packet: Packet;
}

/** A frame's way over one network, from the interface that sent it to the one that it is addressed to. */
export interface Crossing {
  network: string;
  /** Absent where no interface of the plan has the source MAC. */
  from?: PlannedPort;
  /** Absent where no interface of the plan has the destination MAC. */
  to?: PlannedPort;
  /** Microseconds; when it was sent, or when it arrived where the sender has no capture. */
  time: number;
  /** The frame as its sender's capture has it. */
  sent?: Observation;
  /** The frame as its receiver's capture has it. */
  arrived?: Observation;
  packet: Packet;
  /** It was sent, and the receiver's capture, which saw other frames, lacks it. */
  lost?: true;
  /** Cut into segments or joined with others since its previous crossing (segmentation and receive offload). */
  resegmented?: true;
  /** Against the same packet's previous crossing; empty for the first. */
  changes: Change[];
}

/** One packet's way: every crossing from the node that made it to the last that got it. */
export interface Journey {
  /** `error`: an ICMP error about a packet of the connection. */
  direction: 'request' | 'reply' | 'error';
  /** `SYN`, `SYN-ACK`, `74 bytes`, `24-byte datagram` … */
  label: string;
  /** In the order of its way. */
  crossings: Crossing[];
  /** The same segment was sent before by the same node. */
  retransmission?: true;
  /** It goes on inside another journey, joined with other segments. */
  joined?: true;
}

/** One TCP connection to a virtual service, or one UDP request to it, by every packet that belongs to it. */
export interface Walk {
  service: ServiceAddress;
  client: { address: string; port: number };
  /** Node that owns the client's address, where the plan has it. */
  clientNode?: string;
  /** In the order in which they set out. */
  journeys: Journey[];
}
