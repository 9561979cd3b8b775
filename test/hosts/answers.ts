import type { Readable } from 'node:stream';

/** Something that the agent in the machine said, or that there will be no more. */
export interface Answer {
  kind: 'ready' | 'out' | 'end' | 'ended';
  /** The output, the exit code, or why it has ended. */
  value: string;
}

/** Takes apart what `guest/agent` says. */
export function readAnswers(line: Readable) {
  const queue: Answer[] = [];
  let waiting: ((answer: Answer) => void) | undefined;
  let rest = Buffer.alloc(0);
  let over: Answer | undefined;
  const give = (answer: Answer) => {
    if (waiting === undefined) queue.push(answer);
    else waiting(answer);
    waiting = undefined;
  };
  line.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const at = rest.indexOf('\n');
      if (at < 0) return;
      const [kind, value = ''] = rest.subarray(0, at).toString().split(' ');
      if (kind === 'out') {
        const end = at + 1 + Number(value);
        if (rest.length < end) return;
        give({ kind, value: rest.subarray(at + 1, end).toString() });
        rest = rest.subarray(end);
        continue;
      }
      rest = rest.subarray(at + 1);
      if (kind === 'ready' || kind === 'end') give({ kind, value });
      else over = { kind: 'ended', value: `the agent said ${JSON.stringify(kind)}` };
    }
  });
  return {
    next: (): Promise<Answer> => {
      const answer = queue.shift() ?? over;
      if (answer !== undefined) return Promise.resolve(answer);
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    /** There will be no more, for this reason. */
    end: (why: string): void => {
      over ??= { kind: 'ended', value: why };
      if (waiting !== undefined) waiting(over);
      waiting = undefined;
    },
  };
}
