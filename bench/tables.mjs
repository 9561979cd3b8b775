// PURE: what a run has found, as Markdown and as charts.

/** A value with as many digits as say something. */
export function figure(value, unit) {
  if (unit === 's') {
    if (value < 0.1) return `${value.toFixed(3)} s`;
    return `${value.toFixed(value < 10 ? 2 : 1)} s`;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit === '1/s' ? 'a second' : unit}`.trimEnd();
}

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const line = (...cells) => `| ${cells.map(cell).join(' | ')} |`;
const table = (head, rows) => [line(...head), line(...head.map(() => '---')), ...rows].join('\n');

/** What else ran, for people: programs and their share of one processor. */
export function busyText({ load, busy }) {
  const programs = busy.map(({ name, percent }) => `${name} ${percent} %`).join(', ');
  return `load average ${load.join(', ')}; ${programs === '' ? 'nothing else was busy' : `busy: ${programs}`}`;
}

function raceTable({ title, rows }) {
  const timed = rows.some((row) => row.processor !== undefined);
  const body = rows.map((row) => {
    const name = row.role === 'tool' ? `**${row.name}**` : row.name;
    const what = row.figure === undefined ? name : `${name}: ${row.figure}`;
    if (row.median === undefined)
      return line(
        what,
        row.role,
        row.failed === undefined ? 'not measured' : 'FAILED',
        '',
        ...(timed ? [''] : []),
      );
    const between = `${figure(row.least, row.unit)} – ${figure(row.most, row.unit)}`;
    const processor = row.processor === undefined ? '' : figure(row.processor, 's');
    return line(what, row.role, figure(row.median, row.unit), between, ...(timed ? [processor] : []));
  });
  // Beneath it: a reason makes a column as wide as itself.
  const reasons = rows
    .filter((row) => row.median === undefined)
    .map((row) => `- ${row.name}: ${row.failed === undefined ? row.lacks : `FAILED: ${row.failed}`}`);
  const figures = table(['', '', 'median', 'least – most', ...(timed ? ['processor'] : [])], body);
  return [`**${title}**`, figures, ...(reasons.length === 0 ? [] : [reasons.join('\n')])].join('\n\n');
}

/**
 * The whole of a run.
 * @param measures the modules, by name
 * @param charts names of measures of which there is a chart beside the file
 */
export function report(run, measures, charts) {
  const { machine } = run;
  const ran = run.measures.filter(({ name }) => measures[name] !== undefined);
  return `# Measurements

Each measure has the tool beside its floor (what nobody can go below) and its peers, in the same run, round after round;
medians of ${run.rounds}, with the least and the most. "Processor" is the processor time of the programs that were started and
waited for, where that can be told. What failed is said, and counts nowhere. What \`lab load\` spends on a connection, and what
was tried to make it less: [Where a connection's time goes](load-profile.md). Written, and to be written again, by

\`\`\`
${run.command}
\`\`\`

${table(
  ['', ''],
  [
    line('date', run.date),
    line(
      'tool',
      [machine.version, machine.commit, machine.changed ? 'with changes' : undefined]
        .filter(Boolean)
        .join(', '),
    ),
    line('processor', `${machine.processors} × ${machine.processor}`),
    line('memory', machine.memory),
    line('kernel', machine.kernel),
    line('kernels of labs', machine.kernels.join(', ')),
    line('Node.js', machine.node),
    line('at the start', busyText(run.start)),
    line('at the end', busyText(run.end)),
  ],
)}

${ran.map((one) => section(one, measures[one.name], charts.includes(one.name))).join('\n\n')}
`;
}

function section({ name, races, before, failed }, { title, about, chart }, isDrawn) {
  const drawn = isDrawn && chart !== undefined ? [`![${chart.title}](${name}.svg)`] : [];
  const broken = failed === undefined ? [] : [`FAILED: ${failed}`];
  const others = before.busy.length === 0 ? [] : [`Before it began: ${busyText(before)}.`];
  return [
    `## ${title}`,
    `\`${name}\`. ${about}`,
    ...others,
    ...broken,
    ...races.map(raceTable),
    ...drawn,
  ].join('\n\n');
}

/** A row of a measure; undefined where it has no value. */
export function find(races, { race = '', name, figure: wanted }) {
  return races
    .filter(({ title }) => title.startsWith(race))
    .flatMap(({ rows }) => rows)
    .find((row) => row.median !== undefined && row.name.startsWith(name) && row.figure === wanted);
}

/** What a measure's chart is drawn from; undefined where it has none, or no value for it. */
export function chartOf({ races }, { chart }) {
  if (chart === undefined) return undefined;
  const series = chart.series.map(({ name, row, value = (median) => median }) => ({
    name,
    values: chart.x.map((count) => {
      const [contestant, wanted] = row(count);
      const found = find(races, { name: contestant, figure: wanted });
      return found === undefined ? NaN : value(found.median, count);
    }),
  }));
  if (!series.some(({ values }) => values.some(Number.isFinite))) return undefined;
  return { title: chart.title, xLabel: chart.xLabel, yLabel: chart.yLabel, x: chart.x, series };
}

/** The few rows that the README of the project has. */
export function summary(run, measures) {
  const rows = run.measures.flatMap(({ name, races }) =>
    (measures[name]?.summary ?? []).flatMap(({ what, of, beside }) => {
      const own = find(races, of);
      if (own === undefined) return [];
      const others = beside.flatMap(([label, which]) => {
        const other = find(races, which);
        return other === undefined ? [] : [`${label} ${figure(other.median, other.unit)}`];
      });
      return [line(what, figure(own.median, own.unit), others.join('; '))];
    }),
  );
  const { machine } = run;
  return `${table(['', 'median', 'beside it, in the same run'], rows)}

From the run of ${run.date.slice(0, 10)} on ${machine.processors} × ${machine.processor} (${busyText(run.start)}); all of it is in
[bench/README.md](bench/README.md).`;
}

const [BEGIN, END] = ['<!-- figures of bench/run.mjs -->', '<!-- end of figures -->'];

/**
 * Puts the few rows into a document, where it has the marks for them.
 * @throws Error where it has none
 */
export function withSummary(document, rows) {
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (from < 0 || to < from)
    throw new Error(`there are no lines ${BEGIN} and ${END} in it to put the figures between`);
  return `${document.slice(0, from + BEGIN.length)}\n\n${rows}\n\n${document.slice(to)}`;
}
