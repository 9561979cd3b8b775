import type { ModeRules } from './mode.ts';

/**
 * NAT (masquerading): the director rewrites the destination to the real server, and the source of the reply back to
 * the VIP, so every reply must return through it. Source: kernel net/netfilter/ipvs/ip_vs_xmit.c, ip_vs_nat_xmit.
 */
export const nat: ModeRules = {
  description: 'masquerading',
  ipvs: { flag: '-m', ldirectord: 'masq', keepalived: 'NAT' },
  gatewayIsDirector: true,
  directorForwards: true,
  modules: () => [],
  serverSteps: () => [],
  overhead: () => 0,
};
