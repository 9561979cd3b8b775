import type { Family } from '../topology/types.ts';

/** What the kernel gives a route of IPv6 that states no metric: one of its own, and any other. */
const IPV6_METRICS = [256, 1024];

/**
 * By what a route is told from others: its destination as `ip route` prints it, one address without its prefix.
 * @param metric one that the kernel gives by itself is no part of it
 */
export function routeName(to: string, ipv6: boolean, metric: number | undefined): string {
  const everything = ['default', '0.0.0.0/0', '::/0'].includes(to);
  const name = everything ? `default${ipv6 ? ' IPv6' : ''}` : to.replace(ipv6 ? /\/128$/ : /\/32$/, '');
  return metric === undefined || (ipv6 && IPV6_METRICS.includes(metric)) ? name : `${name} metric ${metric}`;
}

/** A rule by which packets that come in by a device are marked. */
export function markName(device: string, rule: number): string {
  return `${device} rule ${rule}`;
}

/** A node's sync daemons: it has one of a role at most, and both listen to one id. */
export function syncName(id: number): string {
  return `id ${id}`;
}

/** A port that takes GUE, in the packets of one family. */
export function tunnelPort(port: string, family: Family): string {
  return `${port}${family === 6 ? ' IPv6' : ''}`;
}
