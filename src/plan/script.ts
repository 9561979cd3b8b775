import { renderStep } from './render.ts';
import type { Command } from './command.ts';
import type { Step } from './steps.ts';
import type { Plan, PlannedNode } from './types.ts';

/** A word as the shell reads it back. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command line as one would type it. */
export function line(argv: string[]): string {
  return argv.map(quote).join(' ');
}

/** The commands of a node, in order, as one would type them on it. */
export function nodeCommands(node: PlannedNode): string[] {
  return commandsOf(node).map(commandText);
}

function commandsOf(node: PlannedNode): Command[] {
  return node.steps.flatMap(renderStep);
}

/**
 * A command that reads a text as its standard input, as a here-document. It ends at the first line that is its
 * delimiter, and so that is one which is no line of the text.
 * @param text lines, each with its line break; no NUL, which no script can hold
 * @param after what follows the command on its line, such as ` || exit`
 */
export function hereDocument(command: string, text: string, after = ''): string {
  const lines = new Set(text.split('\n'));
  let delimiter = 'EOF';
  for (let number = 2; lines.has(delimiter); number += 1) delimiter = `EOF_${number}`;
  return `${command} <<'${delimiter}'${after}\n${text}${delimiter}`;
}

/** Writes a file whole. A here-document always ends with a line break; a text that does not is written as a word. */
function fileText({ path, content }: NonNullable<Command['file']>): string {
  return content.endsWith('\n') ? hereDocument(`cat > ${quote(path)}`, content) : printed(path, content);
}

const printed = (path: string, content: string) => `printf %s ${quote(content)} > ${quote(path)}`;

/** A command as one would type it. */
export function commandText(command: Command): string {
  if (command.file !== undefined) return fileText(command.file);
  const text = line(command.argv);
  return command.unless === undefined ? text : `${line(command.unless)} >/dev/null 2>&1 || ${text}`;
}

/**
 * The whole plan as a shell script that a student can read, and that builds the same lab with nothing but iproute2
 * on a machine with ip_vs.
 */
export function planScript(plan: Plan): string {
  const lines = [
    '#!/bin/sh',
    // A title of several lines would end the comment and begin a command.
    // eslint-disable-next-line no-control-regex -- no shell can read a NUL either
    `# lab ${plan.name}: ${plan.title.replaceAll(/[\s\x00-\x1f\x7f]+/g, ' ')}`,
    'set -e',
    'on() { node=$1; shift; ip netns exec "$node" "$@"; }   # runs a command on a node',
    ...(plan.modules.length === 0 ? [] : ['', '# kernel', `modprobe -a ${plan.modules.join(' ')}`]),
    '',
    '# networks',
    ...plan.networks.flatMap((n) => [
      `ip link add name ${n.name}${n.mtu === 1500 ? '' : ` mtu ${n.mtu}`} type bridge`,
      `ip link set dev ${n.name} up`,
    ]),
    ...plan.nodes.flatMap((node) => [
      '',
      `# ${node.name} (${node.role}): ${node.interfaces.map((i) => `${i.name} ${i.addresses.map((a) => a.address).join(' ')} on ${i.network}`).join(', ')}`,
      `ip netns add ${node.name}`,
      ...node.interfaces.flatMap((i, index) => portCommands(plan, node.name, i, index)),
      ...commandsOf(node).map((command) => onNode(node.name, command)),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

/** The cable between an interface and its network. */
function portCommands(
  plan: Plan,
  node: string,
  { name, network, mac }: PlannedNode['interfaces'][number],
  index: number,
): string[] {
  const mtu = plan.networks.find((n) => n.name === network)?.mtu ?? 1500;
  const size = mtu === 1500 ? '' : ` mtu ${mtu}`;
  return [
    `ip link add name ${portName(node, index)}${size} type veth peer name ${name}${size} address ${mac} netns ${node}`,
    `ip link set dev ${portName(node, index)} master ${network} up`,
  ];
}

/** The network's end of the cable to a node's interface. At most 15 bytes, as node names have at most 12. */
export function portName(node: string, index: number): string {
  return `${node}.${index}`;
}

/** A command on a node; what is more than a program and its arguments, by a shell there. */
function onNode(node: string, command: Command): string {
  const text = commandText(command);
  const plain = command.file === undefined && command.unless === undefined;
  return plain ? `on ${node} ${text}` : `on ${node} sh -c ${quote(text)}`;
}

/**
 * The script that `up` runs inside a node: the same commands, but consecutive `ip` commands go to one `ip -batch`, and what
 * the shell can do itself it does, because in the embedded kernel a new process costs more than its work. A failed command
 * is named on stderr as `failed: COMMAND`.
 */
export function runScript(steps: Step[]): string {
  const out: string[] = ['fail() { echo "failed: $1" >&2; exit 1; }'];
  if (steps.some(({ kind }) => kind === 'sysctl')) out.push(SETTING);
  let batch: string[] = [];
  const flush = () => {
    if (batch.length > 0)
      out.push(hereDocument('ip -batch -', `${batch.join('\n')}\n`, " || fail 'one of these ip commands'"));
    batch = [];
  };
  for (const command of steps.flatMap(renderStep)) {
    if (command.argv[0] === 'ip' && command.unless === undefined) {
      batch.push(command.argv.slice(1).join(' '));
      continue;
    }
    flush();
    out.push(command.argv[0] === 'sysctl' ? settingLine(command) : runLine(command));
  }
  flush();
  return `${out.join('\n')}\n`;
}

/** Writes a setting: sysctl itself only where that fails, to say what is wrong. */
const SETTING = `set_to() { printf '%s\\n' "\${2#*=}" 2>/dev/null >"/proc/sys/$1" || sysctl -qw "$2" || fail "sysctl -qw $2"; }`;

function settingLine({ argv }: Command): string {
  const setting = argv.at(-1) ?? '';
  const [key = ''] = setting.split('=', 1);
  return `set_to ${quote(key.replaceAll('.', '/'))} ${quote(setting)}`;
}

/**
 * A script that runs each command, whatever becomes of the others. A failed one is named on stderr as
 * `failed: COMMAND`, after what it said itself.
 */
export function fixScript(commands: Command[]): string {
  return ['fail() { echo "failed: $1" >&2; }', ...commands.map(runLine)].join('\n');
}

function runLine(command: Command): string {
  if (command.file !== undefined) {
    const { path, content } = command.file;
    return `${printed(path, content)} || fail ${quote(`write ${path}`)}`;
  }
  const text = line(command.argv);
  const failed = ` || fail ${quote(text)}`;
  if (command.unless !== undefined) return `${line(command.unless)} >/dev/null 2>&1 || ${text}${failed}`;
  // The first attempt keeps quiet: the second says what is wrong where both fail.
  if (command.otherwise !== undefined) return `${text} 2>/dev/null || ${line(command.otherwise)}${failed}`;
  if (command.first !== undefined) {
    const { absent, argv } = command.first;
    return `if [ -e ${quote(absent)} ]; then ${text}; else ${line(argv)}; fi${failed}`;
  }
  return `${text}${failed}`;
}
