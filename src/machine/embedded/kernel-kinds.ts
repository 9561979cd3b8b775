import { EXIT, LabError } from '../../errors.ts';

/** Kernels that an embedded lab can run on: Debian's, which comes with the root, and the one that is made for labs. */
export const KERNEL_KINDS = ['debian', 'lab'] as const;
export type KernelKind = (typeof KERNEL_KINDS)[number];

/**
 * The kernel that was asked for: by an option, else by `LVSLAB_KERNEL`.
 * @returns undefined: the tool is to choose
 * @throws LabError badInput where the environment names something else
 */
export function askedKernel(
  option: KernelKind | undefined,
  env: NodeJS.ProcessEnv = process.env,
): KernelKind | undefined {
  const name = env['LVSLAB_KERNEL'] ?? '';
  if (option !== undefined || name === '') return option;
  const kind = KERNEL_KINDS.find((known) => known === name);
  if (kind !== undefined) return kind;
  throw new LabError(EXIT.badInput, `LVSLAB_KERNEL ${JSON.stringify(name)} is no kernel of a lab`, {
    fix: `set it to ${KERNEL_KINDS.join(' or ')}, or leave it out`,
  });
}
