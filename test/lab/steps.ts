import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The programs of this host that `up` starts, by itself or through others. */
const PROGRAMS = ['bwrap', 'cat', 'flock', 'ip', 'modprobe', 'mount', 'perl', 'setpriv', 'sh', 'ssh'];

/** Stand-ins for programs that count their calls, and at a given one kill whoever started it all. */
export class Steps {
  readonly programs: string;
  private readonly folder: string;

  /** @param late seconds that the program waits after the kill, as on a busy machine, before it does its work */
  constructor(folder: string, late: number) {
    this.folder = folder;
    this.programs = join(folder, 'bin');
    mkdirSync(this.programs, { recursive: true });
    this.killAt(0, 0);
    for (const name of PROGRAMS) {
      const real = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'].map((d) => join(d, name)).find(existsSync);
      if (real !== undefined)
        writeFileSync(join(this.programs, name), this.standIn(real, late), { mode: 0o755 });
    }
  }

  /** From now on: kill `victim` as it starts its program number `step`, which counts from 1. */
  killAt(step: number, victim: number): void {
    writeFileSync(join(this.folder, 'log'), '');
    writeFileSync(join(this.folder, 'order'), `${step} ${victim}\n`);
  }

  /** What was called, in order. */
  log(): string {
    return readFileSync(join(this.folder, 'log'), 'utf8');
  }

  private standIn(real: string, late: number): string {
    // The environment does not reach everything, so all is in files. A line of the log is one write, hence whole.
    return `#!/bin/bash
read -r step victim < '${this.folder}/order'
if [ "$step" != 0 ]; then
  echo "$$ ${real} \${*: -1}" >> '${this.folder}/log'
  if [ "$(/usr/bin/grep -n "^$$ " '${this.folder}/log' | /usr/bin/tail -1 | /usr/bin/cut -d: -f1)" = "$step" ]; then
    /bin/kill -9 "$victim"
    /bin/sleep ${late}
  fi
fi
exec ${real} "$@"
`;
  }
}
