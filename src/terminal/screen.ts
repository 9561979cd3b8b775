import { onTerminal } from './paint.ts';
import { visibleLine } from './visible.ts';

/** A line of a screen: plain text, which may be cut to the screen's width, and how to colour it after that. */
export interface Line {
  text: string;
  paint?: (text: string) => string;
}

/** What a terminal shows, drawn anew as a whole. */
export interface Screen {
  /** Shows these lines, as many and as much of each as there is room for, also when the size changes later. */
  draw(lines: Line[]): void;
  /** Leaves the terminal as it was. Harmless when done twice. */
  close(): void;
}

/** Whether a stream is a terminal on which something can be drawn over what is there already. */
export function canDraw(stream: { isTTY?: boolean }): boolean {
  return stream.isTTY === true && process.env['TERM'] !== 'dumb';
}

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';

/**
 * Takes over a terminal: on its alternate screen, without cursor, so that closing shows what was there before. It
 * changes no mode of the terminal's line, so Ctrl-C comes as a signal, and even a killed process leaves a usable one.
 */
export function openScreen(stream: NodeJS.WriteStream): Screen {
  let open = true;
  let content: Line[] = [];
  const paint = () => {
    // A terminal that has just been made may have no size yet.
    const columns = stream.columns || 80;
    const rows = stream.rows || 24;
    const over = content.length - rows;
    const shown: Line[] =
      over <= 0 ? content : [...content.slice(0, rows - 1), { text: `… ${over + 1} more lines` }];
    const text = shown.map((line) => {
      // A line that fills the last column leaves the cursor where terminals differ.
      const cut = Array.from(visibleLine(line.text))
        .slice(0, columns - 1)
        .join('');
      return `${onTerminal(line.paint === undefined ? cut : line.paint(cut))}\x1b[K`;
    });
    // From the top, over what is there, so that nothing flickers; then whatever is left below is wiped.
    stream.write(`\x1b[H${text.join('\n')}\x1b[J`);
  };
  const close = () => {
    if (!open) return;
    open = false;
    stream.off('resize', paint);
    process.off('exit', close);
    stream.write(LEAVE);
  };
  stream.write(ENTER);
  stream.on('resize', paint);
  process.on('exit', close);
  return {
    draw(lines) {
      content = lines;
      if (open) paint();
    },
    close,
  };
}
