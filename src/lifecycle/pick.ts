import { EXIT, LabError } from '../errors.ts';
import { clientsOf } from '../plan/clients.ts';
import { serviceName } from '../plan/service-name.ts';
import type { Plan, PlannedService } from '../plan/types.ts';

/**
 * The service that a user means by `VIP:PORT` or its VIP alone; the first where it is not said.
 * @throws LabError badInput, with the services that there are
 */
export function pickService(plan: Plan, wanted: string | undefined): PlannedService {
  const names = plan.services.map(serviceName);
  const service = plan.services.find((s, index) =>
    wanted === undefined ? index === 0 : wanted === names[index] || wanted === s.vip,
  );
  if (service !== undefined) return service;
  throw new LabError(
    EXIT.badInput,
    wanted === undefined
      ? `lab ${plan.name} has no virtual service`
      : `lab ${plan.name} has no service ${wanted}`,
    names.length === 0 ? {} : { fix: `its services: ${names.join(', ')}` },
  );
}

/**
 * The client of that name, which can ask the service; every one that can where none is named.
 * @throws LabError badInput, with the clients that there are
 */
export function pickClients(plan: Plan, service: PlannedService, wanted: string | undefined): string[] {
  const names = clientsOf(plan, service).map((node) => node.name);
  const clients = wanted === undefined ? names : names.filter((name) => name === wanted);
  if (clients.length > 0) return clients;
  throw new LabError(
    EXIT.badInput,
    wanted === undefined
      ? `lab ${plan.name} has no client that can ask ${service.vip}`
      : `lab ${plan.name} has no client ${wanted} that can ask ${service.vip}`,
    { fix: names.length === 0 ? 'give the topology one: client' : `its clients: ${names.join(', ')}` },
  );
}
