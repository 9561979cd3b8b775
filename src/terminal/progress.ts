import { onTerminal, paint } from './paint.ts';
import { canDraw } from './screen.ts';
import { visibleLine } from './visible.ts';

/** One thing in progress. Ends exactly once. */
export interface Task {
  /** What it is doing now; shown on a terminal only. */
  update(detail: string): void;
  done(detail: string): void;
  fail(): void;
  /** Ends without a word, where others have said what there is to say. */
  end(): void;
}

/** Says what is going on: a live line on a terminal, one plain line for each finished thing in a pipe. */
export interface Progress {
  start(title: string, detail?: string): Task;
  /** A warning that must not be overlooked. */
  warn(message: string): void;
  /** A line of its own, indented under the last. */
  note(text: string): void;
  /** Lines of their own, while something else may be in progress. */
  print(text: string): void;
}

const TITLE_WIDTH = 16;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Progress on a stream; `quiet` shows warnings only. */
export function createProgress(stream: NodeJS.WriteStream, options: { quiet?: boolean } = {}): Progress {
  const live = canDraw(stream) && options.quiet !== true;
  const say = (text: string) => {
    if (options.quiet !== true) stream.write(`${onTerminal(text)}\n`);
  };
  return {
    start(title, detail = '') {
      const began = performance.now();
      const label = title.padEnd(TITLE_WIDTH);
      let current = detail;
      let frame = 0;
      const draw = () => {
        const seconds = Math.floor((performance.now() - began) / 1000);
        const text = `${FRAMES[frame++ % FRAMES.length] ?? ''} ${label}  ${current}${seconds > 2 ? `  ${seconds} s` : ''}`;
        stream.write(`\r\x1b[K${visibleLine(text).slice(0, stream.columns - 1)}`);
      };
      const timer = live ? setInterval(draw, 100).unref() : undefined;
      if (live) draw();
      const finish = (line: string) => {
        clearInterval(timer);
        if (live) stream.write('\r\x1b[K');
        say(line);
      };
      return {
        update(text) {
          current = text;
          if (live) draw();
        },
        done: (text) => {
          finish(`${paint.green('✔')} ${label}  ${text}`);
        },
        end: () => {
          clearInterval(timer);
          if (live) stream.write('\r\x1b[K');
        },
        fail: () => {
          finish(`${paint.red('✘')} ${label}  ${current}`);
        },
      };
    },
    warn(message) {
      stream.write(`${live ? '\r\x1b[K' : ''}${onTerminal(paint.yellow(`! ${message}`))}\n`);
    },
    note(text) {
      say(`  ${text}`);
    },
    print(text) {
      if (live) stream.write('\r\x1b[K');
      say(text);
    },
  };
}

/** A time as people read it: `0.4 s`, `48 s`. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 9950 ? 1 : 0)} s`;
}
