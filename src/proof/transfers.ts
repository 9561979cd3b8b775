import { serviceName } from '../plan/service-name.ts';
import type { PlannedService } from '../plan/types.ts';
import type { Transfer } from '../traffic/transfer.ts';
import type { Check } from './check.ts';

/** What is known beside one large transfer in each direction. */
interface Beside {
  /** Smaller transfers, several at once, so that each real server has some. */
  small: { transfers: Transfer[]; size: number };
  /** Why full packets do not come through, where it is known. */
  pathMtu: Check | undefined;
}

/**
 * Whether large transfers came through whole in both directions: small answers pass a path that full packets do not.
 * @param transfers none where single requests failed already
 */
export function judgeTransfers(
  service: PlannedService,
  transfers: Transfer[],
  size: number,
  { small, pathMtu }: Beside = { small: { transfers: [], size: 0 }, pathMtu: undefined },
): Check {
  const bad = transfers.filter((t) => t.bytes !== size);
  const badSmall = small.transfers.filter((t) => t.bytes !== small.size);
  const why = pathMtu === undefined ? '' : ': full packets do not come through, see path MTU';
  const check = (outcome: Check['outcome'], detail: string): Check => ({
    id: 'transfers',
    title: 'large transfers',
    outcome,
    detail,
    evidence: [
      ...transfers.map((t) => transferText(t, size)),
      ...(badSmall.length === 0 ? [] : small.transfers.map((t) => transferText(t, small.size))),
    ],
  });
  if (transfers.length === 0) {
    const known = small.transfers.length === 0 ? '' : `; ${smallText(small, badSmall)}`;
    return check(
      pathMtu === undefined ? 'unknown' : 'fail',
      `not tried, because single requests already fail${known}${why}`,
    );
  }
  if (bad.length > 0) return check('fail', `${bad.map((t) => shortText(t, size)).join(', ')}${why}`);
  if (badSmall.length > 0)
    return check(
      'fail',
      `${sizeText(size)} down and up came through, but ${smallText(small, badSmall)}${why}`,
    );
  const through = `${sizeText(size)} down and ${sizeText(size)} up through ${serviceName(service)}`;
  const fallback = service.health?.fallback?.node;
  return fallback !== undefined && [...transfers, ...small.transfers].every((t) => t.server === fallback)
    ? check('unknown', `${through}, all from the fallback ${fallback}: nothing is known of the real servers`)
    : check('pass', through);
}

function smallText({ transfers, size }: Beside['small'], bad: Transfer[]): string {
  const count = (direction: Transfer['direction']) => {
    const all = transfers.filter((t) => t.direction === direction).length;
    return `${all - bad.filter((t) => t.direction === direction).length} of ${all} ${direction}s`;
  };
  const came = `of ${sizeText(size)} each, ${count('download')} and ${count('upload')} came through`;
  const errors = [...new Set(bad.map(({ error }) => error.replace(/ after \d+ milliseconds.*/, '')))];
  return errors.length === 0 ? came : `${came} (${errors.join(', ')})`;
}

function transferText(transfer: Transfer, size: number): string {
  return `${shortText(transfer, size)} in ${transfer.seconds.toFixed(1)} s, real server ${transfer.server ?? 'unknown'}`;
}

function shortText({ direction, bytes, error }: Transfer, size: number): string {
  const [unit, name] = unitOf(size);
  return `${direction} ${numberText(bytes / unit)} of ${numberText(size / unit)} ${name}${error === '' ? '' : ` (${error})`}`;
}

function sizeText(size: number): string {
  const [unit, name] = unitOf(size);
  return `${numberText(size / unit)} ${name}`;
}

function unitOf(size: number): [number, string] {
  return size < 1024 * 1024 ? [1024, 'kB'] : [1024 * 1024, 'MB'];
}

function numberText(value: number): string {
  return value.toFixed(Number.isInteger(value) ? 0 : 1);
}
