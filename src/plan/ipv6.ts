import type { Hop } from './routes.ts';
import type { Step } from './steps.ts';

/** Whether a node has an IPv6 address. */
export function hasIPv6({ interfaces }: Pick<Hop, 'interfaces'>): boolean {
  return interfaces.some(({ addresses }) => addresses.some(({ family }) => family === 6));
}

/**
 * What makes a node speak IPv6, before its links come up; nothing where it has no IPv6 address. The kernel copies
 * `all.disable_ipv6` to every interface, tunnels that come later included. Nobody else can have a lab's addresses, so
 * they are of use at once, without the second or two of duplicate address detection; and every route is the plan's, so
 * that nobody need ask for router advertisements.
 */
export function ipv6Steps(node: Pick<Hop, 'interfaces'>): Step[] {
  if (!hasIPv6(node)) return [];
  return [
    { kind: 'sysctl', key: 'net.ipv6.conf.all.disable_ipv6', value: '0' },
    ...node.interfaces.flatMap(({ name }): Step[] =>
      ['accept_dad', 'accept_ra'].map((key) => ({
        kind: 'sysctl',
        key: `net.ipv6.conf.${name}.${key}`,
        value: '0',
      })),
    ),
  ];
}
