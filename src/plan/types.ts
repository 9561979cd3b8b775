import type {
  Family,
  Mode,
  Persistence,
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

export interface PlannedService {
  vip: string;
  port: number;
  protocol: 'tcp';
  scheduler: Scheduler;
  /** Absent where there are none. */
  flags?: SchedulerFlag[];
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
  | AddressStep
  | TunnelStep
  | RouteStep
  | VirtualServiceStep
  | RealServerStep
  | { kind: 'file'; path: string; content: string }
  | DaemonStep;

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

export interface VirtualServiceStep {
  kind: 'virtual-service';
  vip: string;
  port: number;
  protocol: 'tcp';
  scheduler: Scheduler;
  flags?: SchedulerFlag[];
  persistence?: Persistence;
}

export interface RealServerStep {
  kind: 'real-server';
  vip: string;
  servicePort: number;
  protocol: 'tcp';
  address: string;
  port: number;
  mode: Mode;
  weight: number;
  upper?: number;
  lower?: number;
  tunnel: TunnelType;
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
