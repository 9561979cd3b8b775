import { arpNotSuppressed } from './faults/arp-not-suppressed.ts';
import { bothActive } from './faults/both-active.ts';
import { clientInside } from './faults/client-inside.ts';
import { forwardingOff } from './faults/forwarding-off.ts';
import { healthNeverMatches } from './faults/health-never-matches.ts';
import { ipipFiltered } from './faults/ipip-filtered.ts';
import { persistenceSurprise } from './faults/persistence-surprise.ts';
import { portMismatch } from './faults/port-mismatch.ts';
import { realAddressOnly } from './faults/real-address-only.ts';
import { staleNeighbour } from './faults/stale-neighbour.ts';
import { syncMismatch } from './faults/sync-mismatch.ts';
import { tunnelDown } from './faults/tunnel-down.ts';
import { tunnelMtu } from './faults/tunnel-mtu.ts';
import { tunnelRpFilter } from './faults/tunnel-rp-filter.ts';
import { vipMask } from './faults/vip-mask.ts';
import { vipMissing } from './faults/vip-missing.ts';
import { vipOnTheWire } from './faults/vip-on-the-wire.ts';
import { weightZero } from './faults/weight-zero.ts';
import { wrongForwarding } from './faults/wrong-forwarding.ts';
import { wrongGateway } from './faults/wrong-gateway.ts';
import { wrongPortMapping } from './faults/wrong-port-mapping.ts';
import { wrongScheduler } from './faults/wrong-scheduler.ts';
import type { Fault } from './types.ts';

/** The faults that come with the tool, those of one subject together. */
export const FAULTS: readonly Fault[] = [
  weightZero,
  wrongScheduler,
  persistenceSurprise,
  wrongForwarding,
  forwardingOff,
  wrongGateway,
  wrongPortMapping,
  clientInside,
  vipMissing,
  vipMask,
  vipOnTheWire,
  arpNotSuppressed,
  staleNeighbour,
  portMismatch,
  realAddressOnly,
  tunnelDown,
  tunnelRpFilter,
  ipipFiltered,
  tunnelMtu,
  healthNeverMatches,
  bothActive,
  syncMismatch,
];
