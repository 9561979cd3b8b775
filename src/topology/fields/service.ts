import * as z from 'zod';
import { MODES, PROTOCOLS, SCHEDULERS, SCHEDULER_FLAGS, TUNNELS } from '../types.ts';
import { healthSchema } from './health.ts';
import { KEYS } from './keys.ts';
import { PORT_PATTERN } from './ports.ts';

/** How a file, a service or a real server says it. */
export const mode = z
  .enum(MODES)
  .describe(
    'How the director forwards: nat (rewrites addresses), tun (wraps packets in a tunnel), dr (rewrites the MAC only); or proxy: HAProxy in its place, which makes a connection of its own.',
  );

const port = z.int().min(1).max(65535);
const connections = z.int().min(1).max(2_147_483_647);
// ipvsadm takes 31 days at most.
const seconds = z.int().min(1).max(2_678_400);

export const serverSchema = z.strictObject({
  node: z
    .string()
    .describe('A node of role real-server; the name of a node with count means all of them.')
    .register(KEYS, { write: 'write `node: rs1`' }),
  weight: z
    .int()
    .min(0)
    .max(65535)
    .default(1)
    .describe('Weight for the scheduler, 1 by default; 0 takes no new connections.'),
  upper: connections
    .optional()
    .describe(
      'Connections at which the server is full and gets no more (ipvsadm -x); ended ones count until they are forgotten. No limit by default.',
    ),
  lower: connections
    .optional()
    .describe(
      'Connections below which a server that was full gets more again (ipvsadm -y); three quarters of upper by default.',
    ),
  port: port
    .optional()
    .describe('Port on the real server, the service’s by default; only NAT can map it to another.'),
  mode: mode.optional(),
  network: z
    .string()
    .optional()
    .describe('For a server on several networks: the one whose address the director uses.'),
});

const persistenceSchema = z.strictObject({
  timeout: seconds
    .default(300)
    .describe(
      'Seconds for which a client stays with its real server after its last connection; 300 by default.',
    ),
  netmask: z
    .union([z.string(), z.int().min(1).max(128)])
    .optional()
    .describe(
      'Clients that are alike under this mask are one client: 255.255.255.0, or its bits: 24; IPv6 takes bits alone.',
    )
    .register(KEYS, { write: 'write `netmask: 255.255.255.0`, or its bits: `netmask: 24`' }),
});

const portList = 'write a list, such as `[80, 443]` or `[8443/tls, 53/udp]`';

/** A virtual service of the file. Each key is described here and nowhere else: its type, range, default and how to write it. */
export const serviceSchema = z.strictObject({
  vip: z
    .string()
    .meta({
      description: 'The virtual IPv4 or IPv6 address that clients use; it may lie outside every network.',
    })
    .register(KEYS, { address: true, write: 'write `vip: 203.0.113.100`' }),
  port: port.optional().describe('Port of the service; 80 by default, for udp 53.'),
  protocol: z
    .enum(PROTOCOLS)
    .default('tcp')
    .describe(
      'tcp by default. Real servers answer tcp as web servers (on port 53 as DNS), udp as DNS servers.',
    ),
  tls: z
    .boolean()
    .optional()
    .describe('Whether the web servers speak TLS on this port; by default only on 443.'),
  'one-packet': z
    .boolean()
    .default(false)
    .describe(
      'udp only, not with nat: schedule every datagram by itself, and keep no connection (ipvsadm -o).',
    ),
  persistence: z
    .union([
      seconds.describe('Seconds.'),
      persistenceSchema.describe('Seconds, and what counts as one client.'),
    ])
    .optional()
    .describe(
      'Keeps each client with one real server (ipvsadm -p, -M): 30, or { timeout: 30, netmask: 255.255.255.0 }.',
    )
    .register(KEYS, {
      short: 'timeout',
      write: 'write `persistence: 30` (seconds) or `persistence: { timeout: 30, netmask: 255.255.255.0 }`',
    }),
  mark: z
    .int()
    .min(1)
    .max(0xffffffff)
    .optional()
    .describe(
      'Firewall mark: everything of this service is marked with it, and is one service to the director.',
    ),
  ports: z
    .array(
      z
        .union([
          port.describe('A port, with the service’s protocol.'),
          z
            .string()
            .meta({ pattern: PORT_PATTERN, description: 'A port with its protocol: 443/tls, 53/udp.' }),
        ])
        .register(KEYS, { write: portList }),
    )
    .optional()
    .describe('With a mark, the ports that it groups: [80, 443], or with protocols [8443/tls, 53/udp].')
    .register(KEYS, { write: portList }),
  scheduler: z
    .enum(SCHEDULERS)
    .default('rr')
    .describe(
      'How the director picks a real server; rr (round robin) by default. twos takes a kernel that has it.',
    ),
  flags: z
    .array(z.enum(SCHEDULER_FLAGS).describe('A flag of the scheduler.'))
    .optional()
    .describe(
      'What changes the scheduler (ipvsadm -b): …-port hashes the client’s port as well, …-fallback takes another server where the hash’s own is full or has weight 0.',
    )
    .register(KEYS, { write: 'write a list, such as `[sh-port]`' }),
  mode: mode.optional(),
  tunnel: z
    .enum(TUNNELS)
    .default('ipip')
    .describe('The tunnel that mode tun wraps packets in; ipip by default.'),
  directors: z
    .array(z.string().describe('A node of role director, in mode proxy of role proxy.'))
    .optional()
    .describe('The directors that carry this service; all by default.')
    .register(KEYS, { write: 'write a list, such as `[director]`' }),
  health: healthSchema
    .optional()
    .describe('Who finds out which real servers are alive, and how: { check: negotiate, receive: ok }.'),
  servers: z
    .array(
      z
        .union([z.string().describe('A node of role real-server.'), serverSchema])
        .register(KEYS, { short: 'node', write: 'write `rs1` or `{ node: rs1, weight: 3 }`' }),
    )
    .optional()
    .describe('The real servers of this service; all, with weight 1, by default.')
    .register(KEYS, { write: 'write a list, such as `[rs1, rs2]` or `[ { node: rs1, weight: 3 } ]`' }),
});
