import { InvalidArgumentError, Option, type Command } from 'commander';
import { EXIT } from '../errors.ts';
import { KERNEL_KINDS, type KernelKind } from '../machine/embedded/kernel-kinds.ts';
import { MACHINE_KINDS, isRemote, type MachineName } from '../machine/machine.ts';
import { sshHost } from '../machine/ssh-arguments.ts';
import { RUNTIME_KINDS, type RuntimeKind } from '../records/runtime-kinds.ts';
import { aside, json, jsonOption, out, progressFor, type Common, type Finish } from './output.ts';

/** Labs: bring up, take down, look at. */
export function addLifecycleCommands(program: Command, finish: Finish): void {
  program
    .command('up')
    .summary('bring a lab up and send traffic through it')
    .description('Builds a lab from a topology: one that comes with the tool (nat …) or a YAML file.')
    .argument('<topology>', 'name of a shipped topology, or a YAML file')
    .option('--name <name>', 'name of the lab (default: the topology says)')
    .option(
      '--machine <machine>',
      'where it runs: local, embedded or ssh://user@host (default: the best that works)',
      machineName,
    )
    .addOption(
      new Option('--runtime <runtime>', 'how nodes are made (default: the best that works)').choices(
        RUNTIME_KINDS,
      ),
    )
    .addOption(kernelOption())
    .option('--reconfigure', 'replace a lab of this name that was made from another topology', false)
    .option('--strict', 'take it down again where it is built and does not answer', false)
    .addOption(jsonOption())
    .action(async (topology: string, options: UpOptions) => {
      const [{ up }, { readPlan }] = await Promise.all([
        import('../commands/up.ts'),
        import('../files/topology-file.ts'),
      ]);
      const progress = progressFor(options);
      const result = await up(
        {
          topology,
          plan: readPlan(topology, options.name),
          planAround: (taken) => readPlan(topology, options.name, taken),
          machine: options.machine,
          runtime: options.runtime,
          kernel: options.kernel,
          reconfigure: options.reconfigure,
          strict: options.strict,
        },
        progress,
      );
      // It is up, and not as the file wants it.
      if (result.troubles.length > 0) finish(EXIT.labFailed);
      const { notAnswering, state } = result;
      if (state === 'not-answering') finish(EXIT.labFailed);
      else if (notAnswering !== undefined)
        progress.warn(`at first ${notAnswering.why}; a test right after it finds everything as promised`);
      if (options.json === true) {
        json('up', result);
        return;
      }
      if (state === 'not-answering' && notAnswering !== undefined) {
        const { notAnsweringText } = await import('../report/text.ts');
        out(notAnsweringText(result, notAnswering));
        return;
      }
      if (result.revived.length > 0) out(`lab ${result.name}: ${result.revived.join(', ')} configured anew`);
      else if (result.already) out(`lab ${result.name} is up already, on the ${result.machine} machine`);
      progress.note(
        `next: ./lab test ${result.name} · ./lab shell ${result.shell} · ./lab down ${result.name}`,
      );
    });

  program
    .command('down')
    .summary('take a lab down and leave nothing behind')
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .option('--all', 'every lab', false)
    .option('--forget', 'leave alone what is on an engine or host that is gone for good', false)
    .addOption(jsonOption())
    .action(async (lab: string | undefined, options: Common & { all: boolean; forget: boolean }) => {
      const { down } = await import('../commands/down.ts');
      const labs = await down(lab, options, progressFor(options));
      if (options.json === true) json('down', { labs });
    });

  program
    .command('list')
    .summary('the labs that are up')
    .addOption(jsonOption())
    .action(async (options: Common) => {
      const [{ list }, { labTable }] = await Promise.all([
        import('../commands/status.ts'),
        import('../report/text.ts'),
      ]);
      const labs = await list();
      if (options.json === true) json('list', { labs });
      else out(labTable(labs));
    });

  program
    .command('status')
    .summary("a lab's nodes, daemons and directors")
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .addOption(jsonOption())
    .action(async (lab: string | undefined, options: Common) => {
      const [{ statusOfLab }, { statusText }] = await Promise.all([
        import('../commands/status.ts'),
        import('../report/text.ts'),
      ]);
      const report = await statusOfLab(lab, aside);
      if (options.json === true) json('status', report);
      else out(statusText(report));
      if (report.state !== 'up') finish(EXIT.labFailed);
    });
}

interface UpOptions extends Common {
  name?: string;
  machine?: MachineName;
  runtime?: RuntimeKind;
  kernel?: KernelKind;
  reconfigure: boolean;
  strict: boolean;
}

/** For every command that makes embedded machines. */
export const kernelOption = () =>
  new Option(
    '--kernel <kernel>',
    "the embedded machine's kernel (default: lab, where lab kernel build has made it)",
  ).choices(KERNEL_KINDS);

/**
 * Reads what `--machine` names.
 * @throws LabError badInput for an address that ssh may not be given; InvalidArgumentError for anything else
 */
export function machineName(text: string): MachineName {
  const known = MACHINE_KINDS.find((kind) => kind === text);
  if (known !== undefined) return known;
  const name = text as MachineName;
  if (isRemote(name)) {
    sshHost(name, '--machine');
    return name;
  }
  throw new InvalidArgumentError(`Allowed: ${MACHINE_KINDS.join(', ')}, ssh://user@host.`);
}
