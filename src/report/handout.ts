import { bindingsFor, shellStepsFor, fillIn, type Bindings } from '../exercises/bindings.ts';
import { choices, drawn, type ExerciseChoice } from '../exercises/choose.ts';
import { explainCommand } from '../exercises/explain.ts';
import { FAULTS } from '../exercises/registry.ts';
import { CHANGES, COMMON_TASKS, MODE_TASKS, type HandoutTask } from '../exercises/tasks.ts';
import { DIFFICULTIES, type Language } from '../exercises/types.ts';
import { HANDOUT_WORDS } from '../exercises/words.ts';
import { nodeCommands } from '../plan/script.ts';
import type { Plan, PlannedNode } from '../plan/types.ts';
import type { DocumentBlock, Page } from './document.ts';
import { diagramSvg } from './diagram/svg.ts';
import { diagramText } from './diagram/text.ts';

const MOST_SEEDS = 100;

/**
 * A page for students: the lab as a picture, its addresses, its commands explained, questions and exercises.
 * @param topology as one names it for `lab up`
 * @param solution with the answers, for the trainer
 */
export function handout(plan: Plan, topology: string, language: Language, solution: boolean): Page {
  const w = HANDOUT_WORDS[language];
  const parts: Bindings = bindingsFor(plan, 0) ?? {};
  const bindings: Bindings = {
    ...parts,
    ...(parts['servers'] === undefined ? {} : { servers: parts['servers'].replaceAll(' ', ', ') }),
    lab: topology,
    change: CHANGES[plan.mode][language],
  };
  const title = `Lab ${topology}${solution ? ` · ${w.solution}` : ''}`;
  return {
    title,
    language,
    blocks: [
      { kind: 'heading', level: 1, text: title },
      { kind: 'picture', svg: diagramSvg(plan), text: diagramText(plan) },
      ...addresses(plan, language),
      ...commands(plan, language),
      ...tasks(plan, bindings, language, solution),
      ...exercises(plan, topology, language, solution),
    ],
  };
}

function addresses(plan: Plan, language: Language): DocumentBlock[] {
  const w = HANDOUT_WORDS[language];
  return [
    { kind: 'heading', level: 2, text: w.addresses },
    {
      kind: 'table',
      head: [w.node, w.role, w.device, w.network, w.address, 'MAC'],
      rows: plan.nodes.flatMap((node) =>
        node.interfaces.map((i, index) => [
          index === 0 ? node.name : '',
          index === 0 ? w[node.role] : '',
          i.name,
          i.network,
          i.addresses.map((a) => `${a.address}/${a.prefix}`).join(', '),
          i.mac,
        ]),
      ),
    },
  ];
}

/** The commands of one node of each kind: those of its like differ in addresses only. */
function commands(plan: Plan, language: Language): DocumentBlock[] {
  const w = HANDOUT_WORDS[language];
  const examples = plan.nodes.filter(
    (node, index) => plan.nodes.findIndex((n) => n.role === node.role) === index && node.role !== 'client',
  );
  return [
    { kind: 'heading', level: 2, text: w.commands },
    { kind: 'text', text: w.commandsNote },
    ...examples.flatMap((node): DocumentBlock[] => [
      { kind: 'heading', level: 3, text: `${node.name} (${w[node.role]})` },
      { kind: 'table', head: [w.command, w.purpose], rows: explained(node, language) },
    ]),
  ];
}

function explained(node: PlannedNode, language: Language): string[][] {
  return nodeCommands(node)
    .filter((text) => !text.startsWith('cat > ') && !/^ip link set (lo|eth\d+) up$/.test(text))
    .map((text) => [`\`${text}\``, explainCommand(text)?.[language] ?? '']);
}

function tasks(plan: Plan, bindings: Bindings, language: Language, solution: boolean): DocumentBlock[] {
  const w = HANDOUT_WORDS[language];
  // Where there is no web service to ask, the questions would ask for what there is not.
  if (bindings['vip'] === undefined) return [];
  const all = [...COMMON_TASKS, ...MODE_TASKS[plan.mode]].filter(
    (task) => !/\{[a-z-]+\}/.test(fillIn(task.ask[language], bindings)),
  );
  return [
    { kind: 'heading', level: 2, text: w.tasks },
    ...all.flatMap((task: HandoutTask, index): DocumentBlock[] => [
      { kind: 'text', text: `${index + 1}. ${fillIn(task.ask[language], bindings)}` },
      solution
        ? { kind: 'quote', text: fillIn(task.answer[language], bindings) }
        : { kind: 'space', lines: 2 },
    ]),
  ];
}

function exercises(plan: Plan, topology: string, language: Language, solution: boolean): DocumentBlock[] {
  const w = HANDOUT_WORDS[language];
  const found = distinct(plan);
  if (found.length === 0) return [];
  return [
    { kind: 'heading', level: 2, text: w.exercises },
    { kind: 'text', text: w.exercisesNote },
    ...found.flatMap(({ fault, bindings, seed }, index): DocumentBlock[] => {
      const texts = fault.texts[language];
      return [
        { kind: 'heading', level: 3, text: `${w.exercise} ${index + 1}` },
        {
          kind: 'code',
          text: `lab break ${topology} --random --difficulty ${fault.difficulty} --seed ${seed} --lang ${language}`,
        },
        { kind: 'quote', text: fillIn(texts.story, bindings) },
        ...(solution
          ? [
              {
                kind: 'text' as const,
                text: `${texts.title} (\`${fault.id}\`). ${fillIn(texts.answer, bindings)}`,
              },
              {
                kind: 'code' as const,
                text: shellStepsFor(fault.fix, bindings)
                  .map(({ on, run }) => `${on}# ${run}`)
                  .join('\n'),
              },
              { kind: 'text' as const, text: `${w.teaches}: ${fillIn(texts.teaches, bindings)}` },
            ]
          : [
              {
                kind: 'list' as const,
                items: [w.seen, w.cause, w.fix].map((text) => `${text} ${'_'.repeat(40)}`),
              },
            ]),
      ];
    }),
  ];
}

/** One of each difficulty, from easy to hard, by the first seed that draws what is not there yet. */
function distinct(plan: Plan): (ExerciseChoice & { seed: number })[] {
  const found: (ExerciseChoice & { seed: number })[] = [];
  for (const difficulty of DIFFICULTIES)
    for (let seed = 1; seed <= MOST_SEEDS; seed += 1) {
      const choice = drawn(choices(plan, FAULTS, seed), seed, difficulty);
      if (choice === undefined || found.some(({ fault }) => fault.id === choice.fault.id)) continue;
      found.push({ ...choice, seed });
      break;
    }
  return found;
}
