import { orEmbedded } from '../host/embedded-here.ts';
import { EXIT, LabError, problemText, type Problem } from '../errors.ts';
import { kernelParts, type KernelPart } from '../plan/kernel-parts.ts';
import type { Plan } from '../plan/types.ts';
import { placesOf } from '../topology/reading/places.ts';
import { readInput } from '../files/input-file.ts';
import { topologyFile } from '../files/topology-file.ts';

/** What asks for a part of the kernel, as the file has it. */
const ASKING: Record<KernelPart, string> = { ip_vs_twos: 'scheduler twos', iptables: 'needs iptables' };

/**
 * What gets a lab a kernel that has it all.
 * @param fix what may give it to the kernel that lacks it
 */
function wayOut(fix = 'lab doctor says where else labs run'): string {
  return orEmbedded(
    fix,
    'lab kernel build makes an embedded kernel that has it, which lab up --kernel lab takes',
  );
}

/** The lab that wants a place. */
export interface PartAsking {
  plan: Plan;
  /** Its topology as the user named it: what of it a kernel lacks is told with its place in the file. */
  topology: string;
}

/** What of a topology not every kernel can do, each with its place and the way out; for whoever checks the file. */
export function kernelNotes(reference: string, plan: Plan): Problem[] {
  const places = placesOf(readInput(topologyFile(reference), 'a topology'));
  return kernelParts(plan).map((part) => ({
    ...places.ofPart(part),
    message: `${ASKING[part]}: not every kernel has ${part}, and Debian's embedded one does not`,
    fix: wayOut(),
  }));
}

/**
 * A kernel that lacks what a topology asks for.
 * @param reference the topology as the user named it
 * @param whose the kernel: `Debian's embedded kernel`
 * @param fix what may give it to that kernel
 */
export function lacksParts(reference: string, parts: KernelPart[], whose: string, fix?: string): LabError {
  const file = topologyFile(reference);
  const places = placesOf(readInput(file, 'a topology'));
  const lines = parts.map((part) =>
    problemText(file, {
      ...places.ofPart(part),
      message: `${ASKING[part]}: ${whose} has no ${part}`,
      fix: undefined,
    }),
  );
  return new LabError(EXIT.machineCannot, lines.join('\n'), { fix: wayOut(fix) });
}
