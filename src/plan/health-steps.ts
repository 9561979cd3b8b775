import { trustFile } from './authority.ts';
import { virtualServer, keepalivedSteps } from './keepalived.ts';
import { ldirectordSteps } from './ldirectord.ts';
import type { Step } from './steps.ts';
import type { PlannedHealth, PlannedService } from './types.ts';

/**
 * The programs on a director that find out which real servers are alive, with what they run.
 * @param lab its name
 */
export function healthSteps(lab: string, node: string, services: PlannedService[]): Step[] {
  const watched = services.flatMap((service) =>
    service.health !== undefined && service.directors.includes(node)
      ? [{ ...service, health: service.health }]
      : [],
  );
  const by = (program: PlannedHealth['by']) => watched.filter((s) => s.health.by === program);
  const script = (service: (typeof watched)[number]) =>
    service.health.command === undefined
      ? undefined
      : `/usr/local/bin/check-${service.protocol}-${service.port}-${watched.indexOf(service) + 1}`;
  return [
    // ldirectord asks Perl's HTTP client not to verify names, and it verifies certificates all the same (libwww-perl
    // 6.83); so does what an external check may run.
    ...(watched.some((service) => service.application === 'https') ? [trustFile(lab)] : []),
    ...watched.flatMap((service): Step[] => {
      const path = script(service);
      return path === undefined
        ? []
        : [{ kind: 'file', path, content: `#!/bin/sh\n${service.health.command ?? ''}\n`, executable: true }];
    }),
    ...ldirectordSteps(by('ldirectord'), by('ldirectord').map(script)),
    ...keepalivedSteps(
      node,
      by('keepalived').map((service) => virtualServer(service, script(service))),
    ),
  ];
}
