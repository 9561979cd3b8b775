import type {
  DnsName,
  Application,
  Family,
  Health,
  Mode,
  Persistence,
  Protocol,
  Role,
  Scheduler,
  SchedulerFlag,
  TunnelType,
} from '../topology/types.ts';
import type { Step } from './steps.ts';

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
  /** Absent where there are none. */
  clusters?: PlannedCluster[];
  /** What the DNS servers resolve; absent where there are none. */
  names?: DnsName[];
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
  /** Absent where nobody looks after the real servers. */
  health?: PlannedHealth;
}

/** How it is found out which real servers are alive; as in the topology, with what answers when none is. */
export type PlannedHealth = Omit<Health, 'fallback'> & { fallback?: PlannedServer };
/** Directors of which one has the addresses, and another takes them over. */
export interface PlannedCluster {
  name: string;
  /** The first has the addresses as long as it lives. */
  directors: string[];
  /** What moves, VIPs and gateways, each with the network that it lies in. */
  addresses: { address: string; network: string }[];
  /** Those of the addresses that real servers take for their gateway. */
  gateways: string[];
  /** keepalived moves them; absent: a person does. Interval in milliseconds; spoken where the addresses are, or `on`. */
  vrrp?: { id: number; interval: number; on?: string };
  /** The sync daemon's id, and the network on which the master tells of its connections. */
  sync?: { id: number; on: string };
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
