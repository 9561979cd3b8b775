import * as z from 'zod';
import { ROLES } from '../types.ts';
import { duration } from './duration.ts';
import { KEYS } from './keys.ts';
import { quality } from './network.ts';

/** An address on a network of the node; or a range of them, or `auto`. */
export const addressSchema = z.string().register(KEYS, { address: true });

export const attachmentSchema = z.strictObject({
  address: z
    .union([addressSchema, z.array(addressSchema)])
    .optional()
    .describe('A fixed IPv4 address on this network, without prefix, or several, or auto.')
    .register(KEYS, { write: 'write `address: 10.0.0.11`, or leave it out' }),
  ...quality,
});

const routeSchema = z.strictObject({
  to: z
    .string()
    .describe('Where the route leads: a network (192.0.2.0/24, 2001:db8:2::/64) or one address.')
    .register(KEYS, { write: 'write `to: 192.0.2.0/24`' }),
  via: z
    .string()
    .describe('The next hop: a node that shares a network with this one, or an address on such a network.')
    .register(KEYS, { address: true, write: 'write `via: r1`: the next hop' }),
});

const onForms = 'write `on: front`, `on: [front, back]` or `on: { back: 10.0.0.11 }`';

/** An interface where `on` is a mapping: its address or addresses alone, or more of it. */
export const interfaceSchema = z
  .union([
    addressSchema,
    z.array(addressSchema),
    attachmentSchema.describe('Its addresses, and how this interface sends.'),
  ])
  .describe(
    'A fixed address on this network, without prefix, or a list of several and of ranges ([203.0.113.7, 203.0.113.50-203.0.113.59]), or auto, or a mapping. A family that the list leaves out is automatic.',
  )
  .register(KEYS, { short: 'address', write: onForms });

const on = z
  .union([
    z.string().describe('One network, with an automatic address.'),
    z.array(z.string().describe('A network’s name.')).describe('Several networks, with automatic addresses.'),
    z
      .record(z.string(), interfaceSchema)
      .describe(
        'Network to fixed address, to a list of them, to auto, or to a mapping with address, delay, jitter, loss and rate.',
      ),
  ])
  .describe(
    'The networks that the node is attached to, in the order of its interfaces: front, [front, back], or { back: 10.0.0.11, front: { delay: 20ms } }.',
  )
  .register(KEYS, { write: onForms });

/** The defaults are the kernel's own (tcp_timeouts and udp_timeouts in net/netfilter/ipvs/ip_vs_proto_*.c). */
export const timeoutsSchema = z
  .strictObject({
    tcp: duration('tcp', '15m')
      .prefault('15m')
      .describe('How long an idle TCP connection is remembered; 15m by default.'),
    tcpfin: duration('tcpfin', '2m')
      .prefault('2m')
      .describe('How long one that a side has closed is remembered; 2m by default.'),
    udp: duration('udp', '5m')
      .prefault('5m')
      .describe('How long it is remembered where datagrams go that come no more; 5m by default.'),
  })
  .register(KEYS, { write: 'write `timeouts: { tcp: 15m, tcpfin: 2m, udp: 5m }`, or some of these' });

/** A node of the file. Each key is described here and nowhere else: its type, range, default and how to write it. */
export const nodeSchema = z
  .strictObject({
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
      )
      .register(KEYS, { address: true, write: 'write a node’s name, an address or `none`' }),
    routes: z
      .array(routeSchema)
      .optional()
      .describe('Static routes besides those that follow from the networks.')
      .register(KEYS, { write: 'write a list, such as `[ { to: 192.0.2.0/24, via: r1 } ]`' }),
    sysctls: z
      .record(
        z.string(),
        z.union([z.string(), z.int()]).describe('Its value; one of several numbers is text: "3 50".'),
      )
      .optional()
      .describe(
        'Kernel settings of this node, all of them net.…: { net.ipv4.vs.expire_nodest_conn: 1 }. They win over what the mode would set.',
      )
      .register(KEYS, { write: 'write keys and values, such as `{ net.ipv4.vs.conntrack: 1 }`' }),
    timeouts: timeoutsSchema
      .optional()
      .describe(
        'Of a director: how long it remembers connections (ipvsadm --set): { tcp: 15m, tcpfin: 2m, udp: 5m }.',
      ),
    count: z
      .int()
      .min(1)
      .max(250)
      .optional()
      .describe('Makes that many nodes of this one: rs with count 3 becomes rs1, rs2, rs3.'),
  })
  .register(KEYS, { write: 'write a mapping, such as `client: { on: front }`' });
