import type { CheckReport } from '../commands/exercise.ts';
import { fillIn } from '../exercises/bindings.ts';
import { durationOf, scoreOf, type Exercise } from '../exercises/exercise.ts';
import type { ShellStep, Fault, Language } from '../exercises/types.ts';
import { wordsOf } from '../exercises/words.ts';
import type { DocumentBlock, Page } from './document.ts';
import { columns, MARK } from '../terminal/columns.ts';
import { paint } from '../terminal/paint.ts';
import { visibleLine } from '../terminal/visible.ts';

const QUOTED: Record<Language, (text: string) => string> = {
  en: (text) => `“${text}”`,
  de: (text) => `„${text}“`,
};

/** What a student is told when an exercise begins: the complaint, and what may be done; not what was broken. */
export function beginningText(exercise: Exercise, lab: string): string {
  const w = wordsOf(exercise.language);
  return [storyText(exercise, lab), w.tools, paint.dim(w.peeking)].join('\n');
}

/** What users complain of, and what is to be done. */
export function storyText({ number, fault, bindings, language }: Exercise, lab: string): string {
  const w = wordsOf(language);
  return [
    paint.bold(`${w.exercise} ${number} · ${w.lab} ${lab}`),
    '',
    `  ${QUOTED[language](fillIn(fault.texts[language].story, bindings))}`,
    '',
    w.task,
  ].join('\n');
}

export function hintText({ fault, language }: Exercise, number: number, text: string | undefined): string {
  const w = wordsOf(language);
  if (text === undefined) return w.noMoreHints;
  return `${w.hint} ${number} ${w.of} ${fault.texts[language].hints.length}: ${text}`;
}

/** What is right and what is still wrong, in the users' terms; what tells the fault, only once it is fixed or told. */
export function checkText({ exercise, rows, fixed, score }: CheckReport): string {
  const { language, fault, bindings } = exercise;
  const w = wordsOf(language);
  const lines = rows.flatMap(({ outcome, text, subject, details }) => {
    const unclear = outcome === 'unknown' ? ` (${w.unclear})` : '';
    const about = subject === undefined ? '' : `${visibleLine(subject)}: `;
    const row = `${MARK[outcome]} ${about}${text[language]}${unclear}`;
    const short = (detail: string) =>
      subject !== undefined && detail.startsWith(`${subject}: `) ? detail.slice(subject.length + 2) : detail;
    return fixed ? [row, ...details.map((detail) => `    ${paint.dim(visibleLine(short(detail)))}`)] : [row];
  });
  const right = rows.filter(({ outcome }) => outcome === 'pass').length;
  const tally = `${right} ${w.of} ${rows.length} ${w.right}`;
  if (!fixed) return [...lines, '', `${w.notYet} ${tally}.`].join('\n');
  return [
    ...lines,
    '',
    `${paint.green(w.fixed)} ${tally}; ${w.score}: ${score} ${w.points}.`,
    ...symptomLines(exercise),
    `${w.teaches}: ${fillIn(fault.texts[language].teaches, bindings)}`,
  ].join('\n');
}

/** What tells this fault, and what of it a check has seen before it was fixed. */
function symptomLines({ fault, bindings, language, seen }: Exercise): string[] {
  const w = wordsOf(language);
  const { symptom } = fault.texts[language];
  return [
    ...(symptom === undefined ? [] : [`${w.proof}: ${fillIn(symptom, bindings)}`]),
    ...(seen === undefined
      ? []
      : [
          `${w.seen}:`,
          ...[seen.detail, ...seen.packets].map((line) => `    ${paint.dim(visibleLine(line))}`),
        ]),
  ];
}

/** The answer, and a fix. */
export function solutionText(exercise: Exercise, fix: readonly ShellStep[]): string {
  const { fault, bindings, language } = exercise;
  const w = wordsOf(language);
  const { title, answer, teaches } = fault.texts[language];
  return [
    paint.bold(title),
    '',
    `${w.answer}: ${fillIn(answer, bindings)}`,
    ...symptomLines(exercise),
    `${w.teaches}: ${fillIn(teaches, bindings)}`,
    '',
    `${w.fix}:`,
    ...fix.map(({ on, run }) => `  ${on}# ${run}`),
  ].join('\n');
}

/** The faults to choose from, for a trainer. */
export function faultTable(faults: readonly Fault[], language: Language): string {
  return columns(faults.map((f) => [f.id, f.difficulty, f.modes.join(' '), f.texts[language].title]));
}

/** An exercise as reports for machines have it. While it is on, it does not say what was broken. */
export function exerciseJson(exercise: Exercise, now: number): object {
  const { number, fault, bindings, seed, language, began, ended, how, hints, tries } = exercise;
  const texts = fault.texts[language];
  return {
    number,
    language,
    seed,
    difficulty: fault.difficulty,
    story: fillIn(texts.story, bindings),
    ...(ended === undefined ? {} : { fault: fault.id, title: texts.title, ...told(exercise) }),
    began,
    ended,
    how,
    seconds: Math.round(durationOf(exercise, now) / 1000),
    hints,
    tries,
    score: scoreOf(exercise),
  };
}

/** What tells the fault, for whoever has fixed it or given it up. */
function told({ fault, bindings, language, seen }: Exercise): object {
  const { symptom } = fault.texts[language];
  return {
    ...(symptom === undefined ? {} : { symptom: fillIn(symptom, bindings) }),
    ...(seen === undefined ? {} : { seen }),
  };
}

/** What was done in a lab's exercises, to be kept. */
export function exercisesPage(
  lab: string,
  exercises: readonly Exercise[],
  language: Language,
  now: number,
): Page {
  const w = wordsOf(language);
  const title = `${w.report} ${lab}`;
  const rows = exercises.map((e) => [
    String(e.number),
    e.ended === undefined ? '…' : e.fault.texts[language].title,
    e.fault.difficulty,
    e.how === undefined ? w.on : e.how === 'fixed' ? w.fixed : w[e.how],
    clock(durationOf(e, now)),
    e.hints.length === 0 ? '0' : `${e.hints.length} (${e.hints.map((h) => h.by).join(', ')})`,
    String(e.tries.length),
    String(scoreOf(e)),
  ]);
  const total = exercises.reduce((sum, e) => sum + scoreOf(e), 0);
  return {
    title,
    language,
    blocks: [
      { kind: 'heading', level: 1, text: title },
      ...(exercises.length === 0
        ? [{ kind: 'text' as const, text: w.none }]
        : [
            {
              kind: 'table' as const,
              head: ['', w.fault, '', w.how, w.time, w.hints, w.tries, w.points],
              rows,
            },
            { kind: 'text' as const, text: `${w.total}: ${total} ${w.points}` },
          ]),
      ...exercises.flatMap((e) => [
        { kind: 'heading' as const, level: 2 as const, text: `${w.exercise} ${e.number}` },
        { kind: 'quote' as const, text: fillIn(e.fault.texts[language].story, e.bindings) },
        ...(e.ended === undefined
          ? []
          : [
              {
                kind: 'text' as const,
                text: `${w.answer}: ${fillIn(e.fault.texts[language].answer, e.bindings)}`,
              },
              ...symptomBlocks(e, language),
              {
                kind: 'text' as const,
                text: `${w.teaches}: ${fillIn(e.fault.texts[language].teaches, e.bindings)}`,
              },
            ]),
        ...(e.tries.length === 0
          ? []
          : [
              {
                kind: 'list' as const,
                items: e.tries.map(
                  (t) =>
                    `${clock(Date.parse(t.time) - Date.parse(e.began))}: ${t.right} ${w.of} ${t.of} ${w.right}`,
                ),
              },
            ]),
      ]),
    ],
  };
}

function symptomBlocks(exercise: Exercise, language: Language): DocumentBlock[] {
  const [line] = symptomLines({ ...exercise, language });
  return exercise.fault.texts[language].symptom === undefined || line === undefined
    ? []
    : [{ kind: 'text', text: line }];
}

function clock(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`;
}
