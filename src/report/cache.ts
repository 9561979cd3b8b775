import type { Kept } from '../machine/embedded/cache.ts';
import { processorText } from '../host/processor.ts';
import { columns } from '../terminal/columns.ts';
import { paint } from '../terminal/paint.ts';

/** What is kept for next time, or was. */
export function keptTable(things: readonly Kept[], word: 'kept' | 'removed'): string {
  const sum = things.reduce((bytes, thing) => bytes + thing.bytes, 0);
  if (things.length === 0) return `nothing ${word === 'kept' ? 'is kept' : 'to remove'}`;
  const idle = word === 'kept' && things.some(({ used }) => !used);
  return [
    columns([
      ['NAME', 'WHAT', 'PROCESSOR', 'SIZE', 'MADE'],
      ...things.map(({ name, what, processor, bytes, made }) => [
        ...[name, what, processor === undefined ? '-' : processorText(processor)],
        ...[size(bytes), made.slice(0, 10)],
      ]),
    ]),
    `${word}: ${size(sum)}`,
    ...(idle ? [paint.dim('  next: ./lab cache prune (what this version does not use)')] : []),
  ].join('\n');
}

/** The kernels that were made for labs, and which one labs get. */
export function kernelTable({
  used,
  kernels,
}: {
  used: { directory: string; release: string; source: { package: string; version: string } } | undefined;
  kernels: readonly Kept[];
}): string {
  return [
    ...(kernels.length === 0 ? [] : [keptTable(kernels, 'kept')]),
    used === undefined
      ? 'embedded labs run on Debian’s kernel; lab kernel build makes one for them'
      : `embedded labs run on ${used.release} (Debian’s source ${used.source.package} ${used.source.version}) in ${used.directory}`,
  ].join('\n');
}

const size = (bytes: number) => `${Math.round(bytes / 1024 ** 2)} MB`;
