import type {
  Family,
  Mode,
  Persistence,
  Protocol,
  Quality,
  Scheduler,
  SchedulerFlag,
  TunnelType,
} from '../topology/types.ts';

/** One thing done on a node. Every kind is idempotent when run again. */
export type Step =
  | { kind: 'sysctl'; key: string; value: string }
  | { kind: 'link'; device: string }
  | LinkQualityStep
  | AddressStep
  | TunnelStep
  | RouteStep
  | MarkStep
  | VirtualServiceStep
  | RealServerStep
  | FileStep
  | SyncDaemonStep
  | CertificateStep
  | DaemonStep;

/** How an interface sends from now on, instead of whatever it was told before. Nothing but the device: plainly. */
export interface LinkQualityStep extends Quality {
  kind: 'link-quality';
  device: string;
}

export interface AddressStep {
  kind: 'address';
  device: string;
  address: string;
  prefix: number;
  /** The kernel does not choose it as the source of a packet of its own. IPv6 alone has that (RFC 4862). */
  deprecated?: true;
}

/** A device that takes tunnelled packets from any sender. */
export interface TunnelStep {
  kind: 'tunnel';
  device: string;
  /** What `ip link add … type` calls it. */
  type: string;
  /** Family of the UDP packets where the tunnel is GUE. */
  gue?: Family;
}

export interface RouteStep {
  kind: 'route';
  /** CIDR, or `default`. */
  to: string;
  /** Address of the next hop. */
  via?: string;
  device?: string;
  /** Preferred source address. */
  source?: string;
  metric?: number;
  /** TCP segment size to announce to what is reached by this route, in bytes. */
  advmss?: number;
}

/** Marks what comes in by a device for a service, before IPVS sees it. */
export interface MarkStep {
  kind: 'mark';
  device: string;
  /** Among the device's marks, from 1: by it the step finds its own rule again. */
  rule: number;
  vip: string;
  port: number;
  protocol: Protocol;
  mark: number;
}

export interface VirtualServiceStep {
  kind: 'virtual-service';
  vip: string;
  port: number;
  protocol: Protocol;
  /** The director knows the service by this alone; address and port are then those of its first. */
  mark?: number;
  scheduler: Scheduler;
  flags?: SchedulerFlag[];
  onePacket?: true;
  persistence?: Persistence;
}

export interface RealServerStep {
  kind: 'real-server';
  vip: string;
  servicePort: number;
  protocol: Protocol;
  /** As of the service: then each packet keeps the port that it came to. */
  mark?: number;
  address: string;
  port: number;
  mode: Mode;
  weight: number;
  upper?: number;
  lower?: number;
  tunnel: TunnelType;
}

export interface FileStep {
  kind: 'file';
  path: string;
  content: string;
  /** It is a program. */
  executable?: true;
}

/** The kernel's thread that tells others of connections, or hears of theirs. */
export interface SyncDaemonStep {
  kind: 'sync-daemon';
  role: 'master' | 'backup';
  device: string;
  id: number;
}

/** A key and a certificate that it signs itself, made on the node where they are not there yet. */
export interface CertificateStep {
  kind: 'certificate';
  /** Common name. */
  name: string;
  /** IP addresses that it is good for. */
  addresses: string[];
  keyFile: string;
  certificateFile: string;
}

/** A program that puts itself into the background once it is ready. */
export interface DaemonStep {
  kind: 'daemon';
  /** What `lab status` and `lab logs` call it. */
  name: string;
  /** Absolute path of the program, then its arguments. */
  argv: string[];
  /** What its process is where the program is a script. */
  interpreter?: string;
  pidfile: string;
  /** Files that it writes, for `lab logs`. */
  logs: string[];
}
