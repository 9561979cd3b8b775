/** One command of a plan, as a student would type it. */
export interface Command {
  argv: string[];
  /** Run only where this command fails: what makes a step that has no `replace` form repeatable. */
  unless?: string[];
  /** Run where `argv` fails because it has been run before. */
  otherwise?: string[];
  /** Where this file is not there, this does the same with a process less. */
  first?: { absent: string; argv: string[] };
  /** Written to this file in place of a command's output. */
  file?: { path: string; content: string };
}
