import { Option, type Command } from 'commander';
import { EXIT, LabError } from '../errors.ts';
import { DIFFICULTIES, LANGUAGES, type Difficulty, type Language } from '../exercises/types.ts';
import { languageOf } from '../exercises/words.ts';
import { wholeNumber } from './numbers.ts';
import { aside, json, jsonOption, out, writeText, type Common, type Finish } from './output.ts';

/** Break and fix: exercises, and what is printed for a lesson. */
export function addExerciseCommands(program: Command, finish: Finish): void {
  program
    .command('break')
    .summary('begin an exercise: something breaks, and you are told only what users complain of')
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .argument('[fault]', 'a fault by its name, or a YAML file of your own')
    .option('--list', 'list the faults that fit the lab', false)
    .option('--random', 'let the lot decide', false)
    .option('--seed <number>', 'for the same lot again', seed)
    .addOption(new Option('--difficulty <difficulty>', 'of the lot').choices(DIFFICULTIES))
    .addOption(languageOption())
    .addOption(jsonOption())
    .action(async (name: string | undefined, fault: string | undefined, options: BreakFlags) => {
      const [commands, { readFault, exerciseNotes }, { findLab }, report] = await Promise.all([
        import('../commands/break.ts'),
        import('../files/exercise-file.ts'),
        import('../lifecycle/existing.ts'),
        import('../report/exercise.ts'),
      ]);
      const language = options.lang ?? localLanguage();
      const lab = await findLab(name);
      if (options.list) {
        const faults = commands.faultsFor(lab);
        if (options.json === true)
          json('faults', {
            lab: lab.record.name,
            faults: faults.map((f) => ({ id: f.id, difficulty: f.difficulty, ...f.texts[language] })),
          });
        else if (faults.length === 0) aside(`no fault fits lab ${lab.record.name}`);
        else out(report.faultTable(faults, language));
        return;
      }
      if (fault === undefined && !options.random && options.difficulty === undefined)
        throw new LabError(EXIT.badInput, 'which fault?', {
          fix: `lab break ${lab.record.name} --random, or one of lab break ${lab.record.name} --list`,
        });
      if (fault !== undefined) aside(exerciseNotes(fault));
      const exercise = await commands.startExercise(lab, {
        fault: fault === undefined ? undefined : readFault(fault, lab.record.plan),
        difficulty: options.difficulty,
        seed: options.seed ?? Math.floor(Math.random() * 1_000_000),
        language,
      });
      if (options.json === true)
        json('break', { lab: lab.record.name, ...report.exerciseJson(exercise, Date.now()) });
      else out(report.beginningText(exercise, lab.record.name));
    });

  program
    .command('story')
    .summary('what users complain of in the exercise that is on, once more')
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .addOption(languageOption())
    .addOption(jsonOption())
    .action(async (name: string | undefined, options: ExerciseFlags) => {
      const [{ exerciseOn }, { findLab }, report] = await Promise.all([
        import('../commands/exercise.ts'),
        import('../lifecycle/existing.ts'),
        import('../report/exercise.ts'),
      ]);
      const lab = (await findLab(name)).record.name;
      const exercise = exerciseOn(lab, options.lang);
      if (options.json === true) json('story', { lab, ...report.exerciseJson(exercise, Date.now()) });
      else out(report.storyText(exercise, lab));
    });

  program
    .command('hint')
    .summary('the next hint of the exercise; each costs points')
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .addOption(languageOption())
    .addOption(jsonOption())
    .action(async (name: string | undefined, options: ExerciseFlags) => {
      const [{ nextHint }, { findLab }, { hintText }] = await Promise.all([
        import('../commands/exercise.ts'),
        import('../lifecycle/existing.ts'),
        import('../report/exercise.ts'),
      ]);
      const lab = await findLab(name);
      const { exercise, number, text } = await nextHint(lab, options.lang);
      if (options.json === true)
        json('hint', { lab: lab.record.name, exercise: exercise.number, number, text });
      else out(hintText(exercise, number, text));
    });

  program
    .command('check')
    .summary('is it fixed? What is right, and what is still wrong')
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .addOption(languageOption())
    .addOption(jsonOption())
    .action(async (name: string | undefined, options: ExerciseFlags) => {
      const [{ checkExercise }, { findLab }, { checkText, exerciseJson }] = await Promise.all([
        import('../commands/exercise.ts'),
        import('../lifecycle/existing.ts'),
        import('../report/exercise.ts'),
      ]);
      const report = await checkExercise(await findLab(name), options.lang);
      const { lab, exercise, fixed, findings, rows, score } = report;
      if (options.json === true)
        json('check', {
          lab,
          fixed,
          score,
          // What the tool itself found would say too much while it is still searched for.
          findings: findings.map(({ id, outcome, text, subject, detail, evidence }) => ({
            id,
            outcome,
            text: text[exercise.language],
            subject,
            ...(fixed ? { detail, evidence } : {}),
          })),
          // As they are printed and counted.
          rows: rows.map(({ outcome, text, subject }) => ({
            outcome,
            text: text[exercise.language],
            subject,
          })),
          exercise: exerciseJson(exercise, Date.now()),
        });
      else out(checkText(report));
      if (!fixed)
        finish(findings.some(({ outcome }) => outcome === 'fail') ? EXIT.testFailed : EXIT.testUnknown);
    });

  program
    .command('solve')
    .summary('what was broken, and a way to fix it; ends the exercise without points')
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .option('--fix', 'carry the fix out as well', false)
    .addOption(new Option('--mend', 'the name of --fix until 0.1').default(false).hideHelp())
    .addOption(languageOption())
    .addOption(jsonOption())
    .action(async (name: string | undefined, options: ExerciseFlags & { fix: boolean; mend: boolean }) => {
      const [{ solveExercise }, { findLab }, { solutionText, exerciseJson }] = await Promise.all([
        import('../commands/exercise.ts'),
        import('../lifecycle/existing.ts'),
        import('../report/exercise.ts'),
      ]);
      const lab = await findLab(name);
      if (options.mend) aside('--mend is now called --fix; the next version does not know it any more');
      const { exercise, fix } = await solveExercise(lab, options.fix || options.mend, options.lang);
      if (options.json === true)
        json('solve', { lab: lab.record.name, ...exerciseJson(exercise, Date.now()), fix });
      else out(solutionText(exercise, fix));
    });

  program
    .command('report')
    .summary("what was done in a lab's exercises: time, hints, tries, points")
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .option('--html <file>', 'write a page that prints well')
    .addOption(languageOption())
    .addOption(jsonOption())
    .action(async (name: string | undefined, options: ExerciseFlags & { html?: string }) => {
      const [{ findLab }, { exercisesOf }, { exercisesPage, exerciseJson }, { pageHtml, pageMarkdown }] =
        await Promise.all([
          import('../lifecycle/existing.ts'),
          import('../records/exercise.ts'),
          import('../report/exercise.ts'),
          import('../report/document.ts'),
        ]);
      const lab = (await findLab(name)).record.name;
      const exercises = exercisesOf(lab);
      const now = Date.now();
      const page = exercisesPage(lab, exercises, options.lang ?? localLanguage(), now);
      if (options.html !== undefined) await writeText(options.html, pageHtml(page), options);
      if (options.json === true)
        json('report', { lab, exercises: exercises.map((e) => exerciseJson(e, now)) });
      else if (options.html === undefined) out(pageMarkdown(page));
    });

  addHandoutCommand(program);
}

function addHandoutCommand(program: Command): void {
  program
    .command('handout')
    .summary('a page for students: picture, addresses, commands explained, questions, exercises')
    .argument('<topology>', 'name of a shipped topology, or a YAML file')
    .option('--solution', 'with the answers, for the trainer', false)
    .option('--html <file>', 'write a page that prints well on A4')
    .option('--markdown', 'print it as Markdown (the default)', false)
    .addOption(languageOption())
    .action(async (topology: string, options: HandoutFlags) => {
      const [{ readPlan }, { handout }, { pageHtml, pageMarkdown }] = await Promise.all([
        import('../files/topology-file.ts'),
        import('../report/handout.ts'),
        import('../report/document.ts'),
      ]);
      const page = handout(readPlan(topology), topology, options.lang ?? localLanguage(), options.solution);
      if (options.html !== undefined) await writeText(options.html, pageHtml(page), {});
      if (options.html === undefined || options.markdown) out(pageMarkdown(page));
    });
}

interface HandoutFlags {
  solution: boolean;
  html?: string;
  markdown: boolean;
  lang?: Language;
}

type ExerciseFlags = Common & { lang?: Language };
type BreakFlags = ExerciseFlags & {
  list: boolean;
  random: boolean;
  seed?: number;
  difficulty?: Difficulty;
};

export const languageOption = () =>
  new Option('--lang <language>', "the exercise's language (default: the locale's)").choices(LANGUAGES);

/** The language of whoever calls. */
export function localLanguage(): Language {
  return languageOf(
    [process.env['LC_ALL'], process.env['LC_MESSAGES'], process.env['LANG']].find(
      (value) => value !== undefined && value !== '',
    ),
  );
}

/** Reads what `--seed` says. */
export const seed = wholeNumber(0, 999_999_999);
