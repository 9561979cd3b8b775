import * as z from 'zod/mini';
import { FAMILIES, PROTOCOLS, TUNNELS, qualitySchema } from '../topology/types.ts';
import { SERVER_KEYS, SERVICE_KEYS } from './table-keys.ts';

const linkQualityStepSchema = z.object({
  ...qualitySchema.shape,
  kind: z.literal('link-quality'),
  device: z.string(),
});
/** How an interface sends from now on, instead of whatever it was told before. Nothing but the device: plainly. */
export type LinkQualityStep = z.infer<typeof linkQualityStepSchema>;

const addressStepSchema = z.object({
  kind: z.literal('address'),
  device: z.string(),
  address: z.string(),
  prefix: z.number(),
  /** The kernel does not choose it as the source of a packet of its own. IPv6 alone has that (RFC 4862). */
  deprecated: z.exactOptional(z.literal(true)),
});
export type AddressStep = z.infer<typeof addressStepSchema>;

const tunnelStepSchema = z.object({
  kind: z.literal('tunnel'),
  device: z.string(),
  /** What `ip link add … type` calls it. */
  type: z.string(),
  /** Family of the UDP packets where the tunnel is GUE. */
  gue: z.exactOptional(z.literal(FAMILIES)),
});
/** A device that takes tunnelled packets from any sender. */
export type TunnelStep = z.infer<typeof tunnelStepSchema>;

const routeStepSchema = z.object({
  kind: z.literal('route'),
  /** CIDR, or `default`. */
  to: z.string(),
  /** Address of the next hop. */
  via: z.exactOptional(z.string()),
  device: z.exactOptional(z.string()),
  /** Preferred source address. */
  source: z.exactOptional(z.string()),
  metric: z.exactOptional(z.number()),
  /** TCP segment size to announce to what is reached by this route, in bytes. */
  advmss: z.exactOptional(z.number()),
});
export type RouteStep = z.infer<typeof routeStepSchema>;

const markStepSchema = z.object({
  kind: z.literal('mark'),
  device: z.string(),
  /** Among the device's marks, from 1: by it the step finds its own rule again. */
  rule: z.number(),
  vip: z.string(),
  port: z.number(),
  protocol: z.enum(PROTOCOLS),
  mark: z.number(),
});
/** Marks what comes in by a device for a service, before IPVS sees it. */
export type MarkStep = z.infer<typeof markStepSchema>;

const virtualServiceStepSchema = z.object({ kind: z.literal('virtual-service'), ...SERVICE_KEYS });
/** Of services with one mark, address and port are those of the first. */
export type VirtualServiceStep = z.infer<typeof virtualServiceStepSchema>;

const realServerStepSchema = z.object({
  kind: z.literal('real-server'),
  vip: z.string(),
  servicePort: z.number(),
  protocol: z.enum(PROTOCOLS),
  /** As of the service: then each packet keeps the port that it came to. */
  mark: z.exactOptional(z.number()),
  ...SERVER_KEYS,
  tunnel: z.enum(TUNNELS),
});
export type RealServerStep = z.infer<typeof realServerStepSchema>;

const timeoutsStepSchema = z.object({
  kind: z.literal('timeouts'),
  tcp: z.number(),
  tcpfin: z.number(),
  udp: z.number(),
});
/** How long a director remembers idle connections, those that a side has closed, and datagrams; in seconds. */
export type TimeoutsStep = z.infer<typeof timeoutsStepSchema>;

const fileStepSchema = z.object({
  kind: z.literal('file'),
  path: z.string(),
  content: z.string(),
  /** It is a program. */
  executable: z.exactOptional(z.literal(true)),
});
export type FileStep = z.infer<typeof fileStepSchema>;

const syncDaemonStepSchema = z.object({
  kind: z.literal('sync-daemon'),
  role: z.enum(['master', 'backup']),
  device: z.string(),
  id: z.number(),
});
/** The kernel's thread that tells others of connections, or hears of theirs. */
export type SyncDaemonStep = z.infer<typeof syncDaemonStepSchema>;

const certificateStepSchema = z.object({
  kind: z.literal('certificate'),
  /** Common name. */
  name: z.string(),
  /** IP addresses that it is good for. */
  addresses: z.array(z.string()),
  /** Who signs it; absent, in records of earlier versions: the key that it is made with. */
  authority: z.exactOptional(z.object({ keyFile: z.string(), certificateFile: z.string() })),
  keyFile: z.string(),
  certificateFile: z.string(),
});
/** A key and a certificate, made on the node where they are not there yet. */
export type CertificateStep = z.infer<typeof certificateStepSchema>;

const daemonStepSchema = z.object({
  kind: z.literal('daemon'),
  /** What `lab status` and `lab logs` call it. */
  name: z.string(),
  /** Absolute path of the program, then its arguments. */
  argv: z.array(z.string()),
  /** What its process is where the program is a script. */
  interpreter: z.exactOptional(z.string()),
  pidfile: z.string(),
  /** Files that it writes, for `lab logs`. */
  logs: z.array(z.string()),
});
/** A program that puts itself into the background once it is ready. */
export type DaemonStep = z.infer<typeof daemonStepSchema>;

const sysctlStepSchema = z.object({ kind: z.literal('sysctl'), key: z.string(), value: z.string() });
const linkStepSchema = z.object({ kind: z.literal('link'), device: z.string() });

export const stepSchema = z.discriminatedUnion('kind', [
  sysctlStepSchema,
  linkStepSchema,
  linkQualityStepSchema,
  addressStepSchema,
  tunnelStepSchema,
  routeStepSchema,
  markStepSchema,
  virtualServiceStepSchema,
  realServerStepSchema,
  timeoutsStepSchema,
  fileStepSchema,
  syncDaemonStepSchema,
  certificateStepSchema,
  daemonStepSchema,
]);
/** One thing done on a node. Every kind is idempotent when run again. */
export type Step = z.infer<typeof stepSchema>;
