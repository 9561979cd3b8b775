import { endpoint } from '../topology/endpoint.ts';
import { maskOf } from '../topology/fields/netmask.ts';
import { ipvsWords } from './modes/registry.ts';
import type { Step } from './steps.ts';
import type { PlannedHealth, PlannedServer, PlannedService } from './types.ts';

export const LDIRECTORD_CONFIG = '/etc/ha.d/ldirectord.cf';
export const LDIRECTORD_LOG = '/var/log/ldirectord.log';
/** Every check with what came of it: the log has but what was done about it. */
export const LDIRECTORD_CHECKS = '/var/log/ldirectord.checks.log';

type Watched = PlannedService & { health: PlannedHealth };

/**
 * ldirectord with its configuration (ldirectord(8)). The services are in the table already, so that it finds them up,
 * and begins to check.
 * @param services those that it looks after; none: then it does not run
 * @param scripts of services with an external check, by the services' place in the list
 */
export function ldirectordSteps(services: Watched[], scripts: (string | undefined)[]): Step[] {
  if (services.length === 0) return [];
  const config = [
    '# ldirectord: which real servers are alive.',
    // A change of the file is told to it by a restart, which must not empty the table.
    'autoreload=no',
    'cleanstop=no',
    `logfile="${LDIRECTORD_LOG}"`,
    // With one process for all, the slowest service's real servers would hold up the others'.
    `fork=${services.length > 1 ? 'yes' : 'no'}`,
    // Where there is one process, only the global value counts.
    `checkinterval=${Math.min(...services.map((s) => s.health.interval))}`,
    ...services.flatMap((service, index) => virtual(service, scripts[index])),
  ];
  return [
    { kind: 'file', path: LDIRECTORD_CONFIG, content: `${config.join('\n')}\n` },
    {
      kind: 'daemon',
      name: 'ldirectord',
      argv: ['/usr/sbin/ldirectord', LDIRECTORD_CONFIG, 'start'],
      interpreter: '/usr/bin/perl',
      pidfile: '/run/ldirectord.ldirectord.cf.pid',
      logs: [LDIRECTORD_LOG],
    },
  ];
}

function virtual(service: Watched, script: string | undefined): string[] {
  const { vip, port, protocol, scheduler, persistence, servers, health } = service;
  const six = vip.includes(':') ? '6' : '';
  const place = ({ address, port: own }: PlannedServer) => endpoint(address, own);
  const options = [
    ...servers.map(
      (s) =>
        `real${s.address.includes(':') ? '6' : ''}=${place(s)} ${ipvsWords(s.mode).ldirectord} ${s.weight}`,
    ),
    ...(health.fallback === undefined
      ? []
      : [`fallback${six}=${place(health.fallback)} ${ipvsWords(health.fallback.mode).ldirectord}`]),
    `scheduler=${scheduler}`,
    ...(persistence === undefined ? [] : [`persistent=${persistence.timeout}`]),
    ...(persistence?.prefix === undefined ? [] : [`netmask=${maskOf(vip, persistence.prefix)}`]),
    `protocol=${protocol}`,
    `service=${service.application === 'dns' ? 'none' : service.application}`,
    `checkinterval=${health.interval}`,
    `checktimeout=${health.timeout}`,
    `negotiatetimeout=${health.timeout}`,
    `failurecount=${health.failures}`,
    `quiescent=${health.quiescent ? 'yes' : 'no'}`,
    `checktype=${health.check}`,
    `monitorfile="${LDIRECTORD_CHECKS}"`,
    ...(health.request === undefined ? [] : [`request="${health.request.replace(/^\//, '')}"`]),
    ...(health.receive === undefined ? [] : [`receive="${health.receive}"`]),
    ...(script === undefined ? [] : [`checkcommand="${script}"`]),
  ];
  return [`virtual${six}=${endpoint(vip, port)}`, ...options.map((option) => `\t${option}`)];
}
