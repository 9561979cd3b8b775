import { EXIT, LabError } from '../errors.ts';
import { PROCESSORS, processorText, type Processor } from './processor.ts';

/**
 * The processor of a place that is to run a lab.
 * @param where as a sentence: `the Docker engine at … runs on riscv64`
 * @param fix what to do where labs do not run there
 * @throws LabError machineCannot where they do not
 */
export function expectProcessor(processor: Processor | undefined, where: string, fix?: string): Processor {
  if (processor !== undefined) return processor;
  throw new LabError(
    EXIT.machineCannot,
    `${where}, and labs run on Linux on ${PROCESSORS.map(processorText).join(' and ')} only`,
    fix === undefined ? {} : { mend: fix },
  );
}
