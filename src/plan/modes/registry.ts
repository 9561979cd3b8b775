import type { Mode } from '../../topology/types.ts';
import { dr } from './dr.ts';
import type { IpvsWords, ModeRules } from './mode.ts';
import { nat } from './nat.ts';
import { proxy } from './proxy.ts';
import { tun } from './tun.ts';

/** Every forwarding method. */
export const MODE_RULES: Record<Mode, ModeRules> = { nat, tun, dr, proxy };

/** What programs call a forwarding method of IPVS. @throws Error where it is none: nothing asks for a proxy's */
export function ipvsWords(mode: Mode): IpvsWords {
  const { ipvs } = MODE_RULES[mode];
  if (ipvs === undefined) throw new Error(`IPVS does not forward by ${mode}`);
  return ipvs;
}
