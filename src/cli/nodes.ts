import type { Command } from 'commander';
import { EXIT, LabError } from '../errors.ts';
import { interruptSignal, leaveByInterrupt } from '../host/interrupt.ts';
import { serviceName } from '../plan/service-name.ts';
import { portNumber, wholeNumber } from './numbers.ts';
import { json, jsonOption, out, type Common, type Finish } from './output.ts';

/** Nodes: commands, terminals, logs, captures. */
export function addNodesCommands(program: Command, finish: Finish): void {
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
        const { exec } = await import('../commands/exec.ts');
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
          import('../commands/exec.ts'),
          import('../lifecycle/existing.ts'),
        ]);
        const found = await findNode(node);
        return exec(node, shellCommand(found.record.name, found.node), true);
      });
    });

  program
    .command('cp')
    .summary('copy a file to a node or from it')
    .argument('<from>', 'FILE, or NODE:FILE')
    .argument('<to>', 'the other of the two; a folder takes it under its own name')
    .action(async (from: string, to: string) => {
      const { copyFile } = await import('../commands/cp.ts');
      out(`copied: ${await copyFile(from, to)}`);
    });

  program
    .command('forward')
    .summary("open a lab's service to a browser on this host; Ctrl-C ends it")
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .argument('[port]', 'port of 127.0.0.1', portNumber(0), 8080)
    .option('--service <vip:port>', 'which service (default: the first)')
    .option('--client <node>', 'the client that asks (default: the first)')
    .action(async (name: string | undefined, port: number, options: ForwardOptions) => {
      const [{ forward }, { findLab }] = await Promise.all([
        import('../commands/forward.ts'),
        import('../lifecycle/existing.ts'),
      ]);
      const lab = await findLab(name);
      const { service, client } = options;
      const { url, ended, ...found } = await forward(lab, { port, service, client, signal: interruptSignal });
      out(`${url} asks ${serviceName(found.service)} from ${found.client}; Ctrl-C ends it`);
      leaveByInterrupt();
      await ended;
    });

  program
    .command('logs')
    .summary("the logs of a node's daemons")
    .argument('<node>', 'NODE, or LAB/NODE where several labs are up')
    .argument('[daemon]', "only this daemon's")
    .option('-n, --lines <count>', 'how many of the last lines', wholeNumber(0), 50)
    .addOption(jsonOption())
    .action(async (node: string, daemon: string | undefined, options: Common & { lines: number }) => {
      const { logs } = await import('../commands/logs.ts');
      const files = await logs(node, daemon, options.lines);
      if (options.json === true) json('logs', { files });
      else for (const { file, text } of files) out(`==> ${file} <==\n${text}`);
    });

  program
    .command('capture')
    .summary('stream what passes an interface, as pcap, to a file or a pipe')
    .argument('<node>', 'NODE, or LAB/NODE where several labs are up')
    .argument('[interface]', 'eth0, eth1 …, lo, tunl0 or any (default: the first)')
    .action(async (node: string, device: string | undefined) => {
      const { capture } = await import('../commands/capture.ts');
      const code = await capture(node, device);
      if (code !== 0) finish(code);
    });
}

interface ForwardOptions {
  service: string | undefined;
  client: string | undefined;
}

/** Runs what has an exit code of its own; the tool's own failure gets 125, which no other command uses. */
async function asOwn(finish: Finish, run: () => Promise<number>): Promise<void> {
  try {
    const code = await run();
    if (code !== 0) finish(code);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    throw new LabError(EXIT.execFailed, error.message, {
      cause: error,
      ...(error.fix === undefined ? {} : { fix: error.fix }),
    });
  }
}
