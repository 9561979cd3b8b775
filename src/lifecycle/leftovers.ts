import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { namesIn, linkOrNothing, textOrNothing } from '../host/files.ts';
import { homeDirectory } from '../host/paths.ts';
import { socketFolder } from '../docker/ssh-socket.ts';

/** What is left of labs on this host: each as a person would look for it. */
export interface Leftovers {
  processes: string[];
  mounts: string[];
  /** Loop devices that hold a file of a lab. */
  loopDevices: string[];
  files: string[];
}

/** What some labs could have left on this host so far. Namespaces live by processes and mounts alone. */
export function whatIsThere(directories: string[]): Leftovers {
  const mentioned = (text: string) => directories.some((directory) => text.includes(directory));
  return {
    processes: namesIn('/proc')
      .filter((pid) => /^\d+$/.test(pid) && pid !== String(process.pid))
      .map((pid) => `${pid} ${textOrNothing(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()}`)
      // What works in a lab's folder names its files without it.
      .filter((text) => mentioned(text) || mentioned(linkOrNothing(`/proc/${parseInt(text, 10)}/cwd`))),
    mounts: textOrNothing('/proc/self/mounts').split('\n').filter(mentioned),
    loopDevices: namesIn('/sys/block')
      .map((device) => `${device} ${textOrNothing(`/sys/block/${device}/loop/backing_file`).trim()}`)
      .filter(mentioned),
    files: [
      ...directories.filter((directory) => existsSync(directory)),
      // The places where a kernel, an ssh client or this process puts files.
      ...namesIn(tmpdir()).filter((entry) => entry.startsWith(socketFolder(process.pid))),
      ...namesIn(join(homeDirectory() ?? '', '.uml')).map((entry) => join('~/.uml', entry)),
    ],
  };
}

/** What is there now and was not before; a process that is about to end is given a few seconds to do so. */
export async function leftSince(before: Leftovers, directories: string[]): Promise<Leftovers> {
  for (let waited = 0; whatIsThere(directories).processes.length > 0 && waited < 50; waited += 1)
    await sleep(100);
  const now = whatIsThere(directories);
  const fresh = (key: keyof Leftovers) => now[key].filter((thing) => !before[key].includes(thing));
  return {
    processes: fresh('processes'),
    mounts: fresh('mounts'),
    loopDevices: fresh('loopDevices'),
    files: fresh('files'),
  };
}

/** Files and sockets that this process has open. */
export function openFiles(): number {
  return namesIn('/proc/self/fd').length;
}
