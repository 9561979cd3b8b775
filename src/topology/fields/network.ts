import * as z from 'zod';
import { KEYS } from './keys.ts';
import { allowedFor, type QualityKey } from './quality.ts';

const CIDR = '^(\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]*)/\\d{1,3}$';

const oneSubnet = z
  .string()
  .meta({
    pattern: CIDR.replace('^', '^auto$|^'),
    description:
      'A subnet with its prefix, host bits zero: 10.0.0.0/24 (prefix 8 to 30) or 2001:db8:1::/64 (16 to 126); or auto: an IPv4 one that is free.',
  })
  .register(KEYS, { write: 'write `subnet: 10.0.0.0/24`' });

function measure(key: QualityKey, what: string, example: string) {
  return z
    .string()
    .describe(`${what}: ${allowedFor(key)}.`)
    .register(KEYS, { write: `write it with its unit, such as \`${key}: ${example}\`` })
    .optional();
}

/** How an interface sends, as a network and a node's interface say it. */
export const quality = {
  delay: measure(
    'delay',
    'How long every packet waits before it is sent, so a round trip takes twice that',
    '20ms',
  ),
  jitter: measure('jitter', 'By how much the delay varies, up and down', '2ms'),
  loss: measure('loss', 'The share of sent packets that is lost', '1%'),
  rate: measure('rate', 'How fast an interface sends', '10mbit'),
};

const networkKeys = z.strictObject({
  subnet: z
    .union([oneSubnet, z.array(oneSubnet)])
    .describe('The network’s subnet: IPv4, IPv6, or a list of one of each.')
    .register(KEYS, { write: 'write `subnet: 10.0.0.0/24`' }),
  mtu: z
    .int()
    .min(68)
    .max(65535)
    .optional()
    .describe('MTU of every interface on this network in bytes; the kernel’s 1500 by default.'),
  ...quality,
});

/** A network of the file: its subnets alone, or more of it. */
export const networkSchema = z
  .union([oneSubnet, z.array(oneSubnet), networkKeys])
  .describe(
    'A subnet, a list of an IPv4 and an IPv6 one, or a mapping with subnet, mtu and the quality of the links.',
  )
  .register(KEYS, { short: 'subnet', write: 'write a subnet, such as `back: 10.0.0.0/24`' });
