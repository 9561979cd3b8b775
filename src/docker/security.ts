import type Docker from 'dockerode';
import { engineError } from './engine-errors.ts';

/** How an engine is confined, and confines. */
export interface EngineSecurity {
  /** Whether it confines containers by AppArmor. */
  appArmor: boolean;
  /** Whether an ordinary user runs it: root in its containers is then root of a user namespace of that user's alone. */
  rootless: boolean;
}

/**
 * Asks an engine how it is.
 * @throws LabError with its own words where it does not say
 */
export async function engineSecurity(docker: Docker): Promise<EngineSecurity> {
  try {
    const { SecurityOptions } = (await docker.info()) as { SecurityOptions?: string[] | null };
    // Each is a list of settings, as `name=seccomp,profile=builtin`.
    const names = (SecurityOptions ?? []).flatMap((option) => /^name=([^,]+)/.exec(option)?.[1] ?? []);
    return { appArmor: names.includes('apparmor'), rootless: names.includes('rootless') };
  } catch (error) {
    throw engineError('the security options of the engine', error);
  }
}
