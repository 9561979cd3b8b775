import type { Kept } from '../machine/embedded/cache.ts';
import { processorText } from '../machine/processor.ts';
import { columns } from './columns.ts';
import { paint } from './paint.ts';

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

const size = (bytes: number) => `${Math.round(bytes / 1024 ** 2)} MB`;
