import type { Command } from './command.ts';
import { serverArguments, serviceArguments } from './ipvsadm.ts';
import { ipvsWords } from './modes/registry.ts';
import { linkQuality } from './link-quality.ts';
import { maskOf } from '../topology/fields/netmask.ts';
import { GUE_PORT } from '../topology/fields/ports.ts';
import type {
  AddressStep,
  CertificateStep,
  MarkStep,
  RealServerStep,
  RouteStep,
  Step,
  SyncDaemonStep,
  TunnelStep,
  VirtualServiceStep,
} from './steps.ts';

/** The commands that carry out a step. */
export function renderStep(step: Step): Command[] {
  switch (step.kind) {
    case 'sysctl':
      return [{ argv: ['sysctl', '-qw', `${step.key}=${step.value}`] }];
    case 'link':
      return [{ argv: ['ip', 'link', 'set', step.device, 'up'] }];
    case 'link-quality':
      return linkQuality(step);
    case 'address':
      return [{ argv: address(step) }];
    case 'tunnel':
      return tunnel(step);
    case 'route':
      return [{ argv: route(step) }];
    case 'mark':
      return mark(step);
    case 'virtual-service': {
      const service = virtualService(step);
      return [{ argv: ['ipvsadm', '-A', ...service], otherwise: ['ipvsadm', '-E', ...service] }];
    }
    case 'real-server': {
      const server = realServer(step);
      return [{ argv: ['ipvsadm', '-a', ...server], otherwise: ['ipvsadm', '-e', ...server] }];
    }
    case 'timeouts':
      return [{ argv: ['ipvsadm', '--set', ...[step.tcp, step.tcpfin, step.udp].map(String)] }];
    case 'sync-daemon':
      return [syncDaemon(step)];
    case 'file':
      return [
        { argv: ['tee', step.path], file: { path: step.path, content: step.content } },
        ...(step.executable === true ? [{ argv: ['chmod', '755', step.path] }] : []),
      ];
    case 'certificate':
      return [certificate(step)];
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
            ...(step.interpreter === undefined
              ? ['--exec', program]
              : ['--exec', step.interpreter, '--startas', program]),
            '--',
            ...rest,
          ],
          // It starts, too, what has left no such file.
          first: { absent: step.pidfile, argv: step.argv },
        },
      ];
    }
  }
}

function address({ address: own, prefix, device, deprecated }: AddressStep): string[] {
  const lifetime = deprecated === true ? ['preferred_lft', '0'] : [];
  return ['ip', 'addr', 'replace', `${own}/${prefix}`, 'dev', device, ...lifetime];
}

function virtualService(step: VirtualServiceStep): string[] {
  const { flags = [], persistence } = step;
  return [
    ...serviceArguments(step),
    '-s',
    step.scheduler,
    ...(flags.length === 0 ? [] : ['-b', flags.join(',')]),
    ...(persistence === undefined ? [] : ['-p', String(persistence.timeout)]),
    ...(persistence?.prefix === undefined ? [] : ['-M', maskOf(step.vip, persistence.prefix)]),
    ...(step.onePacket === true ? ['-o'] : []),
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
    ...(step.metric === undefined ? [] : ['metric', String(step.metric)]),
    ...(step.advmss === undefined ? [] : ['advmss', String(step.advmss)]),
  ];
}

function realServer(step: RealServerStep): string[] {
  return [
    ...serviceArguments({ ...step, port: step.servicePort }),
    ...serverArguments(step.address, step.port, step.mark),
    ipvsWords(step.mode).flag,
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

function tunnel({ device, type, gue }: TunnelStep): Command[] {
  const up: Command = { argv: ['ip', 'link', 'set', device, 'up'] };
  // The module makes its fallback device in every namespace only where net.core.fb_tunnels_only_for_init_net is 0.
  const add: Command = {
    argv: ['ip', 'link', 'add', device, 'type', type],
    unless: ['ip', 'link', 'show', device],
  };
  if (gue === undefined) return [add, up];
  const fou = gue === 6 ? ['ip', '-6', 'fou'] : ['ip', 'fou'];
  // `ip -6 fou show` lists the ports of both families: what follows the port tells them apart.
  const there = `port ${GUE_PORT} gue ${gue === 6 ? '-6' : '*$'}`;
  const port: Command = {
    argv: [...fou, 'add', 'port', String(GUE_PORT), 'gue'],
    unless: ['sh', '-c', `ip fou show | grep -q "${there}"`],
  };
  return [add, port, up];
}

/** The rule has a number of its own, so that `replace` finds it again. The first brings the hook that all hang on. */
function mark(step: MarkStep): Command[] {
  const rule = ['pref', String(step.rule), 'handle', '1'];
  const family = step.vip.includes(':') ? 'ipv6' : 'ip';
  const match = ['ip_proto', step.protocol, 'dst_ip', step.vip, 'dst_port', String(step.port)];
  return [
    ...(step.rule === 1 ? [{ argv: ['tc', 'qdisc', 'replace', 'dev', step.device, 'clsact'] }] : []),
    {
      argv: [
        ...['tc', 'filter', 'replace', 'dev', step.device, 'ingress', 'protocol', family, ...rule],
        ...['flower', ...match, 'action', 'skbedit', 'mark', String(step.mark)],
      ],
    },
  ];
}

/** The kernel refuses a second one of the same role; `ipvsadm -l --daemon` says which there is. */
function syncDaemon({ role, device, id }: SyncDaemonStep): Command {
  return {
    argv: ['ipvsadm', '--start-daemon', role, '--mcast-interface', device, '--syncid', String(id)],
    unless: [
      'sh',
      '-c',
      `ipvsadm -l --daemon | grep -q "^${role} sync daemon (mcast=${device}, syncid=${id},"`,
    ],
  };
}

/** Elliptic curve: made in a moment, where RSA would take seconds. */
function certificate(step: CertificateStep): Command {
  const { name, addresses, authority, keyFile, certificateFile } = step;
  return {
    argv: [
      ...['openssl', 'req', '-x509'],
      ...(authority === undefined ? [] : ['-CA', authority.certificateFile, '-CAkey', authority.keyFile]),
      ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'],
      ...['-days', '3650', '-subj', `/CN=${name}`],
      ...['-addext', `subjectAltName=${addresses.map((address) => `IP:${address}`).join(',')}`],
      ...['-keyout', keyFile, '-out', certificateFile],
    ],
    unless: ['test', '-s', certificateFile],
  };
}
