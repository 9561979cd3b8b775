import { maskOf } from '../topology/fields/netmask.ts';
import { configBlock, keepalivedConfig, type Part } from './keepalived-config.ts';
import { ipvsWords } from './modes/registry.ts';
import type { Step } from './steps.ts';
import type { PlannedHealth, PlannedServer, PlannedService } from './types.ts';

export const KEEPALIVED_CONFIG = '/etc/keepalived/keepalived.conf';

/** Of its process that checks, which writes one of its own. */
export const KEEPALIVED_CHECKS_LOG = '/var/log/keepalived_check.log';

type Watched = PlannedService & { health: PlannedHealth };

/**
 * keepalived with its configuration (keepalived.conf(5)), to look after real servers.
 * @param parts virtual servers; none: then it does not run
 */
export function keepalivedSteps(node: string, parts: Part[]): Step[] {
  if (parts.length === 0) return [];
  const global = configBlock('global_defs', `router_id ${node}`, 'script_user root');
  const content = keepalivedConfig(`keepalived of ${node}.`, [global, ...parts]);
  return [
    { kind: 'file', path: KEEPALIVED_CONFIG, content },
    {
      kind: 'daemon',
      name: 'keepalived',
      argv: [
        '/usr/sbin/keepalived',
        // Health checks alone: VRRP, where there is any, has a process of its own.
        '-C',
        ...['-f', KEEPALIVED_CONFIG, '-p', '/run/keepalived.pid', '-c', '/run/keepalived-checks.pid'],
        // What it knows of the table it leaves there when it ends; a restart finds it.
        ...['--dont-release-ipvs', '--log-detail', '--no-syslog', '--flush-log-file'],
        '--log-file=/var/log/keepalived.log',
      ],
      pidfile: '/run/keepalived.pid',
      logs: ['/var/log/keepalived.log', KEEPALIVED_CHECKS_LOG],
    },
  ];
}

/**
 * A virtual service whose real servers keepalived looks after.
 * @param script of an external check
 */
export function virtualServer(service: Watched, script: string | undefined): Part {
  const { vip, port, protocol, scheduler, persistence, servers, health } = service;
  const mode = servers[0]?.mode ?? 'dr';
  return configBlock(
    `virtual_server ${vip} ${port}`,
    `delay_loop ${health.interval}`,
    // The first check soon, and not at some time within the interval.
    'warmup 0',
    `lvs_sched ${scheduler}`,
    `lvs_method ${ipvsWords(mode).keepalived}`,
    ...(persistence === undefined ? [] : [`persistence_timeout ${persistence.timeout}`]),
    ...(persistence?.prefix === undefined
      ? []
      : [`persistence_granularity ${maskOf(vip, persistence.prefix)}`]),
    `protocol ${protocol.toUpperCase()}`,
    ...(health.fallback === undefined
      ? []
      : [
          `sorry_server ${health.fallback.address} ${health.fallback.port}`,
          `sorry_server_lvs_method ${ipvsWords(health.fallback.mode).keepalived}`,
        ]),
    ...servers.map((server) =>
      configBlock(
        `real_server ${server.address} ${server.port}`,
        `weight ${server.weight}`,
        `lvs_method ${ipvsWords(server.mode).keepalived}`,
        ...(health.quiescent ? ['inhibit_on_failure'] : []),
        check(service, server, script),
      ),
    ),
  );
}

function check(
  { vip, port, application, health }: Watched,
  server: PlannedServer,
  script: string | undefined,
): Part {
  const { interval, timeout, failures } = health;
  const again = [`retry ${failures - 1}`, `delay_before_retry ${interval}`];
  switch (health.check) {
    case 'connect':
      return configBlock('TCP_CHECK', `connect_timeout ${timeout}`, ...again);
    case 'ping':
      return configBlock('PING_CHECK', `connect_timeout ${timeout}`, ...again);
    case 'negotiate':
      return configBlock(
        application === 'https' ? 'SSL_GET' : 'HTTP_GET',
        configBlock(
          'url',
          `path ${health.request ?? '/'}`,
          'status_code 200',
          `regex "${health.receive ?? ''}"`,
        ),
        `connect_timeout ${timeout}`,
        ...again,
      );
    case 'external':
      return configBlock(
        'MISC_CHECK',
        `misc_path "${script ?? ''} ${vip} ${port} ${server.address} ${server.port}"`,
        `misc_timeout ${timeout}`,
        ...again,
      );
  }
}
