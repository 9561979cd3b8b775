#!/usr/bin/env node
// Where the process begins: nothing is loaded here but what can say why the rest cannot be.

/** As in errors.ts, which may be what cannot be loaded. */
const MACHINE_CANNOT = 3;

try {
  await import('./bin.ts');
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
  process.stderr.write(
    'error: the limit of open files is too low for Node.js to load this program\nfix:  raise it (ulimit -n 1024), where it was lowered\n',
  );
  process.exit(MACHINE_CANNOT);
}
