import * as z from 'zod';
import { NAME_LIMITS, NAME_PATTERN, type Named } from '../names.ts';
import { KERNEL_NEEDS } from '../types.ts';
import { clusterSchema } from './cluster.ts';
import { KEYS } from './keys.ts';
import { networkSchema } from './network.ts';
import { nodeSchema } from './node.ts';
import { mode, serviceSchema } from './service.ts';

/** The version of the file format that this release reads. */
export const FORMAT_VERSION = 1;

// Names and addresses are checked by the rules, which can say more than a pattern; their patterns here are for editors only.
function nameKey(kind: Named): z.ZodString {
  return z.string().meta({ pattern: NAME_PATTERN, maxLength: NAME_LIMITS[kind] });
}

const namesForm =
  'write `names:` and under it names and VIPs, such as `www.lab.test: [192.0.2.201, 192.0.2.202]`';
const vip = z.string().describe('The VIP of a service.').register(KEYS, { address: true, write: namesForm });
/** The addresses of a DNS name. */
export const addressesSchema = z.union([vip, z.array(vip)]).register(KEYS, { write: namesForm });

const clustersForm =
  'write `clusters:` and under it names and mappings, such as `ha: { directors: [d1, d2], vrrp: {} }`';
const versionForm = `write \`lvslab: ${FORMAT_VERSION}\` as the first line`;

export const topologySchema = z
  .strictObject({
    lvslab: z
      .literal(FORMAT_VERSION)
      .describe('Version of this file format.')
      .register(KEYS, { write: versionForm }),
    name: z
      .string()
      .meta({ pattern: NAME_PATTERN, maxLength: NAME_LIMITS.lab })
      .optional()
      .describe('The lab’s name, the file’s own name by default.'),
    title: z.string().optional().describe('What the lab shows, in one line.'),
    mode: mode.optional(),
    networks: z
      .record(nameKey('network'), networkSchema)
      .describe('The lab’s networks, each a segment of its own: name to subnet.')
      .register(KEYS, {
        write: 'write `networks:` and under it names and subnets, such as `front: 203.0.113.0/24`',
      }),
    nodes: z
      .record(nameKey('node'), nodeSchema.describe('A machine of the lab.'))
      .describe('The lab’s machines by name.')
      .register(KEYS, {
        write: 'write `nodes:` and under it names and mappings, such as `client: { on: front }`',
      }),
    services: z
      .array(serviceSchema.describe('A virtual service: what clients see as one server.'))
      .nullable()
      .optional()
      .describe('The virtual services; without any, the lab is a plain network.')
      .register(KEYS, { write: 'write `services:` and under it a list, such as `- vip: 203.0.113.100`' }),
    clusters: z
      .record(
        nameKey('cluster'),
        clusterSchema
          .describe('Directors that stand in for one another.')
          .register(KEYS, { write: clustersForm }),
      )
      .optional()
      .describe('Clusters of directors by name: of each one has the VIPs, and another takes them over.')
      .register(KEYS, { write: clustersForm }),
    names: z
      .record(z.string(), addressesSchema)
      .describe(
        'Names that the nodes of role dns resolve, each to VIPs in turns: { www.lab.test: [192.0.2.201, 192.0.2.202] }. The clients ask these servers.',
      )
      .register(KEYS, { write: namesForm })
      .optional(),
    needs: z
      .array(z.enum(KERNEL_NEEDS).describe('A part of the kernel.'))
      .optional()
      .describe(
        'What the lab’s kernel must have beside what its services take: iptables (and nft, arptables), where a lesson filters, marks or translates by hand.',
      )
      .register(KEYS, { write: 'write a list, such as `[iptables]`' }),
  })
  .register(KEYS, { write: versionForm });

/**
 * The JSON Schema of the topology file, for editors.
 * Draft 7, which is what editors' YAML servers read best.
 */
export function topologyJsonSchema(): object {
  return { title: 'lvslab topology', ...z.toJSONSchema(topologySchema, { target: 'draft-7', io: 'input' }) };
}
