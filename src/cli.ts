import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { EXIT, LabError } from './errors.ts';
import { MACHINE_KINDS, type MachineKind } from './machine/machine.ts';
import { createProgress, type Progress } from './report/progress.ts';
import { RUNTIME_KINDS } from './runtime/runtime.ts';
import { toolVersion } from './version.ts';

interface Common {
  json?: boolean;
}

const out = (text: string) => {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
};

/** Every JSON report names its form, so that a reader can tell when it changes. */
function json(kind: string, data: object): void {
  out(JSON.stringify({ schema: `lvslab/${kind}/1`, ...data }, null, 2));
}

/** Progress goes to stdout for people, where it is what they came for; with --json only warnings remain, on stderr. */
function progressFor(options: Common): Progress {
  return options.json === true
    ? createProgress(process.stderr, { quiet: true })
    : createProgress(process.stdout);
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('it must be a whole number');
  return Number(text);
}

/**
 * The command tree: flags in, one command's call out. Modules are loaded when their command runs, so that `exec`
 * does not pay for the others.
 * @param finish called with the exit code where it is not 0
 */
export function createCli(finish: (code: number) => void): Command {
  const program = new Command('lab')
    .description('A real Linux Virtual Server lab from one command, with the proof that it works.')
    .version(toolVersion)
    .enablePositionalOptions()
    .showHelpAfterError('(lab --help lists the commands)')
    .addHelpText(
      'after',
      `
Start here:
  lab up nat          build the NAT lab and send traffic through it
  lab test nat        test it, and say why it works
  lab shell client    a shell on one of its nodes
  lab down nat        leave nothing behind

Exit codes: 0 done, 1 a test failed, 2 bad usage or topology, 3 this machine cannot,
4 a command in the lab failed unexpectedly, 5 something could not be measured;
exec and shell return the command's own code, 125 where the tool itself failed.`,
    );
  const jsonOption = () => new Option('--json', 'print a report for machines');

  program
    .command('up')
    .summary('bring a lab up and send traffic through it')
    .description('Builds a lab from a topology: one that comes with the tool (nat …) or a YAML file.')
    .argument('<topology>', 'name of a shipped topology, or a YAML file')
    .option('--name <name>', 'name of the lab (default: the topology says)')
    .addOption(
      new Option('--machine <machine>', 'where it runs (default: the best that works)').choices(
        MACHINE_KINDS,
      ),
    )
    .addOption(
      new Option('--runtime <runtime>', 'how nodes are made').choices(RUNTIME_KINDS).default('netns'),
    )
    .option('--reconfigure', 'replace a lab of this name that was made from another topology', false)
    .addOption(jsonOption())
    .action(async (topology: string, options: UpOptions) => {
      const [{ up }, { loadPlan }] = await Promise.all([
        import('./commands/up.ts'),
        import('./commands/load.ts'),
      ]);
      const progress = progressFor(options);
      const result = await up(
        {
          topology,
          plan: loadPlan(topology, options.name),
          machine: options.machine,
          reconfigure: options.reconfigure,
        },
        progress,
      );
      if (options.json === true) {
        json('up', result);
        return;
      }
      if (result.already) out(`lab ${result.name} is up already, on the ${result.machine} machine`);
      progress.note(
        `next: ./lab test ${result.name} · ./lab shell ${result.shell} · ./lab down ${result.name}`,
      );
    });

  program
    .command('down')
    .summary('take a lab down and leave nothing behind')
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .option('--all', 'every lab', false)
    .addOption(jsonOption())
    .action(async (lab: string | undefined, options: Common & { all: boolean }) => {
      const { down } = await import('./commands/down.ts');
      const labs = await down(lab, options.all, progressFor(options));
      if (options.json === true) json('down', { labs });
    });

  program
    .command('list')
    .summary('the labs that are up')
    .addOption(jsonOption())
    .action(async (options: Common) => {
      const [{ list }, { labTable }] = await Promise.all([
        import('./commands/status.ts'),
        import('./report/text.ts'),
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
      const [{ status }, { findLab }, { statusText }] = await Promise.all([
        import('./commands/status.ts'),
        import('./commands/existing.ts'),
        import('./report/text.ts'),
      ]);
      const report = await status(findLab(lab));
      if (options.json === true) json('status', report);
      else out(statusText(report));
      if (report.state !== 'up') finish(EXIT.labFailed);
    });

  program
    .command('exec')
    .summary('run a command on a node')
    .description('Runs a command on a node; its streams and its exit code are the command’s own.')
    .argument('<node>', 'NODE, or LAB/NODE where several labs are up')
    .argument('<command...>', 'the command, best after --')
    .option('-t, --tty', 'give it a terminal', false)
    .passThroughOptions()
    .action(async (node: string, command: string[], options: { tty: boolean }) => {
      await asOwn(finish, async () => {
        const { exec } = await import('./commands/exec.ts');
        // With passThroughOptions the customary -- before the command is still there.
        return exec(node, command[0] === '--' ? command.slice(1) : command, options.tty);
      });
    });

  program
    .command('shell')
    .summary('a shell on a node')
    .argument('<node>', 'NODE, or LAB/NODE where several labs are up')
    .action(async (node: string) => {
      await asOwn(finish, async () => {
        const [{ exec, shellCommand }, { findNode }] = await Promise.all([
          import('./commands/exec.ts'),
          import('./commands/existing.ts'),
        ]);
        const found = findNode(node);
        return exec(node, shellCommand(found.record.name, found.node), true);
      });
    });

  program
    .command('test')
    .summary('test a lab with real requests and say why it passes')
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .addOption(jsonOption())
    .action(async (lab: string | undefined, options: Common) => {
      const [{ test }, { findLab }, { checkTable }, { overall }] = await Promise.all([
        import('./commands/test.ts'),
        import('./commands/existing.ts'),
        import('./report/text.ts'),
        import('./proof/check.ts'),
      ]);
      const found = findLab(lab);
      const checks = await test(found);
      const outcome = overall(checks);
      if (options.json === true) json('test', { lab: found.record.name, outcome, checks });
      else out(checkTable(checks));
      if (outcome !== 'pass') finish(outcome === 'fail' ? EXIT.testFailed : EXIT.testUnknown);
    });

  program
    .command('trace')
    .summary('follow one real connection through a lab, hop by hop')
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .option('--service <vip:port>', 'which service (default: the first)')
    .option('--client <node>', 'from which client (default: the first)')
    .option('--pcap <folder>', 'keep the captures, one file for each interface')
    .option('--svg <file>', 'draw it on the topology')
    .addOption(jsonOption())
    .action(async (lab: string | undefined, options: TraceOptions) => {
      const [{ trace }, { findLab }, { traceText }] = await Promise.all([
        import('./commands/trace.ts'),
        import('./commands/existing.ts'),
        import('./report/text.ts'),
      ]);
      const { service, client, pcap } = options;
      const found = await trace(findLab(lab), { service, client, pcap });
      if (options.json === true) json('trace', { ...found, plan: undefined });
      else out(traceText(found));
      if (options.svg !== undefined && found.walk !== undefined) {
        const { walkSvg } = await import('./report/diagram/walk-svg.ts');
        await writePicture(options.svg, walkSvg(found.plan, found.walk), options);
      }
      if (found.answered === undefined) finish(EXIT.testFailed);
    });

  program
    .command('capture')
    .summary('stream what passes an interface, as pcap, to a file or a pipe')
    .argument('<node>', 'NODE, or LAB/NODE where several labs are up')
    .argument('[interface]', 'eth0, eth1 …, lo, tunl0 or any (default: the first)')
    .action(async (node: string, device: string | undefined) => {
      const { capture } = await import('./commands/capture.ts');
      const code = await capture(node, device);
      if (code !== 0) finish(EXIT.labFailed);
    });

  program
    .command('compare')
    .summary('measure side by side what the director carries in each mode')
    .argument('[topologies...]', 'topologies to compare', ['nat', 'tun', 'dr'])
    .option('--svg <file>', "draw the director's share as a chart")
    .addOption(jsonOption())
    .action(async (topologies: string[], options: Common & { svg?: string }) => {
      const [{ compare }, { compareText }] = await Promise.all([
        import('./commands/compare.ts'),
        import('./report/text.ts'),
      ]);
      const figures = await compare(topologies, progressFor(options));
      if (options.json === true) json('compare', { figures });
      else out(compareText(figures));
      if (options.svg !== undefined) {
        const [{ lineChartSvg }, { shareChart }] = await Promise.all([
          import('./report/diagram/chart.ts'),
          import('./report/text.ts'),
        ]);
        await writePicture(options.svg, lineChartSvg(shareChart(figures)), options);
      }
    });

  program
    .command('diagram')
    .summary('draw a topology: as text, SVG or Mermaid')
    .argument('<topology>', 'name of a shipped topology, or a YAML file')
    .addOption(
      new Option('--format <format>', 'what to print').choices(['text', 'svg', 'mermaid']).default('text'),
    )
    .action(async (topology: string, options: { format: string }) => {
      const [{ loadPlan }, { diagramSvg }, { diagramMermaid }, { diagramText }] = await Promise.all([
        import('./commands/load.ts'),
        import('./report/diagram/svg.ts'),
        import('./report/diagram/mermaid.ts'),
        import('./report/diagram/text.ts'),
      ]);
      const draw =
        { svg: diagramSvg, mermaid: diagramMermaid, text: diagramText }[options.format] ?? diagramText;
      out(draw(loadPlan(topology)));
    });

  program
    .command('plan')
    .summary('print the commands that build a lab, as a shell script')
    .argument('<topology>', 'name of a shipped topology, or a YAML file')
    .option('--name <name>', 'name of the lab')
    .addOption(jsonOption())
    .action(async (topology: string, options: Common & { name?: string }) => {
      const [{ loadPlan }, { planScript }] = await Promise.all([
        import('./commands/load.ts'),
        import('./plan/script.ts'),
      ]);
      const plan = loadPlan(topology, options.name);
      if (options.json === true) json('plan', { plan });
      else out(planScript(plan));
    });

  program
    .command('validate')
    .summary('check topology files; every problem with its line and the mend')
    .argument('<topology...>', 'YAML files, or names of shipped topologies')
    .addOption(jsonOption())
    .action(async (topologies: string[], options: Common) => {
      const { validate } = await import('./commands/validate.ts');
      const results = topologies.map(validate);
      if (options.json === true) json('validate', { results });
      else for (const result of results) out(result.text);
      if (results.some((result) => !result.valid)) finish(EXIT.badInput);
    });

  program
    .command('logs')
    .summary("the logs of a node's daemons")
    .argument('<node>', 'NODE, or LAB/NODE where several labs are up')
    .argument('[daemon]', "only this daemon's")
    .option('-n, --lines <count>', 'how many of the last lines', wholeNumber, 50)
    .addOption(jsonOption())
    .action(async (node: string, daemon: string | undefined, options: Common & { lines: number }) => {
      const { logs } = await import('./commands/logs.ts');
      const files = await logs(node, daemon, options.lines);
      if (options.json === true) json('logs', { files });
      else for (const { file, text } of files) out(`==> ${file} <==\n${text}`);
    });

  program
    .command('doctor')
    .summary('what this machine can do, what it cannot, and the mend')
    .addOption(jsonOption())
    .action(async (options: Common) => {
      const [{ doctor }, { doctorText }] = await Promise.all([
        import('./commands/doctor.ts'),
        import('./report/text.ts'),
      ]);
      const diagnosis = await doctor();
      if (options.json === true) json('doctor', diagnosis);
      else out(doctorText(diagnosis));
      if (!diagnosis.ready) finish(EXIT.machineCannot);
    });

  program
    .command('schema')
    .summary('print the JSON Schema of the topology file')
    .action(async () => {
      const { topologyJsonSchema } = await import('./topology/schema.ts');
      out(JSON.stringify(topologyJsonSchema(), null, 2));
    });

  program
    .command('completion')
    .summary('print the completion script of a shell')
    .addHelpText('after', '\nFor bash: source <(lab completion bash)\nFor zsh: source <(lab completion zsh)')
    .argument('<shell>', 'bash or zsh')
    .action(async (shell: string) => {
      const { completionScript } = await import('./commands/completion.ts');
      out(completionScript(shell));
    });

  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { complete } = await import('./commands/completion.ts');
      out(complete(program, words).join('\n'));
    });

  return program;
}

interface TraceOptions extends Common {
  service: string | undefined;
  client: string | undefined;
  pcap: string | undefined;
  svg: string | undefined;
}

interface UpOptions extends Common {
  name?: string;
  machine?: MachineKind;
  reconfigure: boolean;
}

/** Says where the picture is, except where the output is for machines. */
async function writePicture(file: string, svg: string, options: Common): Promise<void> {
  try {
    await writeFile(file, svg);
  } catch (error) {
    throw new LabError(EXIT.badInput, `cannot write ${file}: ${(error as Error).message}`, { cause: error });
  }
  if (options.json !== true) out(`picture: ${file}`);
}

/** Runs what has an exit code of its own; the tool's own failure gets 125, which no other command uses. */
async function asOwn(finish: (code: number) => void, run: () => Promise<number>): Promise<void> {
  try {
    const code = await run();
    if (code !== 0) finish(code);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    throw new LabError(EXIT.execFailed, error.message, {
      cause: error,
      ...(error.mend === undefined ? {} : { mend: error.mend }),
    });
  }
}
