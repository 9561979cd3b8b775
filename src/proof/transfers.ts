import { serviceName } from '../plan/service-name.ts';
import type { PlannedService } from '../plan/types.ts';
import type { Transfer } from '../traffic/transfer.ts';
import type { Check } from './check.ts';

/** Whether large transfers came through whole in both directions: small answers pass a path that full packets do not. */
export function judgeTransfers(service: PlannedService, transfers: Transfer[], size: number): Check {
  const bad = transfers.filter((t) => t.bytes !== size);
  const text = (t: Transfer) =>
    `${t.direction} ${megabytes(t.bytes)} of ${megabytes(size)} MB${t.error === '' ? '' : ` (${t.error})`}`;
  return {
    id: 'transfers',
    title: 'large transfers',
    outcome: transfers.length === 0 ? 'unknown' : bad.length === 0 ? 'pass' : 'fail',
    detail:
      transfers.length === 0
        ? 'not tried, because single requests already fail'
        : bad.length === 0
          ? `${megabytes(size)} MB down and ${megabytes(size)} MB up through ${serviceName(service)}`
          : bad.map(text).join(', '),
    evidence: transfers.map(
      (t) => `${text(t)} in ${t.seconds.toFixed(1)} s, real server ${t.server ?? 'unknown'}`,
    ),
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(bytes % (1024 * 1024) === 0 ? 0 : 1);
}
