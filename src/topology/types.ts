import * as z from 'zod/mini';
import type { nodeSchema } from './fields/node.ts';
import type { Filled } from './fields/fill.ts';
import type { serverSchema, serviceSchema } from './fields/service.ts';

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
  clusters: Cluster[];
  names: DnsName[];
  /** What the lab is to have of its kernel beside what its services take. */
  needs: KernelNeed[];
}

export const MODES = ['nat', 'tun', 'dr', 'proxy'] as const;
/** IPVS forwarding methods: masquerading, tunnelling, direct routing (gatewaying); and a proxy in the place of IPVS. */
export type Mode = (typeof MODES)[number];

export const ROLES = ['client', 'director', 'real-server', 'router', 'dns', 'proxy'] as const;
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
  'twos',
] as const;
export type Scheduler = (typeof SCHEDULERS)[number];

export const KERNEL_NEEDS = ['iptables'] as const;
/** Parts of a kernel that a lesson takes and no service does: iptables, and with it nft and arptables. */
export type KernelNeed = (typeof KERNEL_NEEDS)[number];

export const SCHEDULER_FLAGS = ['sh-fallback', 'sh-port', 'mh-fallback', 'mh-port'] as const;
/** What changes a scheduler (`ipvsadm --sched-flags`); each begins with the name of the one that it is for. */
export type SchedulerFlag = (typeof SCHEDULER_FLAGS)[number];

export const FAMILIES = [4, 6] as const;
/** Internet Protocol version of an address. */
export type Family = (typeof FAMILIES)[number];

export const CHECKERS = ['ldirectord', 'keepalived'] as const;
/** The program on a director that finds out which real servers are alive. */
export type Checker = (typeof CHECKERS)[number];

export const CHECKS = ['connect', 'negotiate', 'ping', 'external'] as const;
/** How it finds out. */
export type HealthCheck = (typeof CHECKS)[number];

export const TUNNELS = ['ipip', 'gue', 'gre'] as const;
/** Encapsulation of the TUN method (`ipvsadm --tun-type`). */
export type TunnelType = (typeof TUNNELS)[number];

export const PROTOCOLS = ['tcp', 'udp'] as const;
/** Transport protocols of virtual services. */
export type Protocol = (typeof PROTOCOLS)[number];

export const APPLICATIONS = ['http', 'https', 'dns'] as const;
/** What real servers answer and clients ask: web pages, in the clear or in TLS, or names (over UDP or TCP). */
export type Application = (typeof APPLICATIONS)[number];

export interface Network {
  name: string;
  /** CIDRs with host bits zero, such as `10.0.0.0/24`; at least one, and at most one of each family. */
  subnets: string[];
  /** Bytes; the kernel's default (1500) where undefined. */
  mtu: number | undefined;
  /** Of every interface on it that does not say otherwise. */
  quality: Quality;
}

export const qualitySchema = z.object({
  /** Microseconds that every packet waits before it leaves. */
  delay: z.exactOptional(z.number()),
  /** Microseconds by which the delay varies, up and down, evenly. */
  jitter: z.exactOptional(z.number()),
  /** Percent of packets that are lost, each by itself. */
  loss: z.exactOptional(z.number()),
  /** Bits in a second. */
  rate: z.exactOptional(z.number()),
});
/** How an interface sends; a measure that is not there leaves it as it is. Zero undoes what the network says. */
export type Quality = z.infer<typeof qualitySchema>;

/**
 * `gateway`: another node's name or an address; `none` for no default route; undefined: by mode. `timeouts` in seconds;
 * undefined: the kernel's own.
 */
export interface TopologyNode extends Omit<NodeKeys, 'role' | 'on' | 'routes' | 'sysctls' | 'count'> {
  name: string;
  role: Role;
  /** In the order in which the interfaces eth0, eth1 … are made. */
  attachments: Attachment[];
  routes: StaticRoute[];
  /** Kernel settings, all below `net.`; they win over what the plan would set. */
  sysctls: Sysctl[];
}

type NodeKeys = Filled<typeof nodeSchema>;

export interface Attachment {
  network: string;
  /** Fixed addresses without prefix; of a family of the network that has none here the plan assigns one. */
  addresses: string[];
  /** Measures in which this interface differs from its network's. */
  quality: Quality;
}

export interface Sysctl {
  /** With dots: `net.ipv4.vs.conntrack`. */
  key: string;
  value: string;
}

export interface StaticRoute {
  /** CIDR or address. */
  to: string;
  /** A node's name, or an address of the destination's family. */
  via: string;
}

/** What clients ask for: one VIP, port and protocol. Services with the same mark are one to their director. */
export interface VirtualService extends Omit<
  ServiceKeys,
  'mode' | 'ports' | 'tls' | 'persistence' | 'health'
> {
  port: number;
  application: Application;
  flags: SchedulerFlag[];
  /** Undefined: each connection is scheduled anew. */
  persistence: Persistence | undefined;
  /** Nodes that carry this service: of role director, in mode proxy of role proxy. */
  directors: string[];
  servers: RealServer[];
  /** Undefined: nobody looks after the real servers. */
  health: Health | undefined;
}
type ServiceKeys = Filled<typeof serviceSchema>;

export const healthRecordSchema = z.object({
  by: z.enum(CHECKERS),
  check: z.enum(CHECKS),
  /** Of negotiate: the path that is asked for, and what the answer must contain. */
  request: z.optional(z.string()),
  receive: z.optional(z.string()),
  /** Of external: a shell command that succeeds where the server is well. */
  command: z.optional(z.string()),
  /** Seconds from check to check, and until a check has failed. */
  interval: z.number(),
  timeout: z.number(),
  /** Checks in a row that must fail before a server is out. */
  failures: z.number(),
  /** A server that is out stays in the table with weight 0; else it is removed. */
  quiescent: z.boolean(),
});
/** How it is found out which real servers of a service are alive, and what becomes of those that are not. */
export type Health = z.infer<typeof healthRecordSchema> & {
  /** Answers when all are out. */
  fallback: RealServer | undefined;
};

export const persistenceSchema = z.object({
  /** Seconds after its last connection. */
  timeout: z.number(),
  /** Leading bits of a client's address that say who it is; absent: all, so that each address is a client. */
  prefix: z.exactOptional(z.number()),
});
/** How long a client stays with its real server. */
export type Persistence = z.infer<typeof persistenceSchema>;

export const dnsNameSchema = z.object({
  name: z.string(),
  /** VIPs, in file order. */
  addresses: z.array(z.string()),
});
/** A name with several addresses, which the lab's DNS servers give in turns. */
export type DnsName = z.infer<typeof dnsNameSchema>;

/** Directors that stand in for one another: one has the VIPs, and another takes them over. */
export interface Cluster {
  name: string;
  /** The first has the VIPs as long as it lives. */
  directors: string[];
  /** Addresses that move with the VIPs, as gateways of real servers. */
  gateways: string[];
  /** Undefined: addresses are moved by hand. */
  vrrp: Vrrp | undefined;
  /** Undefined: a director knows its own connections alone. */
  sync: { id: number; on: string } | undefined;
}

export interface Vrrp {
  id: number;
  /** Milliseconds from advertisement to advertisement. */
  interval: number;
  /** The network on which it is spoken; undefined: each on which an address moves. */
  on: string | undefined;
}

/**
 * A real server of a service. Where `network` is undefined, IPVS uses its address on the first network, of those where it has
 * the VIP's family, that it shares with a director, else on the first of them.
 */
export interface RealServer extends Filled<typeof serverSchema> {
  port: number;
  mode: Mode;
}
