import type { Command } from 'commander';
import { EXIT, LabError } from '../errors.ts';
import { labNames, readableRecords } from '../records/lab.ts';
import { shippedTopologies } from '../files/topology-file.ts';

const SCRIPTS: Record<string, string> = {
  bash: `_lab() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _lab lab ./lab`,
  zsh: `#compdef lab
_lab() {
  local -a found
  found=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a found
  _files
}
compdef _lab lab`,
};

/** The script that a shell sources; it asks the tool itself for the words. */
export function completionScript(shell: string): string {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (script === undefined)
    throw new LabError(EXIT.badInput, `no completion for "${shell}"`, {
      fix: `one of: ${Object.keys(SCRIPTS).join(', ')}`,
    });
  return script;
}

/** Words that could stand in the last place of a command line (the program's name left out). */
export function completionsFor(program: Command, words: string[]): string[] {
  const typed = words.slice(0, -1).filter((word) => word !== '--');
  const [first, second] = typed;
  const command = program.commands.find((c) => c.name() === first);
  if (command !== undefined && command.commands.length > 0) {
    const inner = command.commands.find((c) => c.name() === second);
    return inner === undefined ? command.commands.map((c) => c.name()) : argumentWords(inner, words);
  }
  if (command === undefined)
    return program.commands.map((c) => c.name()).filter((name) => name !== 'complete');
  return argumentWords(command, words);
}

function argumentWords(command: Command, words: string[]): string[] {
  const options = command.options.flatMap((option) => (option.long === undefined ? [] : [option.long]));
  if ((words.at(-1) ?? '').startsWith('-')) return options;
  const expected = command.registeredArguments[0]?.name();
  if (expected === 'topology') return shippedTopologies();
  if (expected === 'lab') return labNames();
  if (expected === 'node') return nodeNames();
  return options;
}

function nodeNames(): string[] {
  const several = labNames().length > 1;
  return readableRecords().flatMap(({ name, plan }) =>
    plan.nodes.map((node) => (several ? `${name}/${node.name}` : node.name)),
  );
}
