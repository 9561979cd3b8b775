import type { Check } from '../proof/check.ts';
import { shortened } from '../proof/shortened.ts';
import type { Diagnosis } from '../place/diagnosis.ts';
import type { LineChart } from './diagram/chart.ts';
import type { ModeFigures } from '../commands/compare.ts';
import { failureText } from '../records/failures.ts';
import { serviceName } from '../plan/service-name.ts';
import type { Trace } from '../commands/trace.ts';
import type { UpResult } from '../commands/up.ts';
import type { ListedLab, StatusReport } from '../commands/status.ts';

import { columns, MARK } from '../terminal/columns.ts';
import { differenceLines, healthLines, linkLines } from './differences.ts';
import { clusterLine, directorLines } from './directors.ts';
import { paint } from '../terminal/paint.ts';
import { visibleLine } from '../terminal/visible.ts';
import { counted } from '../topology/counted.ts';

/** Lines of evidence under a check that is not green. */
const MOST_LINES = 8;
const MORE = 'more lines (all of them: --json)';

/** A row for each check, with its evidence under what is not green. */
export function checkTable(checks: Check[]): string {
  const rows = checks.map((check) => ({ ...check, title: visibleLine(check.title) }));
  const width = Math.max(...rows.map(({ title }) => title.length), 16);
  return rows
    .map(({ outcome, title, detail, evidence }) => {
      const row = `${MARK[outcome]} ${title.padEnd(width)}  ${visibleLine(detail)}`;
      return outcome === 'pass'
        ? row
        : [
            row,
            ...shortened(evidence, MOST_LINES, MORE).map((text) => `    ${paint.dim(visibleLine(text))}`),
          ].join('\n');
    })
    .join('\n');
}

/** What is said of a lab that `up` has built and that does not answer: what a test finds broken, and what to do next. */
export function notAnsweringText(
  { name, shell }: Pick<UpResult, 'name' | 'shell'>,
  { why, checks }: NonNullable<UpResult['notAnswering']>,
): string {
  const failing = checks.filter(({ outcome }) => outcome !== 'pass');
  return [
    `${MARK.fail} lab ${name}: ${stateText('not-answering')}: ${visibleLine(why)}`,
    checkTable(failing),
    `  next: ./lab trace ${name} · ./lab status ${name} · ./lab shell ${shell}; once it is fixed: ./lab test ${name} · or ./lab down ${name}`,
  ].join('\n');
}

/** The state of a lab as people read it. */
export function stateText(state: ListedLab['state']): string {
  return state === 'not-answering' ? 'up, not answering' : state;
}

/** A walk hop by hop, with what changed in colour, then the promises that it shows kept or broken. */
export function traceText(trace: Trace): string {
  const { service, answered, fallback, health, lines, verdicts, kept } = trace;
  const what = service.protocol === 'tcp' ? 'connection' : 'datagram';
  return [
    `one ${what} to ${serviceName(service)}: ${answered === undefined ? 'no answer' : `answered by ${visibleLine(answered)}`}${fallback ? ', the fallback' : ''}`,
    ...health.map((text) => paint.red(visibleLine(text))),
    '',
    ...(lines.length === 0
      ? ['no packet of it was captured']
      : lines.map((line) => colourChanges(visibleLine(line.text)))),
    '',
    ...verdicts.map(
      ({ outcome, claim, why }) => `${MARK[outcome]} ${claim.promise}\n    ${paint.dim(visibleLine(why))}`,
    ),
    ...(kept.length === 0 ? [] : ['', `captures: ${kept.join(' ')}`]),
  ].join('\n');
}

/** The star behind what changed stays, for pipes and for eyes that do not tell colours apart. */
function colourChanges(text: string): string {
  return text.replaceAll(/\S+\*/g, (word) => paint.yellow(word));
}

/** The director's share of the traffic as real servers are added, for a chart. */
export function shareChart(figures: ModeFigures[]): LineChart {
  return {
    title: 'What the director carries',
    xLabel: 'real servers',
    yLabel: "director's MB, each server delivering 0.5 MB",
    x: figures[0]?.measured.map((m) => m.servers) ?? [],
    series: figures.map((f) => ({
      name: methodName(f),
      values: f.measured.map((m) => m.throughDirector / 1024 / 1024),
    })),
  };
}

/** `DR`, `DR IPv6`. */
function methodName({ mode, family }: ModeFigures): string {
  return `${mode.toUpperCase()}${family === 6 ? ' IPv6' : ''}`;
}

/** The modes side by side: what each demands, and what the director carries as real servers are added. */
export function compareText(figures: ModeFigures[]): string {
  const share = (m: ModeFigures['measured'][number]) => (m.throughDirector / m.delivered).toFixed(2);
  const row = (label: string, cell: (f: ModeFigures) => string) => [label, ...figures.map(cell)];
  const counts = figures[0]?.measured.map((m) => m.servers) ?? [];
  return columns([
    row('', methodName),
    row('connections for a request', (f) => String(f.request.connections)),
    row('source at the real server', (f) => f.request.source),
    row('destination there', (f) => f.request.destination),
    row('TTL there', (f) => String(f.request.ttl)),
    row('X-Forwarded-For there', (f) => f.request.forwardedFor ?? 'none'),
    row('replies pass the director', (f) => (f.repliesPassDirector ? 'yes' : 'no')),
    row('bytes added to a packet', (f) => String(f.overhead)),
    row('a real server needs', (f) => f.serverNeeds),
    row("a real server's gateway", (f) => f.serverGateway),
    ...counts.map((servers, index) =>
      row(`director's bytes for each delivered, ${counted(servers, 'server')}`, (f) => {
        const measured = f.measured[index];
        return measured === undefined ? '' : share(measured);
      }),
    ),
  ]);
}

export function labTable(labs: ListedLab[]): string {
  if (labs.length === 0) return 'no lab is up';
  const table = columns([
    ['LAB', 'STATE', 'NODES', 'MACHINE', 'RUNTIME', 'TOPOLOGY'],
    ...labs.map((lab) => [
      lab.name,
      stateText(lab.state),
      String(lab.nodes),
      lab.machine,
      lab.runtime,
      lab.topology,
    ]),
  ]);
  const notes = labs.flatMap(({ name, state, why }) =>
    why === undefined
      ? []
      : [
          state === 'unreadable'
            ? `${why}; take it down: lab down ${name}`
            : `${name}: ${visibleLine(why)}; what is broken: lab test ${name}`,
        ],
  );
  return [table, ...notes].join('\n');
}

/** Which kernel an embedded machine has; nothing of another. */
function kernelText({ kernel }: StatusReport): string {
  if (kernel === undefined) return '';
  return ` (${kernel.kind === 'lab' ? 'made for labs' : 'Debian’s'}: ${kernel.release})`;
}

export function statusText(report: StatusReport): string {
  const rows = report.nodeStates.map((node) => [
    node.name,
    node.role,
    node.state,
    node.addresses.join(' '),
    node.daemons.map((daemon) => `${daemon.name} ${daemon.running ? 'up' : 'DOWN'}`).join(' '),
  ]);
  return [
    `lab ${report.name}: ${stateText(report.state)} on the ${report.machine} machine${kernelText(report)}, from ${report.topology}`,
    ...(report.why === undefined
      ? []
      : [`at the first requests ${visibleLine(report.why)}; what is broken: lab test ${report.name}`]),
    '',
    columns([['NODE', 'ROLE', 'STATE', 'ADDRESSES', 'DAEMONS'], ...rows]),
    ...report.directors.flatMap(directorLines),
    ...(report.clusters.length === 0 ? [] : ['', ...report.clusters.map(clusterLine)]),
    '',
    ...report.failures.map((failure) => `failed on purpose: ${failureText(failure)}`),
    ...linkLines(report),
    ...healthLines(report),
    ...differenceLines(report),
  ].join('\n');
}

export function doctorText({ findings, ready }: Diagnosis): string {
  const mark = { ok: MARK.pass, missing: MARK.unknown, unknown: MARK.unknown, cannot: paint.dim('–') };
  const width = Math.max(...findings.map((finding) => finding.title.length));
  return [
    ...findings.map((finding) => {
      const row = `${mark[finding.state]} ${finding.title.padEnd(width)}  ${visibleLine(finding.detail)}`;
      return finding.fix === undefined
        ? row
        : `${row}\n  ${' '.repeat(width)}  ${paint.dim(`fix: ${finding.fix}`)}`;
    }),
    '',
    ready === null
      ? 'whether labs run here is not known yet: lab up nat finds out; so does lab doctor after lab image build'
      : ready
        ? 'labs run here: lab up nat'
        : 'no lab with virtual services can run here',
  ].join('\n');
}
