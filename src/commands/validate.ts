import { TopologyError, type Problem } from '../errors.ts';
import { describeServices } from './up.ts';
import { readPlan } from './topology-file.ts';

export interface Validation {
  topology: string;
  valid: boolean;
  problems: Problem[];
  /** For people. */
  text: string;
}

/** Checks one topology; bad ones are a result here, not an error. */
export function validate(topology: string): Validation {
  try {
    const plan = readPlan(topology);
    const services = describeServices(plan);
    const content = [`${plan.nodes.length} nodes`, `${plan.networks.length} networks`, ...services].join(
      ', ',
    );
    return { topology, valid: true, problems: [], text: `${topology} is valid: ${content}` };
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    return { topology, valid: false, problems: error.problems, text: error.message };
  }
}
