import type { Step } from '../steps.ts';
import type { PlannedInterface, PlannedServer, PlannedService } from '../types.ts';

/** What a real server's steps may depend on. */
export interface ServerContext {
  service: PlannedService;
  server: PlannedServer;
  /** Interfaces of the real server, with the MTU of the network that each is on. */
  interfaces: (PlannedInterface & { mtu: number })[];
}

/** What programs call a forwarding method of IPVS. */
export interface IpvsWords {
  /** `ipvsadm -a` option. */
  flag: '-m' | '-i' | '-g';
  ldirectord: 'masq' | 'ipip' | 'gate';
  keepalived: 'NAT' | 'TUN' | 'DR';
}

/** A forwarding method: what it needs on the director and on the real server. One file each. */
export interface ModeRules {
  /** As a student reads it after a service. */
  description: string;
  /** Absent where the mode is not one of IPVS. */
  ipvs?: IpvsWords;
  /** Whether the real server's default gateway is the director. */
  gatewayIsDirector: boolean;
  /** Whether the director must forward packets that are not its own (the replies). */
  directorForwards: boolean;
  /** Kernel modules beside ip_vs. */
  modules: (service: PlannedService, server: PlannedServer) => string[];
  /** Steps on a real server before its routes; the order is part of the method. */
  serverSteps: (context: ServerContext) => Step[];
  /** Bytes that the method adds to each packet between director and real server. */
  overhead: (service: PlannedService, server: PlannedServer) => number;
}
