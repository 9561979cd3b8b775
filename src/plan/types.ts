import type {
  Application,
  Family,
  Mode,
  Persistence,
  Protocol,
  Quality,
  Role,
  Scheduler,
  SchedulerFlag,
  TunnelType,
} from '../topology/types.ts';

/**
 * What follows from a topology: plain JSON, deterministic, no functions.
 * `lab plan` prints it as commands, `lab up` runs the same commands.
 */
export interface Plan {
  version: 1;
  /** The lab's name. */
  name: string;
  title: string;
  mode: Mode;
  networks: PlannedNetwork[];
  nodes: PlannedNode[];
  services: PlannedService[];
  /** Kernel modules that the lab cannot do without; empty where there is no virtual service. */
  modules: string[];
}

export interface PlannedNetwork {
  name: string;
  /** CIDRs, at most one of each family. */
  subnets: string[];
  /** Bytes. */
  mtu: number;
}

export interface PlannedNode {
  name: string;
  role: Role;
  interfaces: PlannedInterface[];
  /** Names that the node can resolve, itself included: /etc/hosts, or what the runtime has in its place. */
  hosts: HostName[];
  /** In the order in which they are run on the node. Each may be run again without harm. */
  steps: Step[];
}

export interface HostName {
  address: string;
  name: string;
}

export interface PlannedInterface {
  /** Name inside the node: eth0, eth1 … */
  name: string;
  network: string;
  /** At least one. The first of a family is the one that others reach the node by. */
  addresses: InterfaceAddress[];
  /** Locally administered, derived from network and address order, so that it can be recognised in a capture. */
  mac: string;
}

export interface InterfaceAddress {
  family: Family;
  /** Without prefix. */
  address: string;
  prefix: number;
}

/** What clients ask for. */
export interface PlannedService {
  vip: string;
  port: number;
  protocol: Protocol;
  application: Application;
  scheduler: Scheduler;
  /** Absent where there are none. */
  flags?: SchedulerFlag[];
  /** Firewall mark: to a director, all services with this mark are one. */
  mark?: number;
  /** `ipvsadm -o`: every datagram is scheduled by itself. */
  onePacket?: true;
  /** Absent where each connection is scheduled anew. */
  persistence?: Persistence;
  directors: string[];
  tunnel: TunnelType;
  servers: PlannedServer[];
}

export interface PlannedServer {
  node: string;
  /** The real server's address that IPVS sends to. */
  address: string;
  port: number;
  weight: number;
  /** Connections; absent where there is no limit. */
  upper?: number;
  lower?: number;
  mode: Mode;
}

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
  | { kind: 'file'; path: string; content: string }
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
  pidfile: string;
  /** Files that it writes, for `lab logs`. */
  logs: string[];
}
