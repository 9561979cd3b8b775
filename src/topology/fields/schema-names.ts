import * as z from 'zod';

const vip = z.string().describe('The VIP of a service.');

export const namesSchema = z
  .record(z.string(), z.union([vip, z.array(vip)]))
  .describe(
    'Names that the nodes of role dns resolve, each to VIPs in turns: { www.lab.test: [192.0.2.201, 192.0.2.202] }. The clients ask these servers.',
  );

/** How to write what the schema wants. */
export const NAMES_FORM =
  'write `names:` and under it names and VIPs, such as `www.lab.test: [192.0.2.201, 192.0.2.202]`';
