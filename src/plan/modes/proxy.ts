import type { ModeRules } from './mode.ts';

/**
 * A proxy instead of IPVS: it answers the client itself, and asks a real server by a connection of its own. So the real
 * server needs nothing, not even a way to the client.
 */
export const proxy: ModeRules = {
  description: 'HAProxy, layer 7',
  gatewayIsDirector: false,
  directorForwards: false,
  modules: () => [],
  serverSteps: () => [],
  overhead: () => 0,
};
