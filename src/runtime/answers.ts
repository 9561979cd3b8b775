import { LONGEST_COMPLAINT } from '../errors.ts';

/** An answer of `node-agent`, whole. */
export interface Answer {
  good: boolean;
  body: Buffer;
}

/** An answer of which more than its first line is still to come. */
interface Coming {
  good: boolean;
  /** Bytes of its first line, line break included. */
  head: number;
  /** Bytes of the rest. */
  body: number;
}

/** Longest answer that is taken, in bytes: far more than the captures of a test with sixteen real servers. */
export const LONGEST_ANSWER = 512 * 1024 ** 2;
/** Longest first line: `error `, and a number. */
const LONGEST_HEAD = 64;

/**
 * Puts together what an agent sends, piece by piece: for each answer a line `ok LENGTH` or `error LENGTH`, then as many
 * bytes. Each byte is copied once, however small the pieces are.
 */
export class Answers {
  readonly #longest: number;
  /** What has come and is in no answer yet. */
  #pieces: Buffer[] = [];
  #size = 0;
  #coming: Coming | undefined;

  /** @param longest answer that is taken, in bytes */
  constructor(longest = LONGEST_ANSWER) {
    this.#longest = longest;
  }

  /**
   * Takes a piece.
   * @returns the answers that it completes; what is none stays unread
   * @throws Error where an answer is longer than any that an agent gives, or what comes is no answer and has no end
   */
  take(piece: Buffer): Answer[] {
    this.#pieces.push(piece);
    this.#size += piece.length;
    const answers: Answer[] = [];
    for (let answer = this.#next(); answer !== undefined; answer = this.#next()) answers.push(answer);
    if (this.#coming === undefined && this.#size > LONGEST_COMPLAINT) {
      const said = this.unread().slice(0, 200);
      this.#pieces = [];
      throw new Error(`what came is no answer: ${said}…`);
    }
    return answers;
  }

  /** What has come and is no answer: an engine that cannot start the agent says so in its place. */
  unread(): string {
    return this.#coming === undefined ? this.#whole().toString() : '';
  }

  #next(): Answer | undefined {
    this.#coming ??= this.#head();
    if (this.#coming === undefined) return undefined;
    const { good, head, body } = this.#coming;
    if (body > this.#longest)
      throw new Error(`an answer of ${body} bytes was announced, and the longest has ${this.#longest}`);
    if (this.#size < head + body) return undefined;
    const all = this.#whole();
    const rest = all.subarray(head + body);
    this.#pieces = [rest];
    this.#size = rest.length;
    this.#coming = undefined;
    return { good, body: all.subarray(head, head + body) };
  }

  #head(): Coming | undefined {
    const start = this.#start();
    const end = start.indexOf(10);
    const [, word, length] = /^(ok|error) (\d+)$/.exec(start.toString('latin1', 0, Math.max(end, 0))) ?? [];
    return word === undefined ? undefined : { good: word === 'ok', head: end + 1, body: Number(length) };
  }

  /** Enough of what has come to have a first line in it. */
  #start(): Buffer {
    const pieces: Buffer[] = [];
    for (let at = 0, size = 0; at < this.#pieces.length && size < LONGEST_HEAD; at += 1) {
      const piece = this.#pieces[at] ?? Buffer.alloc(0);
      pieces.push(piece);
      size += piece.length;
    }
    return Buffer.concat(pieces).subarray(0, LONGEST_HEAD);
  }

  #whole(): Buffer {
    const all = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
    this.#pieces = all === undefined ? [] : [all];
    return all ?? Buffer.alloc(0);
  }
}
