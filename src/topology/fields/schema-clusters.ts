import * as z from 'zod';
import { number } from './schema-numbers.ts';

/** What two directors' advertisements begin with where the file says nothing. */
export const DEFAULT_VRRP = { id: 51, interval: '1s' };
/** Sync id of a cluster that states none. */
export const DEFAULT_SYNC_ID = 1;

export const vrrpSchema = z.strictObject({
  interval: z
    .string()
    .optional()
    .describe(
      `How often the master says that it lives, 100ms to 40s; ${DEFAULT_VRRP.interval} by default. After three times that, and a little more, another takes over.`,
    ),
  id: number('id')
    .optional()
    .describe(
      `Virtual router id, by which the cluster is told from others on its networks; ${DEFAULT_VRRP.id} by default.`,
    ),
  on: z
    .string()
    .optional()
    .describe(
      'Network on which the directors speak VRRP; by default each on which an address moves, so that a link that fails on any of them moves all.',
    ),
});

export const syncSchema = z.strictObject({
  id: number('id')
    .optional()
    .describe(`Sync id (ipvsadm --syncid): who has another does not listen; ${DEFAULT_SYNC_ID} by default.`),
  on: z
    .string()
    .optional()
    .describe('Network on which the master tells of its connections; by default the VIP’s.'),
  master: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe('The director that tells: the first, who has the VIPs, and no other.'),
});

export const clusterSchema = z.strictObject({
  directors: z
    .array(z.string().describe('A node of role director.'))
    .describe('Directors that stand in for one another, the first one first: it has the VIPs.'),
  vrrp: vrrpSchema
    .optional()
    .describe('keepalived moves the addresses when a director fails; without it they are moved by hand.'),
  sync: syncSchema
    .optional()
    .describe(
      'The sync daemon of ip_vs tells the others of the master’s connections, so that they outlive it.',
    ),
  gateway: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe(
      'An address that moves with the VIPs, as the gateway of real servers: in mode nat by itself, elsewhere of those that name it; or a list of them.',
    ),
});

/** How to write what the schema wants, by key. */
export const CLUSTER_FORMS: Readonly<Record<string, string>> = {
  clusters:
    'write `clusters:` and under it names and mappings, such as `ha: { directors: [d1, d2], vrrp: {} }`',
  vrrp: 'write a mapping, such as `vrrp: { interval: 1s }`, or `vrrp: {}`',
  interval: 'write it with its unit, such as `interval: 1s`',
  sync: 'write a mapping, such as `sync: { id: 7 }`, or `sync: {}`',
  master: 'write the name of the cluster’s first director, or leave it out',
};

/** The keys of a cluster, or of a part of it. */
export function clusterKeys(part: PropertyKey | undefined): string[] {
  const schema = part === 'vrrp' ? vrrpSchema : part === 'sync' ? syncSchema : clusterSchema;
  return Object.keys(schema.shape);
}
