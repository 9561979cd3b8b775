import { MODE_RULES } from './modes/registry.ts';
import type { RealServerStep, RouteStep, Step, VirtualServiceStep } from './types.ts';
import { maskOf } from '../topology/netmask.ts';
import type { TunnelType } from '../topology/types.ts';

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
      return [{ argv: ['ip', 'addr', 'replace', `${step.address}/${step.prefix}`, 'dev', step.device] }];
    case 'tunnel':
      return tunnel(step.device, step.tunnel);
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
    `${step.vip}:${step.port}`,
    '-s',
    step.scheduler,
    ...(flags.length === 0 ? [] : ['-b', flags.join(',')]),
    ...(persistence === undefined ? [] : ['-p', String(persistence.timeout)]),
    ...(persistence?.prefix === undefined ? [] : ['-M', maskOf(persistence.prefix)]),
  ];
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
    ...(step.advmss === undefined ? [] : ['advmss', String(step.advmss)]),
  ];
}

function realServer(step: RealServerStep): string[] {
  return [
    '-t',
    `${step.vip}:${step.servicePort}`,
    '-r',
    `${step.address}:${step.port}`,
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

function tunnel(device: string, type: TunnelType): Command[] {
  const up: Command = { argv: ['ip', 'link', 'set', device, 'up'] };
  // The module makes its fallback device in every namespace only where net.core.fb_tunnels_only_for_init_net is 0.
  const add: Command = {
    argv: ['ip', 'link', 'add', device, 'type', type === 'gre' ? 'gre' : 'ipip'],
    unless: ['ip', 'link', 'show', device],
  };
  if (type !== 'gue') return [add, up];
  const port: Command = {
    argv: ['ip', 'fou', 'add', 'port', String(GUE_PORT), 'gue'],
    unless: ['sh', '-c', `ip fou show | grep -q "port ${GUE_PORT} "`],
  };
  return [add, port, up];
}
