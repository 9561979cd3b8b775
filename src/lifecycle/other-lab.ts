import { EXIT, LabError } from '../errors.ts';
import type { LabRecord } from '../records/lab.ts';
import type { KernelKind } from '../machine/embedded/kernel-kinds.ts';

/** A lab of the wanted name that cannot be told to be the wanted one. */
export function unreachable({ name, topology }: LabRecord): LabError {
  return new LabError(EXIT.labFailed, `lab ${name} exists, but its engine or host does not answer`, {
    fix: `once it does: lab up ${topology}; if it is gone for good: lab down ${name} --forget`,
  });
}

/** Whether a lab runs on the kernel that was asked for by an option, if any. */
export function hasKernel({ kernel }: LabRecord, asked: KernelKind | undefined): boolean {
  return asked === undefined || (kernel?.kind ?? 'debian') === asked;
}

/** A lab of the wanted name that is another. */
export function differs(existing: LabRecord): LabError {
  return new LabError(
    EXIT.badInput,
    `lab ${existing.name} is up, but not from this topology (${existing.topology}), or not on this kernel`,
    {
      fix: `take it down and build this one instead: lab up … --reconfigure, or give this one another name: --name NAME`,
    },
  );
}
