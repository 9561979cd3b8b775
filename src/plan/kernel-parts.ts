import { KERNEL_NEEDS } from '../topology/types.ts';
import { isProxied } from './haproxy.ts';
import type { Plan } from './types.ts';

export const KERNEL_PARTS = ['ip_vs_twos', ...KERNEL_NEEDS] as const;
/** What a lab can take of its kernel and not every kernel has. */
export type KernelPart = (typeof KERNEL_PARTS)[number];

/** What of that a lab takes. */
export function kernelParts({ services, needs = [] }: Pick<Plan, 'services' | 'needs'>): KernelPart[] {
  const twos = services.some((service) => service.scheduler === 'twos' && !isProxied(service));
  return [...(twos ? (['ip_vs_twos'] as const) : []), ...needs];
}

/**
 * The kernel modules of each. The program iptables writes its rules by nf_tables (Debian's default), which loads each
 * match and target by itself.
 */
export const PART_MODULES: Record<KernelPart, string[]> = {
  ip_vs_twos: ['ip_vs_twos'],
  iptables: ['nf_tables', 'nft_compat'],
};
