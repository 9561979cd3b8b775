import * as z from 'zod/mini';
import {
  APPLICATIONS,
  FAMILIES,
  MODES,
  ROLES,
  KERNEL_NEEDS,
  TUNNELS,
  dnsNameSchema,
  healthRecordSchema,
} from '../topology/types.ts';
import { NAME_PATTERN } from '../topology/names.ts';
import { stepSchema } from './steps.ts';
import { SERVER_KEYS, SERVICE_KEYS } from './table-keys.ts';

/** Names become part of paths and of commands, also where a plan was read from a record. */
const nameSchema = z.string().check(z.regex(new RegExp(NAME_PATTERN)));

const plannedNetworkSchema = z.object({
  name: nameSchema,
  /** CIDRs, at most one of each family. */
  subnets: z.array(z.string()),
  /** Bytes. */
  mtu: z.number(),
});
export type PlannedNetwork = z.infer<typeof plannedNetworkSchema>;

const interfaceAddressSchema = z.object({
  family: z.literal(FAMILIES),
  /** Without prefix. */
  address: z.string(),
  prefix: z.number(),
});
export type InterfaceAddress = z.infer<typeof interfaceAddressSchema>;

const plannedInterfaceSchema = z.object({
  /** Name inside the node: eth0, eth1 … */
  name: z.string(),
  network: z.string(),
  /** At least one. The first of a family is the one that others reach the node by. */
  addresses: z.array(interfaceAddressSchema),
  /** Locally administered, derived from network and address order, so that it can be recognised in a capture. */
  mac: z.string(),
});
export type PlannedInterface = z.infer<typeof plannedInterfaceSchema>;

const hostNameSchema = z.object({
  address: z.string(),
  name: z.string(),
});
export type HostName = z.infer<typeof hostNameSchema>;

const plannedNodeSchema = z.object({
  name: nameSchema,
  role: z.enum(ROLES),
  interfaces: z.array(plannedInterfaceSchema),
  /** Names that the node can resolve, itself included: /etc/hosts, or what the runtime has in its place. */
  hosts: z.array(hostNameSchema),
  /** In the order in which they are run on the node. Each may be run again without harm. */
  steps: z.array(stepSchema),
});
export type PlannedNode = z.infer<typeof plannedNodeSchema>;

const plannedServerSchema = z.object({ node: z.string(), ...SERVER_KEYS });
export type PlannedServer = z.infer<typeof plannedServerSchema>;

const plannedHealthSchema = z.object({
  ...healthRecordSchema.shape,
  fallback: z.exactOptional(plannedServerSchema),
});
/** How it is found out which real servers are alive; as in the topology, with what answers when none is. */
export type PlannedHealth = z.infer<typeof plannedHealthSchema>;

const plannedServiceSchema = z.object({
  ...SERVICE_KEYS,
  application: z.enum(APPLICATIONS),
  directors: z.array(z.string()),
  tunnel: z.enum(TUNNELS),
  servers: z.array(plannedServerSchema),
  /** Absent where nobody looks after the real servers. */
  health: z.exactOptional(plannedHealthSchema),
});
/** What clients ask for. */
export type PlannedService = z.infer<typeof plannedServiceSchema>;

const plannedClusterSchema = z.object({
  name: z.string(),
  /** The first has the addresses as long as it lives. */
  directors: z.array(z.string()),
  /** What moves, VIPs and gateways, each with the network that it lies in. */
  addresses: z.array(z.object({ address: z.string(), network: z.string() })),
  /** Those of the addresses that real servers take for their gateway. */
  gateways: z.array(z.string()),
  /** keepalived moves them; absent: a person does. Interval in milliseconds; spoken where the addresses are, or `on`. */
  vrrp: z.exactOptional(z.object({ id: z.number(), interval: z.number(), on: z.exactOptional(z.string()) })),
  /** The sync daemon's id, and the network on which the master tells of its connections. */
  sync: z.exactOptional(z.object({ id: z.number(), on: z.string() })),
});
/** Directors of which one has the addresses, and another takes them over. */
export type PlannedCluster = z.infer<typeof plannedClusterSchema>;

export const planSchema = z.object({
  version: z.literal(1),
  /** The lab's name. */
  name: nameSchema,
  title: z.string(),
  mode: z.enum(MODES),
  networks: z.array(plannedNetworkSchema),
  nodes: z.array(plannedNodeSchema),
  services: z.array(plannedServiceSchema),
  /** Absent where there are none. */
  clusters: z.exactOptional(z.array(plannedClusterSchema)),
  /** What the DNS servers resolve; absent where there are none. */
  names: z.exactOptional(z.array(dnsNameSchema)),
  /** What the lab is to have of its kernel beside what its services take; absent where that is nothing. */
  needs: z.exactOptional(z.array(z.enum(KERNEL_NEEDS))),
  /** Kernel modules that the lab cannot do without. */
  modules: z.array(z.string()),
});
/**
 * What follows from a topology: plain JSON, deterministic, no functions.
 * `lab plan` prints it as commands, `lab up` runs the same commands.
 */
export type Plan = z.infer<typeof planSchema>;
