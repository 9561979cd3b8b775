import { linkQuality } from '../plan/link-quality.ts';
import { renderStep, type Command } from '../plan/render.ts';
import type { Plan, PlannedNode, RouteStep, Step } from '../plan/types.ts';
import { GUE_PORT } from '../topology/ports.ts';
import { QUALITY_KEYS, measureText } from '../topology/quality.ts';
import type { Family, Quality } from '../topology/types.ts';
import { parseRule } from '../ipvs/rule.ts';
import type { PlannedFact } from './facts.ts';
import { settingValue, type Settings } from './settings.ts';

/**
 * What a node has where everything is as the plan says.
 * @param settings the node's sysctls when it had just been set up; those that the plan sets need not be among them
 */
export function plannedFacts(plan: Plan, node: PlannedNode, settings: Settings = {}): PlannedFact[] {
  const facts = [
    ...Object.entries(settings).map(([key, value]) => setting(key, value)),
    // Before the steps: their gateways are reached by these.
    ...connected(plan, node),
    ...node.steps.flatMap((step) => factsOf(step, plan, node)),
    ...(node.steps.some((s) => s.kind === 'virtual-service') ? [TIMEOUTS] : []),
  ];
  // A later step has the last word, at the earlier one's place: two modes may set one sysctl.
  const byName = new Map<string, PlannedFact>();
  for (const fact of facts) byName.set(`${fact.kind} ${fact.name}`, fact);
  return [...byName.values()];
}

function factsOf(step: Step, plan: Plan, node: PlannedNode): PlannedFact[] {
  const put = renderStep(step);
  switch (step.kind) {
    case 'sysctl':
      return [setting(step.key, step.value)];
    case 'link':
      return [link(step.device, plan, node)];
    case 'link-quality':
      return [{ kind: 'link quality', name: step.device, attributes: qualityAttributes(step), put }];
    case 'address':
      return [
        {
          kind: 'address',
          name: `${step.address}/${step.prefix} on ${step.device}`,
          attributes: step.deprecated === true ? { deprecated: 'yes' } : {},
          put,
        },
      ];
    case 'tunnel':
      return [
        { kind: 'link', name: step.device, attributes: { state: 'up' }, put },
        ...(step.gue === undefined
          ? []
          : [
              {
                kind: 'tunnel port' as const,
                name: tunnelPort(String(GUE_PORT), step.gue),
                attributes: {},
                put,
              },
            ]),
      ];
    case 'route':
      return [route(step, put)];
    case 'virtual-service':
    case 'real-server':
      return [ipvs(put)];
    case 'file':
      return [
        {
          kind: 'file',
          name: step.path,
          attributes: { content: step.content },
          put: [...put, ...restarts(node, step)],
        },
      ];
    // Not compared: a filter bears no name by which it could be told from a student's own, and a certificate is made
    // on the node, anew each time.
    case 'mark':
    case 'certificate':
      return [];
    case 'daemon':
      return [{ kind: 'daemon', name: step.name, attributes: { state: 'running' }, put }];
  }
}

function setting(key: string, value: string): PlannedFact {
  return {
    kind: 'sysctl',
    name: key,
    attributes: { value: settingValue(value) },
    put: renderStep({ kind: 'sysctl', key, value }),
  };
}

function link(device: string, plan: Plan, node: PlannedNode): PlannedFact {
  const own = node.interfaces.find((i) => i.name === device);
  if (own === undefined)
    return {
      kind: 'link',
      name: device,
      attributes: { state: 'up' },
      put: renderStep({ kind: 'link', device }),
    };
  const mtu = String(plan.networks.find((n) => n.name === own.network)?.mtu ?? 1500);
  return {
    kind: 'link',
    name: device,
    attributes: { state: 'up', arp: 'on', mtu, mac: own.mac },
    put: [{ argv: ['ip', 'link', 'set', device, 'address', own.mac, 'mtu', mtu, 'arp', 'on', 'up'] }],
  };
}

/** A link's quality as attributes; also of what is found. */
export function qualityAttributes(quality: Quality): Record<string, string> {
  const measures = QUALITY_KEYS.flatMap((key) => {
    const value = quality[key];
    return value ? [[key, measureText(key, value)] as const] : [];
  });
  return { discipline: 'netem', ...Object.fromEntries(measures) };
}

function route(step: RouteStep, put: Command[]): PlannedFact {
  const { to, via, device, source, metric, advmss } = step;
  const ipv6 = [to, via ?? ''].some((address) => address.includes(':'));
  return {
    kind: 'route',
    name: routeName(to, ipv6, metric),
    attributes: {
      ...(via === undefined ? {} : { via }),
      ...(device === undefined ? {} : { dev: device }),
      ...(source === undefined ? {} : { source }),
      ...(advmss === undefined ? {} : { advmss: String(advmss) }),
    },
    put,
  };
}

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

/** A port that takes GUE, in the packets of one family. */
export function tunnelPort(port: string, family: Family): string {
  return `${port}${family === 6 ? ' IPv6' : ''}`;
}

/** The routes to a node's own networks, which the kernel makes with the addresses, and which can be deleted. */
function connected(plan: Plan, node: PlannedNode): PlannedFact[] {
  return node.interfaces.flatMap((own) => {
    const subnets = plan.networks.find((n) => n.name === own.network)?.subnets ?? [];
    return subnets
      .filter((subnet) => !node.steps.some((s) => s.kind === 'route' && s.to === subnet))
      .map((subnet): PlannedFact => {
        const family = subnet.includes(':') ? 6 : 4;
        const source = own.addresses.find((a) => a.family === family)?.address ?? '';
        const words = ['route', 'replace', subnet, 'dev', own.name, 'proto', 'kernel'];
        return {
          kind: 'route',
          name: subnet,
          attributes: { dev: own.name },
          put: [
            {
              argv:
                family === 6
                  ? ['ip', '-6', ...words, 'metric', '256']
                  : ['ip', ...words, 'scope', 'link', 'src', source],
            },
          ],
        };
      });
  });
}

/** Read off the command itself, so that whatever a service can say is compared. */
function ipvs(put: Command[]): PlannedFact {
  const rule = parseRule(put[0]?.argv ?? []);
  if (typeof rule === 'string') throw new Error(`the plan's own ipvsadm command cannot be read: ${rule}`);
  return {
    kind: rule.kind === 'service' ? 'service' : 'real server',
    name: rule.server === undefined ? rule.service : `${rule.service} → ${rule.server}`,
    attributes: rule.options,
    put,
  };
}

/** The kernel's own (IP_VS_TIMEOUT in ip_vs_proto_*.c): seconds for TCP, TCP after a FIN, UDP. */
const TIMEOUTS: PlannedFact = {
  kind: 'timeouts',
  name: 'ipvs',
  attributes: { tcp: '900', tcpfin: '120', udp: '300' },
  put: [{ argv: ['ipvsadm', '--set', '900', '120', '300'] }],
};

/** A daemon reads its files when it starts. Which ones, the plan does not say: those that come before it. */
function restarts(node: PlannedNode, file: Step): Command[] {
  return node.steps.slice(node.steps.indexOf(file)).flatMap((step) =>
    step.kind === 'daemon'
      ? [
          {
            argv: [
              'start-stop-daemon',
              '--stop',
              '--oknodo',
              '--quiet',
              '--retry',
              '5',
              '--pidfile',
              step.pidfile,
            ],
          },
          ...renderStep(step),
        ]
      : [],
  );
}

/** Commands that make an interface send plainly. */
export function plainly(device: string): Command[] {
  return linkQuality({ kind: 'link-quality', device });
}
