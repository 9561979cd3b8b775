import { Option, type Command } from 'commander';
import type { SeatDone } from '../commands/class/work.ts';
import type { ClassRecord } from '../records/class.ts';
import type { Seat } from '../class/roster.ts';
import { EXIT, LabError } from '../errors.ts';
import { DIFFICULTIES, type Difficulty, type Language } from '../exercises/types.ts';
import { languageOption, localLanguage, seed } from './exercises.ts';
import { aside, json, jsonOption, out, writeText, type Common, type Finish } from './output.ts';

/** What is done at all seats of a class, or at named ones. */
export function addClassWork(group: Command, finish: Finish): void {
  group
    .command('exec')
    .summary('run a command on the same node of each seat; equal outputs are shown once')
    .argument('<node>', 'the node')
    .argument('<command...>', 'the command, best after --')
    .option('--seats <seats>', 'only these, with commas between them')
    .addOption(classOption())
    .addOption(jsonOption())
    .passThroughOptions()
    .action(async (node: string, command: string[], options: WorkOptions & { seats?: string }) => {
      const [{ execAtSeats }, { groupOutputs }, { groupsText }] = await Promise.all([
        import('../commands/class/work.ts'),
        import('../class/groups.ts'),
        import('../report/class-work.ts'),
      ]);
      const { record, seats } = await chosen(options, options.seats?.split(',') ?? []);
      const argv = command[0] === '--' ? command.slice(1) : command;
      const groups = groupOutputs(await execAtSeats(record, seats, node, argv));
      if (options.json === true) json('class-exec', { class: record.name, node, groups });
      else out(groupsText(groups, seats.length));
      if (groups.some(({ code }) => code !== 0)) finish(EXIT.testFailed);
    });

  seatCommand(group, 'test', 'test the labs of seats').action(
    async (names: string[], options: WorkOptions) => {
      const { testSeats } = await import('../commands/class/work.ts');
      await work('test', 'passed', names, options, testSeats);
    },
  );

  seatCommand(group, 'check', 'are the exercises fixed? What is not is no try of the student’s').action(
    async (names: string[], options: WorkOptions) => {
      const { checkSeats } = await import('../commands/class/work.ts');
      await work('check', 'have fixed it', names, options, checkSeats);
    },
  );

  seatCommand(group, 'break', 'begin an exercise at seats: the same at all, or --each its own')
    .option('--fault <fault>', 'a fault by its name, or a YAML file (default: by lot)')
    .addOption(new Option('--difficulty <difficulty>', 'of the lot').choices(DIFFICULTIES))
    .option('--each', 'every seat draws its own', false)
    .option('--seed <number>', 'for the same lot again', seed)
    .addOption(languageOption())
    .action(async (names: string[], options: BreakOptions) => {
      const [{ breakSeats }, { exerciseNotes }] = await Promise.all([
        import('../commands/class/work.ts'),
        import('../files/exercise-file.ts'),
      ]);
      const { fault, difficulty, each } = options;
      if (fault !== undefined) aside(exerciseNotes(fault));
      const from = options.seed ?? Math.floor(Math.random() * 1_000_000);
      const language = options.lang ?? localLanguage();
      await work('break', 'have an exercise', names, options, (record, seats, onDone) =>
        breakSeats(record, seats, { fault, difficulty, each, seed: from, language }, onDone),
      );
    });

  seatCommand(group, 'report', 'what was done in everybody’s exercises, as Markdown or CSV')
    .option('--csv <file>', 'write it as CSV')
    .option('--markdown <file>', 'write it as Markdown (default: print that)')
    .addOption(languageOption())
    .action(async (names: string[], options: ReportOptions) => {
      const [{ reportSeats }, report, { pageMarkdown }, { exerciseJson }] = await Promise.all([
        import('../commands/class/work.ts'),
        import('../report/class-work.ts'),
        import('../report/document.ts'),
        import('../report/exercise.ts'),
      ]);
      const { record, seats } = await chosen(options, names);
      const reported = reportSeats(record, seats);
      for (const { unreadable } of reported) aside(unreadable);
      const language = options.lang ?? localLanguage();
      const now = Date.now();
      const markdown = () => pageMarkdown(report.classPage(record.name, reported, language, now));
      if (options.csv !== undefined)
        await writeText(options.csv, report.classCsv(reported, language, now), options);
      if (options.markdown !== undefined) await writeText(options.markdown, markdown(), options);
      if (options.json === true)
        json('class-report', {
          class: record.name,
          seats: reported.map((s) => ({ ...s, exercises: s.exercises.map((e) => exerciseJson(e, now)) })),
        });
      else if (options.csv === undefined && options.markdown === undefined) out(markdown());
    });

  type AtSeats = (
    record: ClassRecord,
    seats: readonly Seat[],
    onDone: (done: SeatDone) => void,
  ) => Promise<SeatDone[]>;

  async function work(
    kind: string,
    verb: string,
    names: string[],
    options: WorkOptions,
    run: AtSeats,
  ): Promise<void> {
    const { doneLine, doneSummary } = await import('../report/class-work.ts');
    const { record, seats } = await chosen(options, names);
    const done = await run(record, seats, (each) => {
      if (options.json !== true) out(doneLine(each));
    });
    if (options.json === true) json(`class-${kind}`, { class: record.name, seats: done });
    else out(doneSummary(done, verb));
    if (done.some(({ outcome }) => outcome === 'fail')) finish(EXIT.testFailed);
    else if (done.some(({ outcome }) => outcome === 'unknown')) finish(EXIT.testUnknown);
  }
}

function seatCommand(group: Command, name: string, summary: string): Command {
  return group
    .command(name)
    .summary(summary)
    .argument('[seat...]', 'seats, or names of students (default: all)')
    .addOption(classOption())
    .addOption(jsonOption());
}

const classOption = () => new Option('--class <class>', 'the class (default: the only one that is up)');

async function chosen(
  options: WorkOptions,
  names: readonly string[],
): Promise<{ record: ClassRecord; seats: Seat[] }> {
  const { findClass, findSeats } = await import('../records/class.ts');
  const record = findClass(options.class);
  const seats = findSeats(record, names);
  if (seats.length === 0)
    throw new LabError(EXIT.badInput, `class ${record.name} has no seats`, {
      fix: 'add one: lab class add',
    });
  return { record, seats };
}

interface WorkOptions extends Common {
  class?: string;
}

interface BreakOptions extends WorkOptions {
  fault?: string;
  difficulty?: Difficulty;
  each: boolean;
  seed?: number;
  lang?: Language;
}

interface ReportOptions extends WorkOptions {
  csv?: string;
  markdown?: string;
  lang?: Language;
}
