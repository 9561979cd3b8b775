import type { ModeRules } from './mode.ts';
import { quietVip } from './quiet-vip.ts';

/**
 * DR (direct routing): the director rewrites only the destination MAC; the real server owns the VIP on a device that
 * does not answer ARP, and replies by its own way. Source: kernel net/netfilter/ipvs/ip_vs_xmit.c, ip_vs_dr_xmit.
 */
export const dr: ModeRules = {
  description: 'direct routing',
  ipvs: { flag: '-g', ldirectord: 'gate', keepalived: 'DR' },
  gatewayIsDirector: false,
  directorForwards: false,
  modules: () => [],
  serverSteps: ({ service }) => quietVip(service.vip, 'lo'),
  overhead: () => 0,
};
