import { MODE_RULES } from './modes/registry.ts';
import { optionsOf } from './service-name.ts';
import type { Plan } from './types.ts';
import { endpoint } from '../topology/endpoint.ts';

/** `VIP 203.0.113.100:80 tcp rr → rs1, rs2 (masquerading)` */
export function describeServices(plan: Plan): string[] {
  return plan.services.map((service) => {
    const servers = service.servers.map((s) => `${s.node}${s.weight === 1 ? '' : ` ×${s.weight}`}`);
    const modes = [...new Set(service.servers.map((s) => MODE_RULES[s.mode].description))];
    return `VIP ${endpoint(service.vip, service.port)} ${[service.protocol, service.scheduler, ...optionsOf(service)].join(' ')} → ${servers.join(', ')} (${modes.join(', ')})`;
  });
}
