import { join } from 'node:path';
import type { Endpoint } from './docker/endpoint.ts';
import { connectEngine } from './docker/engine.ts';
import { interruptSignal } from './host/interrupt.ts';
import { labDirectory, type LabRecord } from './records/lab.ts';
import { localMachine } from './machine/local.ts';
import { isRemote, type Machine } from './machine/machine.ts';
import { embeddedMachine } from './machine/embedded/embedded.ts';
import { rootKey, type Root } from './machine/embedded/root.ts';
import { sshMachine } from './machine/ssh.ts';
import { dockerRuntime } from './runtime/docker/docker.ts';
import { interruptible } from './runtime/interruptible.ts';
import { netns } from './runtime/netns.ts';
import type { Runtime } from './runtime/runtime.ts';

/**
 * The runtime of a lab that exists, or is about to: the only place that names implementations. Work on it ends when this
 * process is interrupted; one that is made thereafter is for taking back what was begun.
 */
export function runtimeOf(record: LabRecord, root?: Root): Runtime {
  return interruptible(
    record.runtime === 'docker'
      ? dockerRuntime(record, () => connectEngine(engineOf(record)))
      : netns(machineOf(record, root)),
    interruptSignal,
  );
}

/** The machine that a lab runs on, or is about to; without a root of its own, nodes get that of their machine. */
export function machineOf({ name, machine, processor }: LabRecord, root?: Root): Machine {
  const directory = labDirectory(name);
  if (isRemote(machine)) return sshMachine(machine, name, root?.key ?? rootKey('netns', processor));
  return machine === 'embedded'
    ? embeddedMachine(directory)
    : localMachine(join(directory, 'nodes'), root?.image ?? '/');
}

/** What a lab has made of namespaces on this host, whether or not its record was ever written. */
export function localNodes(lab: string): Runtime {
  return netns(localMachine(join(labDirectory(lab), 'nodes'), ''));
}

/** The engine whose containers a lab's nodes are. */
export function engineOf({ name, engine }: Pick<LabRecord, 'name' | 'engine'>): Endpoint {
  const url = `unix://${engineSocket(name)}`;
  return engine ?? { url, reason: 'the embedded machine', certificates: undefined };
}

/** Where the socket of an embedded machine's engine appears on this host. */
export function engineSocket(lab: string): string {
  return join(labDirectory(lab), 'docker.sock');
}
