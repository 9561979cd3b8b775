import type { FoundFact } from './facts.ts';
import { routeName } from './fact-names.ts';

/** A row of `ip -json -details route show table all`. */
export interface IpRoute {
  type?: string;
  dst: string;
  gateway?: string;
  via?: { host?: string };
  dev?: string;
  table?: string;
  protocol?: string;
  prefsrc?: string;
  metric?: number;
  metrics?: Record<string, number | string>[];
  nexthops?: { gateway?: string; dev?: string; weight?: number }[];
  /** Only routes of IPv6 have a preference. */
  pref?: string;
}

/** A row of `ip -json rule show`. */
export interface IpRule {
  priority: number;
  src?: string;
  dst?: string;
  fwmark?: string;
  iif?: string;
  table?: string;
}

/** Every route but those to the node's own addresses, to broadcast and multicast, and to the link itself. */
export function routeFacts(routes: IpRoute[]): FoundFact[] {
  return routes.flatMap((route): FoundFact[] => {
    const { dst, table = 'main', protocol, type = 'unicast', dev, metric, pref } = route;
    const byKernel = protocol === 'kernel' || protocol === 'ra';
    if (type === 'multicast' || (byKernel && table === 'local') || /^(fe80|ff00):/.test(dst)) return [];
    const ipv6 = pref !== undefined || dst.includes(':');
    const via = route.gateway ?? route.via?.host;
    const words = [
      ...(type === 'unicast' ? [] : [type]),
      routeName(dst, ipv6, metric),
      ...(table === 'main' ? [] : ['table', table]),
    ];
    return [
      {
        kind: 'route',
        name: words.join(' '),
        attributes: attributes(route, via),
        incidental: ['dev', 'source'],
        ...(byKernel ? { expected: true } : {}),
        remove: [
          {
            argv: [
              'ip',
              ...(ipv6 ? ['-6'] : []),
              'route',
              'del',
              ...(type === 'unicast' ? [] : [type]),
              dst,
              ...(via === undefined ? [] : ['via', via]),
              ...(dev === undefined || type !== 'unicast' ? [] : ['dev', dev]),
              ...(table === 'main' ? [] : ['table', table]),
              ...(metric === undefined ? [] : ['metric', String(metric)]),
            ],
          },
        ],
      },
    ];
  });
}

function attributes(
  { dev, prefsrc, metrics, nexthops }: IpRoute,
  via: string | undefined,
): Record<string, string> {
  return {
    ...(via === undefined ? {} : { via }),
    ...(dev === undefined ? {} : { dev }),
    ...(prefsrc === undefined ? {} : { source: prefsrc }),
    ...Object.fromEntries(
      (metrics ?? []).flatMap((m) => Object.entries(m).map(([key, value]) => [key, String(value)])),
    ),
    ...(nexthops === undefined
      ? {}
      : { nexthops: nexthops.map((hop) => hop.gateway ?? hop.dev ?? '').join(', ') }),
  };
}

/** Every rule but the kernel's own three. */
export function ruleFacts(rules: IpRule[]): FoundFact[] {
  return rules.flatMap((rule): FoundFact[] => {
    const { priority, src = 'all', dst, fwmark, iif, table = '' } = rule;
    if ([0, 32766, 32767].includes(priority) && fwmark === undefined && src === 'all') return [];
    const words = [
      `from ${src}`,
      ...(dst === undefined ? [] : [`to ${dst}`]),
      ...(fwmark === undefined ? [] : [`fwmark ${fwmark}`]),
      ...(iif === undefined ? [] : [`iif ${iif}`]),
      `lookup ${table}`,
    ];
    return [
      {
        kind: 'rule',
        name: words.join(' '),
        attributes: {},
        remove: [{ argv: ['ip', 'rule', 'del', 'pref', String(priority)] }],
      },
    ];
  });
}
