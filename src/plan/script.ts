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
  return node.steps.flatMap(renderStep).map(commandText);
}

/** A command as one would type it. */
export function commandText(command: Command): string {
  if (command.file !== undefined)
    return `cat > ${quote(command.file.path)} <<'EOF'\n${command.file.content}EOF`;
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
    `# lab ${plan.name}: ${plan.title.replaceAll(/\s+/g, ' ')}`,
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
      ...nodeCommands(node).map((text) => onNode(node.name, text)),
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

function onNode(node: string, text: string): string {
  if (text.includes(' || ') || text.startsWith('cat > ')) return `on ${node} sh -c ${quote(text)}`;
  return `on ${node} ${text}`;
}

/**
 * The script that `up` runs inside a node: the same commands, but consecutive `ip` commands go to one `ip -batch`
 * and consecutive settings to one `sysctl`, because in the embedded kernel a new process costs more than its work. A failed command is named on stderr as
 * `failed: COMMAND`.
 */
export function runScript(steps: Step[]): string {
  const out: string[] = ['fail() { echo "failed: $1" >&2; exit 1; }'];
  let batch: string[] = [];
  let settings: string[] = [];
  const flush = () => {
    if (settings.length > 0) out.push(runLine({ argv: ['sysctl', '-qw', ...settings] }));
    settings = [];
    if (batch.length > 0)
      out.push(`ip -batch - <<'EOF' || fail 'one of these ip commands'\n${batch.join('\n')}\nEOF`);
    batch = [];
  };
  for (const command of steps.flatMap(renderStep)) {
    if (command.argv[0] === 'ip' && command.unless === undefined) {
      if (settings.length > 0) flush();
      batch.push(command.argv.slice(1).join(' '));
      continue;
    }
    if (command.argv[0] === 'sysctl') {
      if (batch.length > 0) flush();
      settings.push(...command.argv.slice(2));
      continue;
    }
    flush();
    out.push(runLine(command));
  }
  flush();
  return `${out.join('\n')}\n`;
}

/**
 * A script that runs each command, whatever becomes of the others. A failed one is named on stderr as
 * `failed: COMMAND`, after what it said itself.
 */
export function mendScript(commands: Command[]): string {
  return ['fail() { echo "failed: $1" >&2; }', ...commands.map(runLine)].join('\n');
}

function runLine(command: Command): string {
  if (command.file !== undefined) return commandText(command);
  const text = line(command.argv);
  const failed = ` || fail ${quote(text)}`;
  if (command.unless !== undefined) return `${line(command.unless)} >/dev/null 2>&1 || ${text}${failed}`;
  // The first attempt keeps quiet: the second says what is wrong where both fail.
  if (command.otherwise !== undefined) return `${text} 2>/dev/null || ${line(command.otherwise)}${failed}`;
  return `${text}${failed}`;
}
