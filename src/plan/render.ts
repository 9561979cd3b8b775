import { MODE_RULES } from './modes/registry.ts';
import type {
  AddressStep,
  RealServerStep,
  RouteStep,
  Step,
  TunnelStep,
  VirtualServiceStep,
} from './types.ts';
import { endpoint } from '../topology/endpoint.ts';
import { maskOf } from '../topology/netmask.ts';

/** One command of a plan, as a student would type it. */
export interface Command {
  argv: string[];
  /** Run only where this command fails: what makes a step that has no `replace` form repeatable. */
  unless?: string[];
  /** Run where `argv` fails because it has been run before. */
  otherwise?: string[];
  /** Written to this file in place of a command's output. */
  file?: { path: string; content: string };
}

/** The commands that carry out a step. */
export function renderStep(step: Step): Command[] {
  switch (step.kind) {
    case 'sysctl':
      return [{ argv: ['sysctl', '-qw', `${step.key}=${step.value}`] }];
    case 'link':
      return [{ argv: ['ip', 'link', 'set', step.device, 'up'] }];
    case 'address':
      return [{ argv: address(step) }];
    case 'tunnel':
      return tunnel(step);
    case 'route':
      return [{ argv: route(step) }];
    case 'virtual-service': {
      const service = virtualService(step);
      return [{ argv: ['ipvsadm', '-A', ...service], otherwise: ['ipvsadm', '-E', ...service] }];
    }
    case 'real-server': {
      const server = realServer(step);
      return [{ argv: ['ipvsadm', '-a', ...server], otherwise: ['ipvsadm', '-e', ...server] }];
    }
    case 'file':
      return [{ argv: ['tee', step.path], file: { path: step.path, content: step.content } }];
    case 'daemon': {
      const [program = '', ...rest] = step.argv;
      return [
        {
          argv: [
            'start-stop-daemon',
            '--start',
            '--oknodo',
            '--quiet',
            '--pidfile',
            step.pidfile,
            '--exec',
            program,
            '--',
            ...rest,
          ],
        },
      ];
    }
  }
}

function virtualService(step: VirtualServiceStep): string[] {
  const { flags = [], persistence } = step;
  return [
    '-t',
    endpoint(step.vip, step.port),
    '-s',
    step.scheduler,
    ...(flags.length === 0 ? [] : ['-b', flags.join(',')]),
    ...(persistence === undefined ? [] : ['-p', String(persistence.timeout)]),
    ...(persistence?.prefix === undefined ? [] : ['-M', maskOf(step.vip, persistence.prefix)]),
  ];
}

function address({ address: own, prefix, device, deprecated }: AddressStep): string[] {
  const lifetime = deprecated === true ? ['preferred_lft', '0'] : [];
  return ['ip', 'addr', 'replace', `${own}/${prefix}`, 'dev', device, ...lifetime];
}

function route(step: RouteStep): string[] {
  return [
    'ip',
    'route',
    'replace',
    step.to,
    ...(step.via === undefined ? [] : ['via', step.via]),
    ...(step.device === undefined ? [] : ['dev', step.device]),
    ...(step.source === undefined ? [] : ['src', step.source]),
    ...(step.metric === undefined ? [] : ['metric', String(step.metric)]),
    ...(step.advmss === undefined ? [] : ['advmss', String(step.advmss)]),
  ];
}

function realServer(step: RealServerStep): string[] {
  return [
    '-t',
    endpoint(step.vip, step.servicePort),
    '-r',
    endpoint(step.address, step.port),
    MODE_RULES[step.mode].flag,
    '-w',
    String(step.weight),
    ...(step.upper === undefined ? [] : ['-x', String(step.upper)]),
    ...(step.lower === undefined ? [] : ['-y', String(step.lower)]),
    ...tunnelOptions(step),
  ];
}

/** ipvsadm takes a port only with GUE; ipip is its default. */
function tunnelOptions({ mode, tunnel: type }: RealServerStep): string[] {
  if (mode !== 'tun' || type === 'ipip') return [];
  return ['--tun-type', type, ...(type === 'gue' ? ['--tun-port', String(GUE_PORT)] : [])];
}

/** UDP port on which real servers take GUE; any free one serves. */
export const GUE_PORT = 5555;

function tunnel({ device, type, gue }: TunnelStep): Command[] {
  const up: Command = { argv: ['ip', 'link', 'set', device, 'up'] };
  // The module makes its fallback device in every namespace only where net.core.fb_tunnels_only_for_init_net is 0.
  const add: Command = {
    argv: ['ip', 'link', 'add', device, 'type', type],
    unless: ['ip', 'link', 'show', device],
  };
  if (gue === undefined) return [add, up];
  const fou = gue === 6 ? ['ip', '-6', 'fou'] : ['ip', 'fou'];
  const port: Command = {
    argv: [...fou, 'add', 'port', String(GUE_PORT), 'gue'],
    unless: ['sh', '-c', `${fou.join(' ')} show | grep -q "port ${GUE_PORT} "`],
  };
  return [add, port, up];
}
