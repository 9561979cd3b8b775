import { valueOf, type DraftService } from '../fields/draft.ts';
import type { Given } from '../reading/given.ts';
import { show, type Problems } from '../reading/problems.ts';
import type { References } from './references.ts';
import { portsOf } from '../service-ports.ts';

/** HAProxy's configuration manual, 5.2. */
const MOST_WEIGHT = 256;

/** Checks what a service asks of a proxy: HAProxy at layer 7, in turns. */
export function checkProxy(service: DraftService, references: References, problems: Problems): void {
  const mode = references.modeOf(service, undefined);
  for (const entry of valueOf(service.servers) ?? []) {
    if (typeof entry.mode !== 'object' || mode === undefined) continue;
    if ((entry.mode.value === 'proxy') !== (mode === 'proxy'))
      problems.add(
        entry.mode.at,
        `mode ${entry.mode.value} in a service of mode ${mode}: a proxy and IPVS cannot share a service`,
        'leave it out, or make two services with a VIP each',
      );
  }
  if (mode !== 'proxy') return;
  checkOptions(service, problems);
  const at = placeOf(service.protocol, service);
  for (const { value } of portsOf(service) ?? []) {
    if (value.protocol === 'udp')
      problems.add(at, 'mode proxy with protocol udp: HAProxy carries TCP alone', 'use mode nat, tun or dr');
    else if (value.application !== 'http')
      problems.add(
        service.port === undefined ? at : placeOf(service.port, service),
        `mode proxy with ${value.application}: here HAProxy reads HTTP in the clear, to add its header`,
        'use a port of plain HTTP, such as `port: 80`, or another mode',
      );
  }
  const scheduler = valueOf(service.scheduler);
  if (scheduler !== undefined && scheduler !== 'rr' && scheduler !== 'wrr')
    problems.add(
      placeOf(service.scheduler, service),
      `scheduler ${show(scheduler)} with mode proxy: HAProxy here goes in turns`,
      'write `scheduler: rr`, or `scheduler: wrr` with weights',
    );
}

function checkOptions(service: DraftService, problems: Problems): void {
  const unfit: [string, Given<unknown>][] = [
    ['persistence', service.persistence],
    ['mark', service.mark],
    ['one-packet', service['one-packet']],
    ['flags', service.flags],
    ['tunnel', service.tunnel],
    ['health', service.health],
  ];
  for (const [key, given] of unfit)
    if (given !== undefined)
      problems.add(
        placeOf(given, service),
        `${key} with mode proxy: that is set up by ipvsadm, or for it, and a proxy has no IPVS`,
        `leave \`${key}\` out, or use mode nat, tun or dr`,
      );
  for (const { weight } of valueOf(service.servers) ?? [])
    if (typeof weight === 'object' && weight.value > MOST_WEIGHT)
      problems.add(
        weight.at,
        `weight ${weight.value} with mode proxy: HAProxy knows weights from 0 to ${MOST_WEIGHT}`,
        'make all weights smaller, in the same proportion',
      );
  for (const entry of valueOf(service.servers) ?? [])
    for (const [key, given] of [
      ['upper', entry.upper],
      ['lower', entry.lower],
    ] as const)
      if (given !== undefined)
        problems.add(
          placeOf(given, service),
          `${key} with mode proxy: limits are ipvsadm’s`,
          `leave \`${key}\` out, or use mode nat, tun or dr`,
        );
}

function placeOf(given: Given<unknown>, service: DraftService): DraftService['at'] {
  return typeof given === 'object' ? given.at : service.at;
}
