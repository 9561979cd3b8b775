import { randomBytes } from 'node:crypto';
import pc from 'picocolors';
import { visible } from './visible.ts';

/**
 * The tool's own colours, inside a report, are marks that nobody outside this process can know; `onTerminal` puts the
 * escape sequences in their place. So what a student writes is never taken for them, not even a green tick.
 */
const KEY = `\x1b]${randomBytes(16).toString('hex')};`;

const COLOURS = ['bold', 'dim', 'red', 'green', 'yellow', 'cyan', 'magenta'] as const;

type Paint = Record<(typeof COLOURS)[number], (text: string) => string>;

/** picocolors takes CI for a reason for colours, also at a terminal that has none. */
const isDumb = process.env['TERM'] === 'dumb' && (process.env['FORCE_COLOR'] ?? '') === '';

/** Colours for parts of a report; none where picocolors finds that there is to be no colour, or the terminal has none. */
export const paint = Object.fromEntries(COLOURS.map((colour) => [colour, painter(colour)])) as Paint;

function painter(colour: (typeof COLOURS)[number]): (text: string) => string {
  const [begin = '', end = ''] = (isDumb ? '\0' : pc[colour]('\0'))
    .split('\0')
    .map((sequence) => sequence.replace('\x1b[', KEY));
  return (text) => `${begin}${text}${end}`;
}

/**
 * A finished text as it goes to a terminal, or in its place to a pipe: the only escape sequences in it are those of
 * `paint`. To be applied once, where it is written.
 */
export function onTerminal(text: string): string {
  return text
    .split(KEY)
    .map((part, index) => {
      if (index === 0) return visible(part);
      const end = part.indexOf('m') + 1;
      return `\x1b[${part.slice(0, end)}${visible(part.slice(end))}`;
    })
    .join('');
}
