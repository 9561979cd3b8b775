import { z } from 'zod';
import { PORT_PATTERN } from './ports.ts';
import { NAME_LIMITS, NAME_PATTERN, type Named } from './names.ts';
import { allowedFor, type QualityKey } from './quality.ts';
import { MODES, PROTOCOLS, ROLES, SCHEDULERS, TUNNELS } from './types.ts';

/** The version of the file format that this release reads. */
export const FORMAT_VERSION = 1;

/** Smallest and largest of every number in the file. */
export const RANGES = {
  mtu: [68, 65535],
  count: [1, 250],
  port: [1, 65535],
  weight: [0, 65535],
  mark: [1, 0xffffffff],
  // ipvsadm takes 31 days at most.
  persistence: [1, 2_678_400],
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
function measure(key: QualityKey, what: string): z.ZodOptional<z.ZodString> {
  return z
    .string()
    .describe(`${what}: ${allowedFor(key)}.`)
    .optional();
}

const quality = {
  delay: measure('delay', 'How long every packet waits before it is sent, so a round trip takes twice that'),
  jitter: measure('jitter', 'By how much the delay varies, up and down'),
  loss: measure('loss', 'The share of sent packets that is lost'),
  rate: measure('rate', 'How fast an interface sends'),
};

export const networkSchema = z.strictObject({
  subnet,
  mtu: number('mtu')
    .optional()
    .describe('MTU of every interface on this network in bytes; the kernel’s 1500 by default.'),
  ...quality,
});

export const attachmentSchema = z.strictObject({
  address: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe('A fixed IPv4 address on this network, without prefix, or several, or auto.'),
  ...quality,
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
          .union([
            z.string(),
            z.array(z.string()),
            attachmentSchema.describe('Its addresses, and how this interface sends.'),
          ])
          .describe(
            'A fixed address on this network, without prefix, or a list of several, or auto, or a mapping. A family that the list leaves out is automatic.',
          ),
      )
      .describe(
        'Network to fixed address, to a list of them, to auto, or to a mapping with address, delay, jitter, loss and rate.',
      ),
  ])
  .describe(
    'The networks that the node is attached to, in the order of its interfaces: front, [front, back], or { back: 10.0.0.11, front: { delay: 20ms } }.',
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
  count: number('count')
    .optional()
    .describe('Makes that many nodes of this one: rs with count 3 becomes rs1, rs2, rs3.'),
});

export const serverSchema = z.strictObject({
  node: z.string().describe('A node of role real-server; the name of a node with count means all of them.'),
  weight: number('weight')
    .optional()
    .describe('Weight for the scheduler, 1 by default; 0 takes no new connections.'),
  port: number('port')
    .optional()
    .describe('Port on the real server, the service’s by default; only NAT can map it to another.'),
  mode: mode.optional(),
  network: z
    .string()
    .optional()
    .describe('For a server on several networks: the one whose address the director uses.'),
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
  persistence: number('persistence')
    .optional()
    .describe('Seconds for which a client stays with its real server (ipvsadm -p).'),
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
    .describe('How the director picks a real server; rr (round robin) by default.'),
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
        .describe(
          'A subnet, a list of an IPv4 and an IPv6 one, or a mapping with subnet, mtu and the quality of the links.',
        ),
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
