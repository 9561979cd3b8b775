import { constants } from 'node:os';
import { EXIT, LabError } from '../errors.ts';
import { takeSignals } from '../host/interrupt.ts';
import { tcpdumpCommand } from '../traffic/capture.ts';
import { carryOut, mustCarry } from '../terminal/standard-output.ts';
import { findNode } from '../lifecycle/existing.ts';

/**
 * Streams what passes an interface, as pcap, to standard output until it is interrupted.
 * @param device undefined: the node's first
 * @returns the exit code
 * @throws LabError badInput where there is no such interface, or a terminal would get the bytes
 */
export async function capture(reference: string, device: string | undefined): Promise<number> {
  const { record, runtime, node } = await findNode(reference);
  const devices = record.plan.nodes.find((n) => n.name === node)?.interfaces.map((i) => i.name) ?? [];
  const known = [...devices, 'lo', 'any', 'tunl0', 'gre0', 'sit0', 'ip6tnl0', 'ip6gre0'];
  const chosen = device ?? devices[0] ?? 'any';
  if (!known.includes(chosen))
    throw new LabError(EXIT.badInput, `${node} has no interface ${chosen}`, {
      fix: `one of: ${known.join(', ')}`,
    });
  if (process.stdout.isTTY)
    throw new LabError(EXIT.badInput, 'a capture is a binary stream, and this is a terminal', {
      fix: `send it to a file (> ${node}.pcap), or into a reader: | tcpdump -nr -  or  | wireshark -ki -`,
    });
  const child = runtime.start(node, tcpdumpCommand(chosen, '-'), {
    stdio: ['pipe', mustCarry() ? 'pipe' : 'inherit', 'inherit'],
  });
  const carried = child.stdout === null ? undefined : carryOut(child.stdout);
  // Ctrl-C is how one leaves it. tcpdump writes out each packet at once: nothing is lost with it.
  let asked: NodeJS.Signals | undefined;
  takeSignals(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => {
    asked = signal;
    child.kill('SIGTERM');
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', (error) => {
      reject(new LabError(EXIT.labFailed, `cannot capture on ${node}: ${error.message}`));
    });
    child.once('exit', (code) => {
      if (asked === undefined) resolve(code === 0 ? EXIT.done : EXIT.labFailed);
      else resolve(asked === 'SIGINT' ? EXIT.done : 128 + constants.signals[asked]);
    });
  });
  await carried;
  return code;
}
