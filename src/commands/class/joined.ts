import { MOST_SEATS, type Seat } from '../../class/roster.ts';
import { seatLab, type ClassRecord } from '../../records/class.ts';
import { EXIT, LabError } from '../../errors.ts';
import { labExists } from '../../records/lab.ts';
import type { KernelKind } from '../../machine/embedded/kernel-kinds.ts';

/** What a class is to become. */
export interface Joining {
  topology: string;
  seats: Seat[];
  kernel?: KernelKind | undefined;
}

/**
 * The class as it is to be: its seats, and the new ones.
 * @throws LabError badInput where they cannot be in one class
 */
export function joined(
  before: ClassRecord | undefined,
  { topology, seats, kernel }: Joining,
  name: string,
): ClassRecord {
  if (before !== undefined && before.topology !== topology)
    throw new LabError(EXIT.badInput, `class ${name} is up, but from ${before.topology}, not ${topology}`, {
      fix: `take it down: lab class down ${name}; or give this one another name: --name NAME`,
    });
  const there = before?.seats ?? [];
  const clash = seats.find((s) => there.some((old) => old.seat === s.seat && old.name !== s.name));
  if (clash !== undefined)
    throw new LabError(
      EXIT.badInput,
      `"${clash.name}" would sit at ${clash.seat}, where "${there.find((old) => old.seat === clash.seat)?.name ?? ''}" sits`,
      { fix: 'write the name differently' },
    );
  const fresh = seats.filter((s) => !there.some((old) => old.seat === s.seat));
  const all = [...there, ...fresh];
  if (all.length === 0)
    throw new LabError(EXIT.badInput, 'who is in the class?', {
      fix: 'say how many (--students 20), or who (--roster FILE)',
    });
  if (all.length > MOST_SEATS)
    throw new LabError(
      EXIT.badInput,
      `a class has at most ${MOST_SEATS} seats, and this one would have ${all.length}`,
    );
  const taken = fresh.map((seat) => seatLab({ name }, seat)).filter(labExists);
  if (taken.length > 0)
    throw new LabError(
      EXIT.badInput,
      `labs that are none of class ${name} have its seats' names: ${taken.join(', ')}`,
      {
        fix: 'give the class another name: --name NAME',
      },
    );
  return {
    ...(before ?? { version: 1, name, topology, created: new Date().toISOString() }),
    seats: all,
    ...(kernel === undefined ? {} : { kernel }),
  };
}
