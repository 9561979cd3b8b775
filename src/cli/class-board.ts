import { Option, type Command } from 'commander';
import { SORTS, type BoardSort } from '../class/board.ts';
import type { Language } from '../exercises/types.ts';
import { leaveByInterrupt } from '../host/interrupt.ts';
import { languageOption, localLanguage } from './exercises.ts';
import { jsonLine, jsonOption, out, writeText, type Common } from './output.ts';
import { secondsArgument, wholeNumber } from './numbers.ts';
import { untilUnread } from '../terminal/standard-output.ts';

/** The trainer's board. */
export function addClassBoard(group: Command): void {
  group
    .command('board')
    .summary('who is where: a row a seat, live on a terminal; once in a pipe')
    .option('--class <class>', 'the class (default: the only one that is up)')
    .addOption(new Option('--sort <column>', 'what comes first').choices(SORTS).default('seat'))
    .option('--interval <seconds>', 'from look to look', secondsArgument(0.2, 3600), 2)
    .option(
      '--count <number>',
      'so many looks (default: until Ctrl-C on a terminal, else one)',
      wholeNumber(1),
    )
    .option('--html <file>', 'write it as a page, anew at each look')
    .addOption(languageOption())
    .addOption(jsonOption())
    .action(async (options: BoardOptions) => {
      const [{ board }, { boardLines, boardPage }, { pageHtml }, { canDraw, openScreen }] = await Promise.all(
        [
          import('../commands/class/board.ts'),
          import('../report/class-board.ts'),
          import('../report/document.ts'),
          import('../terminal/screen.ts'),
        ],
      );
      const { sort, interval, html } = options;
      leaveByInterrupt();
      const live = process.stdout.isTTY && options.json !== true && html === undefined;
      const screen = live && canDraw(process.stdout) ? openScreen(process.stdout) : undefined;
      try {
        for await (const frame of board({
          ...{ class: options.class, sort, interval, signal: untilUnread },
          language: options.lang ?? localLanguage(),
          count: options.count ?? (live ? undefined : 1),
        })) {
          if (html !== undefined) await writeText(html, pageHtml(boardPage(frame)), options);
          if (options.json === true) jsonLine('class-board', frame);
          else if (screen !== undefined) screen.draw(boardLines(frame));
          else if (html === undefined)
            out(
              boardLines(frame)
                .map(({ text }) => text)
                .join('\n'),
            );
        }
      } finally {
        screen?.close();
      }
    });
}

interface BoardOptions extends Common {
  class?: string;
  sort: BoardSort;
  interval: number;
  count?: number;
  html?: string;
  lang?: Language;
}
