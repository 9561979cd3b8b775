import type { Command } from 'commander';
import { MOST_SEATS } from '../class/roster.ts';
import type { ClassUpResult } from '../commands/class/up.ts';
import { EXIT, LabError } from '../errors.ts';
import type { KernelKind } from '../machine/embedded/kernel-kinds.ts';
import { addClassBoard } from './class-board.ts';
import { addClassGateway } from './class-gateway.ts';
import { addClassWork } from './class-work.ts';
import { kernelOption } from './lifecycle.ts';
import { wholeNumber } from './numbers.ts';
import { json, jsonOption, out, progressFor, type Common, type Finish } from './output.ts';

/** The classroom: a lab for each student. */
export function addClassCommands(program: Command, finish: Finish): void {
  const group = program
    .command('class')
    .summary('a lab for each student of a class, all at once')
    .description('The classroom: as many labs as there are students, each on a machine of its own.');

  group
    .command('up')
    .summary('bring a class up; again: what is missing of it')
    .argument('<topology>', 'name of a shipped topology, or a YAML file')
    .option('--students <number>', 'so many seats: s01, s02 …', count)
    .option('--roster <file>', 'a seat for each name: one a line, or CSV with a header')
    .option('--name <name>', "name of the class (default: the topology's)")
    .addOption(kernelOption())
    .option('--jobs <number>', 'starts at once (default: as many as this machine can take)', count)
    .addOption(jsonOption())
    .action(async (topology: string, options: UpOptions) => {
      const [{ classUp }, { wantedSeats }] = await Promise.all([
        import('../commands/class/up.ts'),
        import('../commands/class/roster-file.ts'),
      ]);
      const { name, jobs, kernel, students, roster } = options;
      const seats = wantedSeats(students, roster);
      await bringUp(classUp({ topology, name, jobs, kernel, seats }, progressFor(options)), options);
    });

  const bringUp = async (work: Promise<ClassUpResult>, options: Common): Promise<void> => {
    const result = await work;
    const { classUpText } = await import('../report/class.ts');
    if (options.json === true) json('class-up', result);
    else out(classUpText(result));
    if (result.seats.some(({ state }) => state === 'failed')) finish(EXIT.labFailed);
  };

  group
    .command('list')
    .summary('the classes that are up, and their seats')
    .addOption(jsonOption())
    .action(async (options: Common) => {
      const [{ listClasses }, { classTable }] = await Promise.all([
        import('../commands/class/seats.ts'),
        import('../report/class.ts'),
      ]);
      const classes = await listClasses();
      if (options.json === true) json('class-list', { classes });
      else out(classTable(classes));
    });

  group
    .command('add')
    .summary('one more seat, or one for each name')
    .argument('[name...]', 'names of students (default: the next number)')
    .option('--class <class>', 'the class (default: the only one that is up)')
    .addOption(jsonOption())
    .action(async (names: string[], options: ClassOptions) => {
      const [{ classUp }, { addedSeats }, { findClass }] = await Promise.all([
        import('../commands/class/up.ts'),
        import('../commands/class/seats.ts'),
        import('../records/class.ts'),
      ]);
      const record = findClass(options.class);
      const { topology, name } = record;
      const seats = addedSeats(record, names);
      await bringUp(classUp({ topology, name, jobs: undefined, seats }, progressFor(options)), options);
    });

  group
    .command('remove')
    .summary('take seats away, their labs with them')
    .argument('<seat...>', 'seats, or names of students')
    .option('--class <class>', 'the class (default: the only one that is up)')
    .addOption(jsonOption())
    .action(async (seats: string[], options: ClassOptions) => {
      const [{ removeSeats }, { findClass }] = await Promise.all([
        import('../commands/class/seats.ts'),
        import('../records/class.ts'),
      ]);
      const labs = await removeSeats(findClass(options.class).name, seats, progressFor(options));
      if (options.json === true) json('class-remove', { labs });
    });

  group
    .command('reset')
    .summary('put labs back to what the plan says; gives up exercises that are on')
    .argument('[seat...]', 'seats, or names of students')
    .option('--all', 'every seat', false)
    .option('--class <class>', 'the class (default: the only one that is up)')
    .addOption(jsonOption())
    .action(async (names: string[], options: ClassOptions & { all: boolean }) => {
      const [{ resetSeats }, { findClass, findSeats }, { resetLine }] = await Promise.all([
        import('../commands/class/seats.ts'),
        import('../records/class.ts'),
        import('../report/class.ts'),
      ]);
      if (names.length === 0 && !options.all)
        throw new LabError(EXIT.badInput, 'which seats?', { fix: 'name them, or say --all' });
      const record = findClass(options.class);
      const results = await resetSeats(record, findSeats(record, names), (result) => {
        if (options.json !== true) out(resetLine(result));
      });
      if (options.json === true) json('class-reset', { class: record.name, seats: results });
      if (results.some(({ left }) => left.length > 0)) finish(EXIT.labFailed);
    });

  addClassWork(group, finish);
  addClassBoard(group);
  addClassGateway(group);

  group
    .command('down')
    .summary('take a class down and leave nothing behind')
    .argument('[class]', 'the class (default: the only one that is up)')
    .addOption(jsonOption())
    .action(async (name: string | undefined, options: Common) => {
      const [{ classDown }, { findClass, classNames }] = await Promise.all([
        import('../commands/class/seats.ts'),
        import('../records/class.ts'),
      ]);
      const progress = progressFor(options);
      if (name === undefined && classNames().length === 0) progress.note('no class is up');
      const labs =
        name === undefined && classNames().length === 0
          ? []
          : await classDown(name ?? onlyClass(classNames()) ?? findClass(undefined).name, progress);
      if (options.json === true) json('class-down', { labs });
    });
}

/** One that was killed before it had written its record has none to be found by. */
function onlyClass(names: string[]): string | undefined {
  return names.length === 1 ? names[0] : undefined;
}

interface ClassOptions extends Common {
  class?: string;
}

interface UpOptions extends Common {
  students?: number;
  roster?: string;
  name?: string;
  jobs?: number;
  kernel?: KernelKind;
}

const count = wholeNumber(1, MOST_SEATS);
