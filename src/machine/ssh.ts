import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { orEmbedded } from '../host/embedded-here.ts';
import { EXIT, LabError } from '../errors.ts';
import { hostCommand } from '../host/command.ts';
import { packageRoot } from '../host/paths.ts';
import { line } from '../plan/script.ts';
import { expectProcessor } from './expect-processor.ts';
import type { Machine, RemoteName } from './machine.ts';
import { processorNamed, type Processor } from '../host/processor.ts';
import { sshArguments, sshHost } from './ssh-arguments.ts';
import { spawnTied } from './tied.ts';

/** Where another host keeps what was copied to it, for next time. */
const CACHE = '/var/cache/lvslab';

/**
 * Another host, as root, by the user's own ssh.
 * @param lab names the place of its records
 * @param key of the root file system that `prepareRemote` has put there
 */
export function sshMachine(name: RemoteName, lab: string, key: string): Machine {
  return {
    kind: 'remote',
    stateDirectory: `/run/lvslab-remote-${lab}`,
    root: `${CACHE}/root-${key}/root.img`,
    agent: `${CACHE}/root-${key}/node-agent`,
    start: (argv, { stdio, tty = false }) =>
      spawnTied(['ssh', tty ? '-tt' : '-T', ...sshArguments(sshHost(name, `lab ${lab}`)), line(argv)], {
        stdio,
        tty,
      }),
  };
}

/** What must be so on another host, and a line for each that is not. */
const CHECKS = `
[ "$(id -u)" = 0 ] || echo 'you are not root there'
[ "$(uname -s)" = Linux ] || echo 'it is not Linux'
[ -e /dev/loop-control ] || modprobe loop 2>/dev/null || echo 'it has no loop device'
for p in perl ip mount flock; do command -v $p >/dev/null || echo "it lacks $p"; done`;

/**
 * Makes sure that another host can run a lab, and has the root file system.
 * @param modules that its kernel must have
 * @throws LabError machineCannot with everything that it lacks
 */
export async function prepareRemote(
  name: RemoteName,
  root: { key: string; image: string },
  modules: string[],
  copying: () => void,
): Promise<void> {
  const folder = `${CACHE}/root-${root.key}`;
  const there = `[ -e ${folder}/node-agent ] && echo 'has root'; true`;
  const loading = modules.map((m) => `modprobe ${m} 2>/dev/null || echo 'its kernel has no ${m}'`);
  const said = await onHost(name, ['sh', '-c', [CHECKS, ...loading, there].join('\n')]);
  const lines = said.split('\n').filter((row) => row !== '');
  const lacking = lines.filter((row) => row !== 'has root');
  if (lacking.length > 0)
    throw new LabError(EXIT.machineCannot, `${name} cannot run this lab: ${lacking.join('; ')}`, {
      fix: orEmbedded(
        'another way: --runtime docker where it has an engine',
        'or --machine embedded on this host',
      ),
    });
  if (lines.includes('has root')) return;
  copying();
  // Whole or not at all: the agent comes last, by a rename.
  await onHost(name, ['sh', '-c', `umask 022; mkdir -p ${folder} && cat >${folder}/root.img`], root.image);
  const agent = join(packageRoot, 'images', 'node-agent');
  await onHost(name, ['sh', '-c', `cat >${folder}/new && mv ${folder}/new ${folder}/node-agent`], agent);
}

/**
 * The processor of another host.
 * @throws LabError machineCannot where labs do not run on it, or nobody answers
 */
export async function remoteProcessor(name: RemoteName): Promise<Processor> {
  const said = (await onHost(name, ['uname', '-m'])).trim();
  return expectProcessor(processorNamed(said), `${name} runs on ${said}`);
}

async function onHost(name: RemoteName, argv: string[], inputFile?: string): Promise<string> {
  const there = sshArguments(sshHost(name, '--machine'));
  const result = await hostCommand('ssh', ['-T', '-C', ...there, line(argv)], {
    ...(inputFile === undefined ? { stdin: 'ignore' } : { input: createReadStream(inputFile) }),
    reject: false,
  });
  if (result.exitCode === 0) return result.stdout;
  throw new LabError(
    EXIT.machineCannot,
    `${name} cannot be used: ${result.stderr.trim() || 'ssh gave no reason'}`,
    {
      fix: `this must work: ${line(['ssh', ...there, 'true'])}`,
    },
  );
}
