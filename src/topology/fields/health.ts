import * as z from 'zod';
import { CHECKERS, CHECKS } from '../types.ts';
import { KEYS } from './keys.ts';

/** Where a check asks when the file does not say. A web server answers `ok` there, unless a check wants more. */
export const DEFAULT_REQUEST = '/health';

export const healthSchema = z
  .strictObject({
    by: z
      .enum(CHECKERS)
      .default('ldirectord')
      .describe('The program on the director that looks after the real servers; ldirectord by default.'),
    check: z
      .enum(CHECKS)
      .default('connect')
      .describe(
        'connect (the port takes a connection), negotiate (the answer is the expected one), ping, or external (a command decides); connect by default.',
      ),
    request: z
      .string()
      .optional()
      .describe(
        `With negotiate: the path to ask for; ${DEFAULT_REQUEST} by default. The real servers have a page there that \`receive\` matches.`,
      ),
    receive: z
      .string()
      .optional()
      .describe('With negotiate: a regular expression for what the answer must contain.'),
    command: z
      .string()
      .optional()
      .describe(
        'With external: a shell command that succeeds where the server is well; $1 and $2 are VIP and port, $3 and $4 the real server’s.',
      ),
    interval: z.int().min(1).max(3600).default(2).describe('Seconds from check to check; 2 by default.'),
    timeout: z
      .int()
      .min(1)
      .max(2_678_400)
      .default(1)
      .describe('Seconds after which a check has failed; 1 by default.'),
    failures: z
      .int()
      .min(1)
      .max(10)
      .default(1)
      .describe('Checks in a row that must fail before a server is out; 1 by default.'),
    quiescent: z
      .boolean()
      .default(false)
      .describe('Whether a server that is out stays in the table with weight 0; else it is removed.'),
    fallback: z
      .string()
      .optional()
      .describe(
        'What answers when all real servers are out: a node of role real-server that is none of the service’s own, or its director.',
      ),
  })
  .register(KEYS, { write: 'write `health: { check: negotiate, receive: ok }`' });
