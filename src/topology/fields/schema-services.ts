import * as z from 'zod';
import { PORT_PATTERN } from './ports.ts';
import { DEFAULT_PERSISTENCE, number } from './schema-numbers.ts';
import { healthSchema } from './schema-health.ts';
import { MODES, PROTOCOLS, SCHEDULERS, SCHEDULER_FLAGS, TUNNELS } from '../types.ts';

/** How a file, a service or a real server says it. */
export const mode = z
  .enum(MODES)
  .describe(
    'How the director forwards: nat (rewrites addresses), tun (wraps packets in a tunnel), dr (rewrites the MAC only); or proxy: HAProxy in its place, which makes a connection of its own.',
  );

export const serverSchema = z.strictObject({
  node: z.string().describe('A node of role real-server; the name of a node with count means all of them.'),
  weight: number('weight')
    .optional()
    .describe('Weight for the scheduler, 1 by default; 0 takes no new connections.'),
  upper: number('upper')
    .optional()
    .describe(
      'Connections at which the server is full and gets no more (ipvsadm -x); ended ones count until they are forgotten. No limit by default.',
    ),
  lower: number('lower')
    .optional()
    .describe(
      'Connections below which a server that was full gets more again (ipvsadm -y); three quarters of upper by default.',
    ),
  port: number('port')
    .optional()
    .describe('Port on the real server, the service’s by default; only NAT can map it to another.'),
  mode: mode.optional(),
  network: z
    .string()
    .optional()
    .describe('For a server on several networks: the one whose address the director uses.'),
});

export const persistenceSchema = z.strictObject({
  timeout: number('timeout')
    .optional()
    .describe(
      `Seconds for which a client stays with its real server after its last connection; ${DEFAULT_PERSISTENCE} by default.`,
    ),
  netmask: z
    .union([z.string(), number('netmask')])
    .optional()
    .describe(
      'Clients that are alike under this mask are one client: 255.255.255.0, or its bits: 24; IPv6 takes bits alone.',
    ),
});

export const serviceSchema = z.strictObject({
  vip: z.string().meta({
    description: 'The virtual IPv4 or IPv6 address that clients use; it may lie outside every network.',
  }),
  port: number('port').optional().describe('Port of the service; 80 by default, for udp 53.'),
  protocol: z
    .enum(PROTOCOLS)
    .optional()
    .describe(
      'tcp by default. Real servers answer tcp as web servers (on port 53 as DNS), udp as DNS servers.',
    ),
  tls: z
    .boolean()
    .optional()
    .describe('Whether the web servers speak TLS on this port; by default only on 443.'),
  'one-packet': z
    .boolean()
    .optional()
    .describe(
      'udp only, not with nat: schedule every datagram by itself, and keep no connection (ipvsadm -o).',
    ),
  persistence: z
    .union([
      number('persistence').describe('Seconds.'),
      persistenceSchema.describe('Seconds, and what counts as one client.'),
    ])
    .optional()
    .describe(
      'Keeps each client with one real server (ipvsadm -p, -M): 30, or { timeout: 30, netmask: 255.255.255.0 }.',
    ),
  mark: number('mark')
    .optional()
    .describe(
      'Firewall mark: everything of this service is marked with it, and is one service to the director.',
    ),
  ports: z
    .array(
      z.union([
        number('port').describe('A port, with the service’s protocol.'),
        z.string().meta({ pattern: PORT_PATTERN, description: 'A port with its protocol: 443/tls, 53/udp.' }),
      ]),
    )
    .optional()
    .describe('With a mark, the ports that it groups: [80, 443], or with protocols [8443/tls, 53/udp].'),
  scheduler: z
    .enum(SCHEDULERS)
    .optional()
    .describe(
      'How the director picks a real server; rr (round robin) by default. twos takes a kernel that has it.',
    ),
  flags: z
    .array(z.enum(SCHEDULER_FLAGS).describe('A flag of the scheduler.'))
    .optional()
    .describe(
      'What changes the scheduler (ipvsadm -b): …-port hashes the client’s port as well, …-fallback takes another server where the hash’s own is full or has weight 0.',
    ),
  mode: mode.optional(),
  tunnel: z.enum(TUNNELS).optional().describe('The tunnel that mode tun wraps packets in; ipip by default.'),
  directors: z
    .array(z.string().describe('A node of role director, in mode proxy of role proxy.'))
    .optional()
    .describe('The directors that carry this service; all by default.'),
  health: healthSchema
    .optional()
    .describe('Who finds out which real servers are alive, and how: { check: negotiate, receive: ok }.'),
  servers: z
    .array(z.union([z.string().describe('A node of role real-server.'), serverSchema]))
    .optional()
    .describe('The real servers of this service; all, with weight 1, by default.'),
});
