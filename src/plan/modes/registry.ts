import type { Mode } from '../../topology/types.ts';
import { dr } from './dr.ts';
import type { ModeRules } from './mode.ts';
import { nat } from './nat.ts';
import { proxy } from './proxy.ts';
import { tun } from './tun.ts';

/** Every forwarding method. */
export const MODE_RULES: Record<Mode, ModeRules> = { nat, tun, dr, proxy };
