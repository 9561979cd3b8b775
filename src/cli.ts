import { Command } from 'commander';
import { addBundleCommands } from './cli/bundle.ts';
import { addClassCommands } from './cli/class.ts';
import { addExerciseCommands } from './cli/exercises.ts';
import { addFailureCommands } from './cli/failures.ts';
import { addFilesCommands } from './cli/files.ts';
import { addImageCommands } from './cli/image.ts';
import { addKernelCommands } from './cli/kernel.ts';
import { addLifecycleCommands } from './cli/lifecycle.ts';
import { addLoadCommand } from './cli/load.ts';
import { addManageCommands } from './cli/manage.ts';
import { addNodesCommands } from './cli/nodes.ts';
import { addProofCommands } from './cli/proof.ts';
import { addVerifyCommand } from './cli/verify.ts';
import { out, type Finish } from './cli/output.ts';
import { onTerminal } from './terminal/paint.ts';
import { toolVersion } from './version.ts';

/**
 * The command tree: flags in, one command's call out. Modules are loaded when their command runs, so that `exec`
 * does not pay for the others.
 * @param finish called with the exit code where it is not 0
 */
export function createCli(finish: Finish): Command {
  const program = new Command('lab')
    .description('A real Linux Virtual Server lab from one command, with the proof that it works.')
    .version(toolVersion)
    .enablePositionalOptions()
    // What it says of arguments has them in it.
    .configureOutput({ writeOut: out, writeErr: (text) => process.stderr.write(onTerminal(text)) })
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
  addLifecycleCommands(program, finish);
  addProofCommands(program, finish);
  addLoadCommand(program, finish);
  addVerifyCommand(program, finish);
  addManageCommands(program, finish);
  addFailureCommands(program);
  addExerciseCommands(program, finish);
  addNodesCommands(program, finish);
  addClassCommands(program, finish);
  addFilesCommands(program, finish);
  addImageCommands(program);
  addKernelCommands(program);
  addBundleCommands(program);
  return program;
}
