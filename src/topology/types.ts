/** What a user wrote, with every default filled in except the addresses, which the plan assigns. */
export interface Topology {
  /** Lab name when none is given on the command line: the file's `name`, or the file's own name. */
  name: string;
  title: string | undefined;
  /** Forwarding method of every service and real server that does not name its own. */
  mode: Mode;
  networks: Network[];
  nodes: TopologyNode[];
  services: VirtualService[];
}

export const MODES = ['nat', 'tun', 'dr'] as const;
/** IPVS forwarding methods: masquerading, tunnelling, direct routing (gatewaying). */
export type Mode = (typeof MODES)[number];

export const ROLES = ['client', 'director', 'real-server', 'router'] as const;
export type Role = (typeof ROLES)[number];

/** Schedulers of the kernel's ip_vs (net/netfilter/ipvs). */
export const SCHEDULERS = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'dh',
  'sh',
  'sed',
  'nq',
  'fo',
  'ovf',
  'mh',
] as const;
export type Scheduler = (typeof SCHEDULERS)[number];

/** Internet Protocol version of an address. */
export type Family = 4 | 6;

export const SCHEDULER_FLAGS = ['sh-fallback', 'sh-port', 'mh-fallback', 'mh-port'] as const;
/** What changes a scheduler (`ipvsadm --sched-flags`); each begins with the name of the one that it is for. */
export type SchedulerFlag = (typeof SCHEDULER_FLAGS)[number];

export const TUNNELS = ['ipip', 'gue', 'gre'] as const;
/** Encapsulation of the TUN method (`ipvsadm --tun-type`). */
export type TunnelType = (typeof TUNNELS)[number];

export interface Network {
  name: string;
  /** CIDRs with host bits zero, such as `10.0.0.0/24`; at least one, and at most one of each family. */
  subnets: string[];
  /** Bytes; the kernel's default (1500) where undefined. */
  mtu: number | undefined;
}

export interface TopologyNode {
  name: string;
  role: Role;
  /** In the order in which the interfaces eth0, eth1 … are made. */
  attachments: Attachment[];
  /** Default gateway: another node's name or an address; `none` for no default route; undefined: by mode. */
  gateway: string | undefined;
  routes: StaticRoute[];
  /** Kernel settings, all below `net.`; they win over what the plan would set. */
  sysctls: Sysctl[];
}

export interface Sysctl {
  /** With dots: `net.ipv4.vs.conntrack`. */
  key: string;
  value: string;
}

export interface Attachment {
  network: string;
  /** Fixed addresses without prefix; of a family of the network that has none here the plan assigns one. */
  addresses: string[];
}

export interface StaticRoute {
  /** CIDR or address. */
  to: string;
  /** A node's name, or an address of the destination's family. */
  via: string;
}

export interface VirtualService {
  /** IPv4 or IPv6 address; may lie outside every network. */
  vip: string;
  port: number;
  protocol: 'tcp';
  scheduler: Scheduler;
  flags: SchedulerFlag[];
  /** Undefined where each connection is scheduled anew. */
  persistence: Persistence | undefined;
  /** Nodes of role director that carry this service. */
  directors: string[];
  tunnel: TunnelType;
  servers: RealServer[];
}

/** Keeps a client with the real server of its first connection. */
export interface Persistence {
  /** Seconds after the last connection. */
  timeout: number;
  /** Leading bits of a client's address that say who it is; undefined: all, so that each address is a client. */
  prefix: number | undefined;
}

export interface RealServer {
  node: string;
  weight: number;
  /** Connections at which the director sends no more (`ipvsadm -x`); undefined: no limit. */
  upper: number | undefined;
  /** Connections below which a server that was full takes more (`ipvsadm -y`); undefined: three quarters of `upper`. */
  lower: number | undefined;
  /** Port on the real server; only NAT can map it to another than the service's. */
  port: number;
  mode: Mode;
  /**
   * Network whose address IPVS uses; undefined: of those where it has the VIP's family the first that it shares with a
   * director, else the first.
   */
  network: string | undefined;
}
