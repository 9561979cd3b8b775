import { TopologyError, problemText, type Problem } from '../errors.ts';
import { describeServices } from '../plan/describe-services.ts';
import { checkExerciseFile, isExerciseFile } from '../files/exercise-file.ts';
import { kernelNotes } from '../place/kernel-parts.ts';
import { readPlan, topologyFile } from '../files/topology-file.ts';
import { counted } from '../topology/counted.ts';

export interface Validation {
  topology: string;
  valid: boolean;
  problems: Problem[];
  /** What not every kernel can do, and what the next version no longer reads. */
  notes: Problem[];
  /** For people. */
  text: string;
}

/** Checks one topology or exercise; bad ones are a result here, not an error. */
export function validate(topology: string): Validation {
  try {
    if (isExerciseFile(topology)) return validExercise(topology);
    const plan = readPlan(topology);
    const services = describeServices(plan);
    const content = [
      counted(plan.nodes.length, 'node'),
      counted(plan.networks.length, 'network'),
      ...services,
    ].join(', ');
    const notes = kernelNotes(topology, plan);
    const text = withNotes(`${topology} is valid: ${content}`, topologyFile(topology), notes);
    return { topology, valid: true, problems: [], notes, text };
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    return { topology, valid: false, problems: error.problems, notes: [], text: error.message };
  }
}

const withNotes = (text: string, file: string, notes: readonly Problem[]): string =>
  [text, ...notes.map((note) => problemText(file, note))].join('\n');

function validExercise(file: string): Validation {
  const { exercise, plan } = checkExerciseFile(file);
  const against =
    plan === undefined
      ? 'it names no topology to be held against'
      : `everything that it names is in ${plan.name}`;
  const text = `${file} is a valid exercise: "${exercise.fault.texts.en.title}", ${exercise.fault.difficulty}, ${counted(exercise.fault.texts.en.hints.length, 'hint')}; ${against}`;
  const { notes } = exercise;
  return { topology: file, valid: true, problems: [], notes, text: withNotes(text, file, notes) };
}
