import type { DnsName } from '../topology/types.ts';
import { vipDevice } from './node-steps.ts';
import type { Plan, PlannedService } from './types.ts';

/** Who answers at one of a name's addresses. */
export interface NamedService {
  address: string;
  service: PlannedService;
}

/**
 * The web service that a name leads to at each of its addresses: the first port that all of them have, and speak alike.
 * @returns undefined where they have none in common
 */
export function webServicesOf({ services }: Plan, { addresses }: DnsName): NamedService[] | undefined {
  const candidates = services.filter((s) => s.vip === addresses[0] && s.application !== 'dns');
  for (const like of candidates) {
    const found = addresses.flatMap((address) => {
      const service = services.find(
        (s) => s.vip === address && s.port === like.port && s.application === like.application,
      );
      return service === undefined ? [] : [{ address, service }];
    });
    if (found.length === addresses.length) return found;
  }
  return undefined;
}

/**
 * How fast a service's only director may send to its clients, in bits a second.
 * @returns undefined where nothing limits it, or several directors carry it
 */
export function directorRate(
  { nodes, networks }: Plan,
  { vip, directors }: PlannedService,
): number | undefined {
  const [name, ...others] = directors;
  const director = nodes.find((node) => node.name === name);
  if (director === undefined || others.length > 0) return undefined;
  const device = vipDevice(vip, director, networks);
  return director.steps.flatMap((step) =>
    step.kind === 'link-quality' && step.device === device && step.rate !== undefined ? [step.rate] : [],
  )[0];
}
