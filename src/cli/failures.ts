import { Argument, Option, type Command } from 'commander';
import { EXIT, LabError } from '../errors.ts';
import { interruptSignal, leaveByInterrupt } from '../host/interrupt.ts';
import type { TimelineEvent } from '../timeline/journal.ts';
import type { TimelineReport } from '../commands/timeline.ts';
import { FAILURES, type FailureKind } from '../plan/failures.ts';
import { aside, json, jsonOption, out, type Common } from './output.ts';
import { secondsArgument, wholeNumber } from './numbers.ts';
import { untilUnread } from '../terminal/standard-output.ts';

/** Making parts of a lab fail, and seeing what becomes of it. */
export function addFailureCommands(program: Command): void {
  program
    .command('fail')
    .summary('make a node, a daemon or an interface fail')
    .description(
      'A node fails as by a power cut; a daemon is killed, frozen or (the web server) answers wrongly; an interface goes down.',
    )
    .argument('<node>', 'NODE, or LAB/NODE where several labs are up')
    .argument('[what]', 'a daemon of it (web, …) or an interface (default: the whole node)')
    .addArgument(new Argument('[how]', 'as --how').choices(FAILURES))
    .addOption(new Option('--how <way>', 'how a daemon fails (default: kill)').choices(FAILURES))
    .addOption(jsonOption())
    .action(
      async (node: string, what: string | undefined, word: FailureKind | undefined, options: FailFlags) => {
        const how = wayOf(word, options.how);
        const [{ fail }, { failureText, placeText }] = await Promise.all([
          import('../lifecycle/fail.ts'),
          import('../records/failures.ts'),
        ]);
        const { lab, failed } = await fail(node, what, how);
        if (options.json === true) json('fail', { lab, ...failed });
        else out(`${failureText(failed)}; lab heal ${placeText({ node, what })} fixes it`);
      },
    );

  program
    .command('heal')
    .summary('undo what fail did')
    .argument('[node]', 'NODE, or LAB/NODE; or a LAB (default: all that has failed in the only lab)')
    .argument('[what]', 'only this daemon or interface')
    .addOption(jsonOption())
    .action(async (reference: string | undefined, what: string | undefined, options: Common) => {
      const [{ heal }, { placeText }, { forfeit }] = await Promise.all([
        import('../lifecycle/fail.ts'),
        import('../records/failures.ts'),
        import('../records/exercise.ts'),
      ]);
      const { lab, healed } = await heal(reference, what);
      // A node that is healed gets every step of its plan again.
      if (healed.some((action) => action.what === undefined)) aside(await forfeit(lab));
      if (options.json === true) json('heal', { lab, healed });
      else if (healed.length === 0) out(`nothing has failed in lab ${lab}`);
      else out(healed.map((action) => `${placeText(action)}: healed`).join('\n'));
    });

  program
    .command('timeline')
    .summary(
      'ask every web service all the time, and say what happens: to clients, tables, daemons, addresses',
    )
    .description(
      'Lets a client of each web service ask again and again, and prints what happens until Ctrl-C, --for or ten seconds after the last --do.',
    )
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .option('--for <seconds>', 'how long', secondsArgument(1, 86_400))
    .option(
      '--do <step>',
      'something to do meanwhile, such as "3s fail rs1 web", "12s heal"; may be given again and again',
      (step: string, steps: string[]) => [...steps, step],
      [],
    )
    .option('--logs', 'every line that daemons log, not only what they decide', false)
    .option('--interval <ms>', 'from request to request', wholeNumber(20, 60_000), 100)
    .option('--patience <ms>', 'after which a client gives a request up', wholeNumber(20, 60_000), 1000)
    .addOption(jsonOption())
    .action(async (name: string | undefined, options: TimelineFlags) => {
      const [
        { timeline, assertVisible },
        { parseStep },
        { findLab },
        { eventLine, isNews, timelineSummary },
        { whileInOrder },
      ] = await Promise.all([
        import('../commands/timeline.ts'),
        import('../timeline/scenario.ts'),
        import('../lifecycle/existing.ts'),
        import('../report/timeline.ts'),
        import('../report/in-order.ts'),
      ]);
      const steps = options.do.map(parseStep);
      const lab = await findLab(name);
      assertVisible(lab);
      leaveByInterrupt();
      // That a request failed is known when it is given up, and told of the moment when it was sent.
      const report = await whileInOrder<TimelineEvent & { from: number }, TimelineReport>(
        options.patience + LATE,
        (event) => {
          out(eventLine(event, event.from));
        },
        (print) =>
          timeline(lab, {
            steps,
            seconds:
              options.for ?? (steps.length === 0 ? undefined : Math.max(...steps.map(({ at }) => at)) + 10),
            interval: options.interval,
            patience: options.patience,
            // What is to be done is done, whoever reads.
            signal: options.for === undefined && steps.length === 0 ? untilUnread : interruptSignal,
            onEvent: (event, from) => {
              if (options.json !== true && (options.logs || isNews(event))) print({ ...event, from });
            },
          }),
      );
      if (options.json === true) json('timeline', report);
      else out(`\n${timelineSummary(report)}`);
    });
}

/**
 * In which way something fails, by the third word or by --how.
 * @throws LabError badInput where they contradict each other
 */
export function wayOf(word: FailureKind | undefined, option: FailureKind | undefined): FailureKind {
  if (word !== undefined && option !== undefined && option !== word)
    throw new LabError(EXIT.badInput, `by ${word} or by --how ${option}?`, { fix: 'say it once' });
  return option ?? word ?? 'kill';
}

/** Milliseconds that what happens on a node may take until it is known here. */
const LATE = 300;

type TimelineFlags = Common & {
  for?: number;
  do: string[];
  logs: boolean;
  interval: number;
  patience: number;
};

type FailFlags = Common & { how?: FailureKind };
