import type { LoadReport } from '../commands/load.ts';
import type { LineChart } from './diagram/chart.ts';
import { columns } from '../terminal/columns.ts';
import { paint } from '../terminal/paint.ts';

/** More points than this on a line would be one blot. */
const MOST_POINTS = 40;

const ERRORS: Record<keyof LoadReport['errors'], string> = {
  connect: 'refused connections, or broken while sending',
  read: 'connections broken before the answer',
  timeout: 'answers later than two seconds',
  status: 'answers that are not 2xx',
  unanswered: 'connections still waiting for an answer at the end',
};

/** A load as a table: rate, latency, errors, share by real server. */
export function loadText(report: LoadReport): string {
  const { latency, errors, statuses } = report;
  const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
  const failed = Object.entries(errors).filter(([, count]) => count > 0) as [keyof typeof ERRORS, number][];
  const each = report.keepAlive ? 'kept alive' : 'one request each';
  const codes = Object.entries(statuses).map(([status, count]) => `${count} × ${status}`);
  return [
    columns([
      ['rate', `${report.rate.toFixed(1)} requests/s`],
      [
        'connections',
        `${report.connections} at once, ${each}, from ${report.clients.length === 1 ? '' : 'each of '}${report.clients.join(', ')}`,
      ],
      ['received', `${(report.bytes / report.seconds / 1024).toFixed(1)} kB/s`],
      ...(latency === null
        ? [['latency', 'nothing was answered']]
        : [
            [
              'latency',
              `50% ${ms(latency.p50)}, 75% ${ms(latency.p75)}, 90% ${ms(latency.p90)}, 99% ${ms(latency.p99)}, max ${ms(latency.max)}`,
            ],
          ]),
    ]),
    ...(failed.length === 0 && report.requests > 0 ? ['errors       none'] : []),
    ...(failed.length === 0 && report.requests === 0 ? [paint.red('errors       not one answer')] : []),
    ...failed.map(([kind, count]) =>
      paint.red(`errors       ${count} ${ERRORS[kind]}${kind === 'status' ? ` (${codes.join(', ')})` : ''}`),
    ),
    '',
    columns([
      ['REAL SERVER', 'ANSWERS', 'SHARE'],
      ...report.servers.map(({ server, answers, share }) => [
        server === '?' ? 'not named' : server,
        String(answers),
        `${(share * 100).toFixed(1)}%`,
      ]),
    ]),
  ].join('\n');
}

/** The answers of each real server in a second, over the time. */
export function loadChart(report: LoadReport): LineChart {
  const { perSecond, servers } = report;
  const width = Math.ceil(perSecond.length / MOST_POINTS);
  const starts = perSecond.flatMap((_, second) => (second % width === 0 ? [second] : []));
  return {
    title: `Load on ${report.service}: ${report.rate.toFixed(0)} requests/s`,
    xLabel: 'seconds',
    yLabel: 'answers in a second',
    x: starts.map((start) => Math.min(start + width, perSecond.length)),
    series: servers.map(({ server }) => ({
      name: server === '?' ? 'not named' : server,
      values: starts.map((start) => {
        const part = perSecond.slice(start, start + width);
        return part.reduce((sum, second) => sum + (second[server] ?? 0), 0) / part.length;
      }),
    })),
  };
}
