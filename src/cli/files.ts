import { Argument, type Command } from 'commander';
import { EXIT } from '../errors.ts';
import { EMBEDDED_PROCESSOR } from '../host/processor.ts';
import { json, jsonOption, out, outExactly, progressFor, type Common, type Finish } from './output.ts';

/** Files and the machine: plan, validate, doctor, and what shells and editors want. */
export function addFilesCommands(program: Command, finish: Finish): void {
  program
    .command('plan')
    .summary('print the commands that build a lab, as a shell script')
    .argument('<topology>', 'name of a shipped topology, or a YAML file')
    .option('--name <name>', 'name of the lab')
    .addOption(jsonOption())
    .action(async (topology: string, options: Common & { name?: string }) => {
      const [{ readPlan }, { planScript }] = await Promise.all([
        import('../files/topology-file.ts'),
        import('../plan/script.ts'),
      ]);
      const plan = readPlan(topology, options.name);
      if (options.json === true) json('plan', { plan });
      else outExactly(planScript(plan));
    });

  program
    .command('new')
    .summary('a topology file of your own to begin with, from one that there is')
    .argument('<name>', 'name of the lab; the file is NAME.yaml in this folder')
    .option('--from <topology>', 'name of a shipped topology, or a YAML file', 'nat')
    .action(async (name: string, options: { from: string }) => {
      const { newTopology } = await import('../commands/new.ts');
      const file = newTopology(name, options.from);
      out(`written: ${file}\n  next: change it, then ./lab validate ${file} · ./lab up ${file}`);
    });

  program
    .command('validate')
    .summary('check topology and exercise files; every problem with its line and the fix')
    .argument('<topology...>', 'YAML files, or names of shipped topologies')
    .addOption(jsonOption())
    .action(async (topologies: string[], options: Common) => {
      const { validate } = await import('../commands/validate.ts');
      const results = topologies.map(validate);
      if (options.json === true) json('validate', { results });
      else for (const result of results) out(result.text);
      if (results.some((result) => !result.valid)) finish(EXIT.badInput);
    });

  program
    .command('doctor')
    .summary('what this machine can do, what it cannot, and the fix')
    .option('--fix', "load the kernel modules that LVS takes into a Docker engine's kernel", false)
    .option('--schedulers', "try each scheduler in a Docker engine's kernel, which loads it there", false)
    .addHelpText(
      'after',
      `
On a Docker engine that has the image of a node, a container is made as a lab makes its nodes, one command is run in
it, and it is removed; the engine's kernel then loads ip_vs, ip_vs_rr and ipip where it has them as modules. Nothing else
is changed, unless --fix asks for it.
Exit codes: 0 labs run here; 3 none can; 5 not known yet, as the engine lacks the image of a node (lab image build).`,
    )
    .addOption(jsonOption())
    .action(async (options: Common & { fix: boolean; schedulers: boolean }) => {
      const [{ doctor }, { fixEngine }, { doctorText }] = await Promise.all([
        import('../commands/doctor.ts'),
        import('../place/doctor-docker.ts'),
        import('../report/text.ts'),
      ]);
      if (options.fix) await fixEngine(progressFor(options));
      const diagnosis = await doctor(options.schedulers);
      if (options.json === true) json('doctor', diagnosis);
      else out(doctorText(diagnosis));
      if (diagnosis.ready !== true) finish(diagnosis.ready === null ? EXIT.testUnknown : EXIT.machineCannot);
    });

  program
    .command('cache')
    .summary('what is kept for next time: root file systems, engines; and what of it no longer serves')
    .addArgument(
      new Argument('[what]', 'list; prune: remove what this version does not use').choices(['list', 'prune']),
    )
    .option('--all', 'prune: remove what it does use, too; it is built again when it is needed', false)
    .addOption(jsonOption())
    .action(async (what: string | undefined, options: Common & { all: boolean }) => {
      const [{ kept, removeKept }, { clearUnfinished }, { nodeImage }, { keptTable }] = await Promise.all([
        import('../machine/embedded/cache.ts'),
        import('../machine/embedded/builds.ts'),
        import('../docker/image.ts'),
        import('../report/cache.ts'),
      ]);
      const there = kept(nodeImage(EMBEDDED_PROCESSOR));
      const gone = what === 'prune' ? there.filter(({ used }) => options.all || !used) : [];
      if (what === 'prune') await clearUnfinished();
      await removeKept(gone);
      if (options.json === true) json('cache', what === 'prune' ? { removed: gone } : { kept: there });
      else out(what === 'prune' ? keptTable(gone, 'removed') : keptTable(there, 'kept'));
    });

  program
    .command('schema')
    .summary('print the JSON Schema of the topology file, or of the exercise file')
    .addArgument(new Argument('[file]', 'which').choices(['topology', 'exercise']).default('topology'))
    .action(async (file: string) => {
      const [{ topologyJsonSchema }, { exerciseJsonSchema }] = await Promise.all([
        import('../topology/fields/schema.ts'),
        import('../exercises/schema.ts'),
      ]);
      out(JSON.stringify(file === 'exercise' ? exerciseJsonSchema() : topologyJsonSchema(), null, 2));
    });

  program
    .command('completion')
    .summary('print the completion script of a shell')
    .addHelpText('after', '\nFor bash: source <(lab completion bash)\nFor zsh: source <(lab completion zsh)')
    .argument('<shell>', 'bash or zsh')
    .action(async (shell: string) => {
      const { completionScript } = await import('../commands/completion.ts');
      outExactly(completionScript(shell));
    });

  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { completionsFor } = await import('../commands/completion.ts');
      out(completionsFor(program, words).join('\n'));
    });
}
