import type { ShownChange, Frame } from '../commands/watch.ts';
import { canDraw, openScreen } from '../terminal/screen.ts';
import { watchLines } from '../report/watch.ts';

/** More than one screen shows. */
const KEPT_CHANGES = 50;

/**
 * Shows looks as they come: on a terminal as one screen, elsewhere (and where TERM is dumb) as blocks of text without escape codes.
 * @param print takes a block
 */
export async function watchOn(
  stream: NodeJS.WriteStream,
  frames: AsyncIterable<Frame>,
  print: (text: string) => void,
): Promise<void> {
  const changes: ShownChange[] = [];
  const screen = canDraw(stream) ? openScreen(stream) : undefined;
  try {
    for await (const frame of frames) {
      changes.push(...frame.changes);
      changes.splice(0, changes.length - KEPT_CHANGES);
      const lines = watchLines(frame, changes);
      if (screen === undefined) print(`${lines.map(({ text }) => text).join('\n')}\n\n`);
      else screen.draw(lines);
    }
  } finally {
    screen?.close();
  }
}
