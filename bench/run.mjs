// Measures what the tool costs, beside floors and peers in the same run; bench/README.md has the figures of the last one.
import { accessSync, constants, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { lookAround } from './kernels.mjs';
import { machineFacts, othersNow } from './machine.mjs';
import { MEASURES } from './measures/index.mjs';
import { failed, part, say } from './ruler.mjs';
import { chartOf, report, summary, withSummary } from './tables.mjs';
import { openWorkplace } from './workplace.mjs';

const USAGE = `usage: node bench/run.mjs [MEASURE ...] [OPTION ...]

  --list              the measures, with their titles; all but kernel-build are made where none is named
  --rounds N          how often each contestant runs (default: 3)
  --json FILE         every value, the machine and what else ran
  --markdown FILE     tables
  --charts FOLDER     charts, beside the Markdown file so that it shows them
  --summary FILE      the few most telling figures, between the marks for them in FILE
  --from FILE         measure nothing: write the others from such a JSON file

Run as root on a quiet machine; Debian's packages mininet, bridge-utils and docker-compose, a Docker engine, and
lab kernel build add what they are needed for.`;

const SCHEMA = 'lvslab/bench/1';
const root = join(import.meta.dirname, '..');

/** What is asked for; ends with 2 where that makes no sense, before anything is measured. */
function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        ...{
          list: { type: 'boolean' },
          help: { type: 'boolean', short: 'h' },
          rounds: { type: 'string', default: '3' },
        },
        ...{ json: { type: 'string' }, markdown: { type: 'string' }, charts: { type: 'string' } },
        ...{ summary: { type: 'string' }, from: { type: 'string' } },
      },
    });
    const unknown = positionals.filter((name) => !Object.hasOwn(MEASURES, name));
    if (unknown.length > 0)
      throw new Error(
        `there is no measure ${unknown.join(', ')}; there are ${Object.keys(MEASURES).join(', ')}`,
      );
    const rounds = Number(values.rounds);
    if (!Number.isInteger(rounds) || rounds < 1)
      throw new Error(`--rounds ${values.rounds}: it is a whole number from 1 on`);
    for (const file of [values.json, values.markdown].filter((name) => name !== undefined))
      accessSync(dirname(resolve(file)), constants.W_OK);
    if (values.charts !== undefined && !statSync(values.charts).isDirectory())
      throw new Error(`--charts ${values.charts}: it is no folder`);
    if (values.summary !== undefined) withSummary(readFileSync(values.summary, 'utf8'), '');
    const usual = Object.keys(MEASURES).filter((name) => !MEASURES[name].onlyWhenNamed);
    // In their own order, each once.
    const names =
      positionals.length === 0 ? usual : Object.keys(MEASURES).filter((name) => positionals.includes(name));
    return { ...values, names, rounds };
  } catch (error) {
    process.stderr.write(`error: ${error.message}\n\n${USAGE}\n`);
    process.exit(2);
  }
}

/** Makes the measures, and cleans up after each. @returns undefined where it was interrupted */
async function measure({ names, rounds }) {
  const began = performance.now();
  const workplace = await openWorkplace(rounds, (text) => {
    const minutes = ((performance.now() - began) / 60_000).toFixed(1);
    process.stderr.write(`· ${minutes} min  ${text}\n`);
  });
  try {
    await workplace.run([join(root, 'lab'), '--version']);
    const run = {
      ...{ schema: SCHEMA, date: new Date().toISOString(), command: commandLine(), rounds },
      machine: await machineFacts(root),
      start: await othersNow(),
      measures: [],
    };
    const around = await lookAround(workplace);
    run.machine.kernels = around.kernels.map(({ name, release }) => `${name} ${release ?? ''}`.trim());
    for (const name of names) {
      workplace.signal.throwIfAborted();
      const before = await othersNow();
      let broken;
      try {
        await MEASURES[name].measure(workplace, around);
      } catch (error) {
        workplace.signal.throwIfAborted();
        broken = failed(name, error);
      } finally {
        await workplace.clear();
      }
      const races = workplace.takeRaces();
      run.measures.push({ name, before, races, ...(broken === undefined ? {} : { failed: broken }) });
    }
    return {
      ...run,
      minutes: Number(((performance.now() - began) / 60_000).toFixed(1)),
      end: await othersNow(),
    };
  } catch (error) {
    if (!workplace.signal.aborted) throw error;
    say(`\n${workplace.signal.reason.message}; taking down what is there`);
    return undefined;
  } finally {
    await workplace.close();
    // What could not be undone has made another code of it, and the signal is what ended the run.
    if (workplace.exitCode !== undefined) process.exitCode = workplace.exitCode;
  }
}

const commandLine = () => ['node bench/run.mjs', ...process.argv.slice(2)].join(' ');

/** Formatted as every file of the project is. */
const formatted = (text, filepath) =>
  format(text, { filepath, singleQuote: true, printWidth: 110, trailingComma: 'all' });

async function writeAll(run, { json, markdown, charts, summary: readme }) {
  if (json !== undefined) writeFileSync(json, await formatted(JSON.stringify(run), 'run.json'));
  const drawn = [];
  if (charts !== undefined) {
    const workplace = await openWorkplace(1);
    try {
      const { lineChartSvg } = await part(workplace.folder, 'report/diagram/chart');
      for (const one of run.measures) {
        const chart = chartOf(one, MEASURES[one.name]);
        if (chart === undefined) continue;
        writeFileSync(join(charts, `${one.name}.svg`), lineChartSvg(chart));
        drawn.push(one.name);
      }
    } finally {
      await workplace.close();
    }
  }
  if (markdown !== undefined)
    writeFileSync(markdown, await formatted(report(run, MEASURES, drawn), markdown));
  if (readme !== undefined)
    writeFileSync(
      readme,
      await formatted(withSummary(readFileSync(readme, 'utf8'), summary(run, MEASURES)), readme),
    );
}

const asked = readArguments();
if (asked.help) say(USAGE);
else if (asked.list)
  for (const [name, { title }] of Object.entries(MEASURES))
    say(`${name.padEnd(14)} ${title.replaceAll('`', '')}`);
else {
  const run = asked.from === undefined ? await measure(asked) : JSON.parse(readFileSync(asked.from, 'utf8'));
  if (run !== undefined) await writeAll(run, asked);
}
