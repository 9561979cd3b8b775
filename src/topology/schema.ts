import { z } from 'zod';
import { NAME_LIMITS, NAME_PATTERN, type Named } from './names.ts';
import { MODES, ROLES, SCHEDULERS, SCHEDULER_FLAGS, TUNNELS } from './types.ts';

/** The version of the file format that this release reads. */
export const FORMAT_VERSION = 1;

/** The port of a service that states none. */
export const DEFAULT_PORT = 80;

/** Seconds of a persistence that states none: ipvsadm's own. */
export const DEFAULT_PERSISTENCE = 300;

/** Smallest and largest of every number in the file. */
export const RANGES = {
  mtu: [68, 65535],
  count: [1, 250],
  port: [1, 65535],
  weight: [0, 65535],
  upper: [1, 2_147_483_647],
  lower: [1, 2_147_483_647],
  // ipvsadm takes 31 days at most.
  persistence: [1, 2_678_400],
  timeout: [1, 2_678_400],
  netmask: [1, 128],
} as const satisfies Record<string, readonly [number, number]>;

const CIDR = '^(\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]*)/\\d{1,3}$';

// Names and addresses are checked in the code beside this file, which can say more than a pattern; their patterns
// here are for editors only.
function nameKey(kind: Named): z.ZodString {
  return z.string().meta({ pattern: NAME_PATTERN, maxLength: NAME_LIMITS[kind] });
}

function number(field: keyof typeof RANGES): z.ZodInt {
  const [least, most] = RANGES[field];
  return z.int().min(least).max(most);
}

const mode = z
  .enum(MODES)
  .describe(
    'How the director forwards: nat (rewrites addresses), tun (wraps packets in a tunnel), dr (rewrites the MAC only).',
  );

const oneSubnet = z.string().meta({
  pattern: CIDR,
  description:
    'A subnet with its prefix, host bits zero: 10.0.0.0/24 (prefix 8 to 30) or 2001:db8:1::/64 (16 to 126).',
});

const subnet = z
  .union([oneSubnet, z.array(oneSubnet)])
  .describe('The network’s subnet: IPv4, IPv6, or a list of one of each.');

export const networkSchema = z.strictObject({
  subnet,
  mtu: number('mtu')
    .optional()
    .describe('MTU of every interface on this network in bytes; the kernel’s 1500 by default.'),
});

export const routeSchema = z.strictObject({
  to: z.string().describe('Where the route leads: a network (192.0.2.0/24, 2001:db8:2::/64) or one address.'),
  via: z
    .string()
    .describe('The next hop: a node that shares a network with this one, or an address on such a network.'),
});

const on = z
  .union([
    z.string().describe('One network, with an automatic address.'),
    z.array(z.string().describe('A network’s name.')).describe('Several networks, with automatic addresses.'),
    z
      .record(
        z.string(),
        z
          .union([z.string(), z.array(z.string())])
          .describe(
            'A fixed address on this network, without prefix, or a list of several and of ranges ([203.0.113.7, 203.0.113.50-203.0.113.59]), or auto. A family that the list leaves out is automatic.',
          ),
      )
      .describe('Network to fixed address, to a list of them, or to auto.'),
  ])
  .describe(
    'The networks that the node is attached to, in the order of its interfaces: front, [front, back], or { back: 10.0.0.11, front: [203.0.113.7, 203.0.113.50-203.0.113.59] }.',
  );

export const nodeSchema = z.strictObject({
  role: z
    .enum(ROLES)
    .optional()
    .describe(
      'What the node does. By default its name tells: client…, director… or lb…, rs… or real…, router… or gw….',
    ),
  on,
  gateway: z
    .string()
    .optional()
    .describe(
      'Default gateway: a node that shares a network with this one, an address on such a network, or none. By default what the mode needs.',
    ),
  routes: z
    .array(routeSchema)
    .optional()
    .describe('Static routes besides those that follow from the networks.'),
  sysctls: z
    .record(
      z.string(),
      z.union([z.string(), z.int()]).describe('Its value; one of several numbers is text: "3 50".'),
    )
    .optional()
    .describe(
      'Kernel settings of this node, all of them net.…: { net.ipv4.vs.expire_nodest_conn: 1 }. They win over what the mode would set.',
    ),
  count: number('count')
    .optional()
    .describe('Makes that many nodes of this one: rs with count 3 becomes rs1, rs2, rs3.'),
});

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
  port: number('port').optional().describe(`Port of the service, ${DEFAULT_PORT} by default.`),
  protocol: z.literal('tcp').optional().describe('Only tcp for now.'),
  scheduler: z
    .enum(SCHEDULERS)
    .optional()
    .describe('How the director picks a real server; rr (round robin) by default.'),
  flags: z
    .array(z.enum(SCHEDULER_FLAGS).describe('A flag of the scheduler.'))
    .optional()
    .describe(
      'What changes the scheduler (ipvsadm -b): …-port hashes the client’s port as well, …-fallback takes another server where the hash’s own is full or has weight 0.',
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
  mode: mode.optional(),
  tunnel: z.enum(TUNNELS).optional().describe('The tunnel that mode tun wraps packets in; ipip by default.'),
  directors: z
    .array(z.string().describe('A node of role director.'))
    .optional()
    .describe('The directors that carry this service; all by default.'),
  servers: z
    .array(z.union([z.string().describe('A node of role real-server.'), serverSchema]))
    .optional()
    .describe('The real servers of this service; all, with weight 1, by default.'),
});

export const topologySchema = z.strictObject({
  lvslab: z.literal(FORMAT_VERSION).describe('Version of this file format.'),
  name: z
    .string()
    .meta({ pattern: NAME_PATTERN, maxLength: NAME_LIMITS.lab })
    .optional()
    .describe('The lab’s name, the file’s own name by default.'),
  title: z.string().optional().describe('What the lab shows, in one line.'),
  mode: mode.optional(),
  networks: z
    .record(
      nameKey('network'),
      z
        .union([oneSubnet, z.array(oneSubnet), networkSchema])
        .describe('A subnet, a list of an IPv4 and an IPv6 one, or a mapping with subnet and mtu.'),
    )
    .describe('The lab’s networks, each a segment of its own: name to subnet.'),
  nodes: z
    .record(nameKey('node'), nodeSchema.describe('A machine of the lab.'))
    .describe('The lab’s machines by name.'),
  services: z
    .array(serviceSchema.describe('A virtual service: what clients see as one server.'))
    .nullable()
    .optional()
    .describe('The virtual services; without any, the lab is a plain network.'),
});

/**
 * The JSON Schema of the topology file, for editors.
 * Draft 7, which is what editors' YAML servers read best.
 */
export function topologyJsonSchema(): object {
  return { title: 'lvslab topology', ...z.toJSONSchema(topologySchema, { target: 'draft-7', io: 'input' }) };
}
