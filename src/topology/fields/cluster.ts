import * as z from 'zod';
import { KEYS } from './keys.ts';

// Of VRRP and of the sync daemon, which would also take 0 and then hear everybody.
const id = z.int().min(1).max(255);

export const vrrpSchema = z
  .strictObject({
    interval: z
      .string()
      .default('1s')
      .describe(
        'How often the master says that it lives, 100ms to 40s; 1s by default. After three times that, and a little more, another takes over.',
      )
      .register(KEYS, { write: 'write it with its unit, such as `interval: 1s`' }),
    id: id
      .default(51)
      .describe(
        'Virtual router id, by which the cluster is told from others on its networks; 51 by default.',
      ),
    on: z
      .string()
      .optional()
      .describe(
        'Network on which the directors speak VRRP; by default each on which an address moves, so that a link that fails on any of them moves all.',
      ),
  })
  .register(KEYS, { write: 'write a mapping, such as `vrrp: { interval: 1s }`, or `vrrp: {}`' });

export const syncSchema = z
  .strictObject({
    id: id.default(1).describe('Sync id (ipvsadm --syncid): who has another does not listen; 1 by default.'),
    on: z
      .string()
      .optional()
      .describe('Network on which the master tells of its connections; by default the VIP’s.'),
    master: z
      .union([z.string(), z.array(z.string())])
      .optional()
      .describe('The director that tells: the first, who has the VIPs, and no other.')
      .register(KEYS, { write: 'write the name of the cluster’s first director, or leave it out' }),
  })
  .register(KEYS, { write: 'write a mapping, such as `sync: { id: 7 }`, or `sync: {}`' });

const gateway = z.string().register(KEYS, { address: true });

export const clusterSchema = z.strictObject({
  directors: z
    .array(z.string().describe('A node of role director.'))
    .describe('Directors that stand in for one another, the first one first: it has the VIPs.')
    .register(KEYS, { write: 'write a list, such as `[director]`' }),
  vrrp: vrrpSchema
    .optional()
    .describe('keepalived moves the addresses when a director fails; without it they are moved by hand.'),
  sync: syncSchema
    .optional()
    .describe(
      'The sync daemon of ip_vs tells the others of the master’s connections, so that they outlive it.',
    ),
  gateway: z
    .union([gateway, z.array(gateway)])
    .optional()
    .describe(
      'An address that moves with the VIPs, as the gateway of real servers: in mode nat by itself, elsewhere of those that name it; or a list of them.',
    )
    .register(KEYS, { write: 'write a node’s name, an address or `none`' }),
});
