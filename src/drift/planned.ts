import { linkQuality } from '../plan/link-quality.ts';
import { answering } from '../plan/health.ts';
import { serverStep } from '../plan/node-steps.ts';
import { renderStep } from '../plan/render.ts';
import type { Command } from '../plan/command.ts';
import type { RouteStep, Step, TimeoutsStep } from '../plan/steps.ts';
import type { Plan, PlannedNode } from '../plan/types.ts';
import { fill } from '../topology/fields/fill.ts';
import { timeoutsSchema } from '../topology/fields/node.ts';
import { GUE_PORT } from '../topology/fields/ports.ts';
import { QUALITY_KEYS, measureText } from '../topology/fields/quality.ts';
import type { Quality } from '../topology/types.ts';
import { parseRule } from '../ipvs/rule.ts';
import type { PlannedFact } from './facts.ts';
import { clusterFacts, syncFact } from './planned-cluster.ts';
import { restart } from './restart.ts';
import { markName, routeName, tunnelPort } from './fact-names.ts';
import { plannedMark } from './planned-mark.ts';
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
    ...(node.steps.some((s) => s.kind === 'virtual-service') ? [timeouts(KERNEL_TIMEOUTS)] : []),
    ...node.steps.flatMap((step) => factsOf(step, plan, node)),
    ...watchedServers(plan, node),
    ...clusterFacts(plan, node),
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
    case 'mark':
      return [
        {
          kind: 'mark',
          name: markName(step.device, step.rule),
          attributes: plannedMark(step),
          put,
        },
      ];
    case 'certificate':
      return [
        {
          kind: 'certificate',
          name: step.certificateFile,
          attributes: {},
          // Half of a pair is of no use, and would pass for a whole one.
          put: [{ argv: ['rm', '-f', step.certificateFile] }, ...put, ...restarts(node, step)],
        },
      ];
    case 'virtual-service':
    case 'real-server':
      return [ipvs(put)];
    case 'timeouts':
      return [timeouts(step)];
    case 'sync-daemon':
      return [syncFact(step, put)];
    case 'file':
      return [
        {
          kind: 'file',
          name: step.path,
          attributes: { content: step.content },
          put: [...put, ...restarts(node, step)],
        },
      ];
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

/** Where a program looks after real servers, it decides which of them the director has, and with what weight. */
function watchedServers({ services }: Plan, { name }: PlannedNode): PlannedFact[] {
  return services
    .filter((service) => service.health !== undefined && service.directors.includes(name))
    .flatMap((service) =>
      answering(service).map((server) => ({
        ...ipvs(renderStep(serverStep(service, server))),
        optional: true as const,
        managed: ['weight'],
      })),
    );
}

function timeouts(step: TimeoutsStep): PlannedFact {
  const { tcp, tcpfin, udp } = step;
  return {
    kind: 'timeouts',
    name: 'ipvs',
    attributes: { tcp: String(tcp), tcpfin: String(tcpfin), udp: String(udp) },
    put: renderStep(step),
  };
}

/** What a director has that is told nothing: the defaults of a mapping in which nothing stands. */
const KERNEL_TIMEOUTS: TimeoutsStep = { kind: 'timeouts', ...fill(timeoutsSchema, undefined) };

/** A daemon reads its files when it starts. Which ones, the plan does not say: those that come before it. */
function restarts(node: PlannedNode, file: Step): Command[] {
  return node.steps
    .slice(node.steps.indexOf(file))
    .flatMap((step) => (step.kind === 'daemon' ? restart(step) : []));
}

/** Commands that make an interface send plainly. */
export function plainly(device: string): Command[] {
  return linkQuality({ kind: 'link-quality', device });
}
