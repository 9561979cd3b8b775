import { EXIT, LabError } from '../errors.ts';
import { PROCESSORS, processorText, type Processor } from '../host/processor.ts';

/**
 * Why no lab runs at a place.
 * @param where as a sentence: `the Docker engine at … runs on riscv64`
 */
export function noLabsWhere(where: string): string {
  return `${where}, and labs run on Linux on ${PROCESSORS.map(processorText).join(' and ')} only`;
}

/**
 * The processor of a place that is to run a lab.
 * @param where as a sentence: `the Docker engine at … runs on riscv64`
 * @param fix what to do where labs do not run there
 * @throws LabError machineCannot where they do not
 */
export function expectProcessor(processor: Processor | undefined, where: string, fix?: string): Processor {
  if (processor !== undefined) return processor;
  throw new LabError(EXIT.machineCannot, noLabsWhere(where), fix === undefined ? {} : { fix: fix });
}
