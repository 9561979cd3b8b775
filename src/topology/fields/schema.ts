import * as z from 'zod';
import { NAME_LIMITS, NAME_PATTERN, type Named } from '../names.ts';
import { allowedFor, type QualityKey } from './quality.ts';
import { number } from './schema-numbers.ts';
import { clusterSchema } from './schema-clusters.ts';
import { namesSchema } from './schema-names.ts';
import { mode, serviceSchema } from './schema-services.ts';
import { KERNEL_NEEDS, ROLES } from '../types.ts';

/** The version of the file format that this release reads. */
export const FORMAT_VERSION = 1;

const CIDR = '^(\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]*)/\\d{1,3}$';

// Names and addresses are checked in the code beside this file, which can say more than a pattern; their patterns
// here are for editors only.
function nameKey(kind: Named): z.ZodString {
  return z.string().meta({ pattern: NAME_PATTERN, maxLength: NAME_LIMITS[kind] });
}

const oneSubnet = z.string().meta({
  pattern: CIDR.replace('^', '^auto$|^'),
  description:
    'A subnet with its prefix, host bits zero: 10.0.0.0/24 (prefix 8 to 30) or 2001:db8:1::/64 (16 to 126); or auto: an IPv4 one that is free.',
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
            'A fixed address on this network, without prefix, or a list of several and of ranges ([203.0.113.7, 203.0.113.50-203.0.113.59]), or auto, or a mapping. A family that the list leaves out is automatic.',
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
      'What the node does. By default its name tells: client…, director… or lb…, rs… or real…, router… or gw…, dns…, proxy… or haproxy….',
    ),
  on,
  gateway: z
    .string()
    .optional()
    .describe(
      'Default gateway: a node that shares a network with this one, an address on such a network, or none. No route is planned that goes round it. By default what the mode needs; in tun and dr `director` has the replies pass the director.',
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
  clusters: z
    .record(nameKey('cluster'), clusterSchema.describe('Directors that stand in for one another.'))
    .optional()
    .describe('Clusters of directors by name: of each one has the VIPs, and another takes them over.'),
  names: namesSchema.optional(),
  needs: z
    .array(z.enum(KERNEL_NEEDS).describe('A part of the kernel.'))
    .optional()
    .describe(
      'What the lab’s kernel must have beside what its services take: iptables (and nft, arptables), where a lesson filters, marks or translates by hand.',
    ),
});

/**
 * The JSON Schema of the topology file, for editors.
 * Draft 7, which is what editors' YAML servers read best.
 */
export function topologyJsonSchema(): object {
  return { title: 'lvslab topology', ...z.toJSONSchema(topologySchema, { target: 'draft-7', io: 'input' }) };
}
