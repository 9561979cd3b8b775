import type { Options } from 'execa';

/**
 * Runs programs of this host. Unlike plain execa it kills nothing when this process exits: for a program that could
 * not be started (ENOENT) execa 9 would then send SIGTERM to process 0, which is the whole process group, the user's
 * shell script included. What must not outlive this process is tied to it by other means (a pipe, a death signal).
 * Loaded with the first program that it runs, because it is a third of what `lab exec`, which runs none, would load.
 */
export async function hostCommands() {
  const { execa } = await import('execa');
  return { run: execa({ cleanup: false }) };
}

/** Runs a program of this host to its end. */
export async function hostCommand<O extends Options = { cleanup: false }>(
  program: string,
  argv: readonly string[] = [],
  options?: O,
) {
  const { run } = await hostCommands();
  return run(program, argv, options);
}
