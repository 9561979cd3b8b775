import { EXIT, LabError, complained } from '../errors.ts';
import { Answers, type Answer } from './answers.ts';
import type { Running } from './runtime.ts';

/** A conversation with `node-agent`. */
export interface Agent {
  /**
   * Sends one request and waits for its answer; requests are answered one after the other.
   * @param orders rows of words, as the agent's head describes them
   * @throws LabError labFailed with the agent's own words, or where the machine is gone
   */
  request(orders: string[][]): Promise<Buffer>;
  /**
   * Keeps the conversation going while nothing is asked: what an agent holds for somebody ends with it.
   * @returns what ends that, the first time that it is called
   */
  keep: () => () => void;
}

interface Waiting {
  text: string;
  resolve: (answer: Buffer) => void;
  reject: (error: Error) => void;
}

/** Milliseconds without a request after which an agent is let go: a process that makes many labs would gather many. */
const IDLE = 1000;

/**
 * The agent is started with the first request and stays for the next, because starting it takes longer than most
 * requests.
 * @param place where it runs, for messages
 */
export function agentBy(place: string, launch: () => Running): Agent {
  let child: Running | undefined;
  let idle: NodeJS.Timeout | undefined;
  let kept = 0;
  const waiting: Waiting[] = [];

  function start(): Running {
    const started = launch();
    const received = new Answers();
    let complaint = '';
    started.stderr?.on('data', (chunk: Buffer) => (complaint = complained(complaint, chunk)));
    started.stdout?.on('data', (chunk: Buffer) => {
      let answers: Answer[];
      try {
        answers = received.take(chunk);
      } catch (error) {
        // Whatever comes now, nobody knows where an answer begins.
        ended((error as Error).message);
        started.stdout?.removeAllListeners('data').resume();
        started.kill('SIGKILL');
        return;
      }
      for (const answer of answers) {
        const { resolve, reject } = waiting.shift() ?? {};
        // A request that is read ahead of its turn would be lost with the buffer that it waits in.
        if (waiting[0] !== undefined) started.stdin?.write(waiting[0].text);
        if (answer.good) resolve?.(answer.body);
        else reject?.(failure(place, answer.body.toString()));
      }
      letGoWhenIdle();
    });
    // Writing to what has ended is reported by its end.
    started.stdin?.on('error', () => undefined);
    const ended = (reason: string) => {
      // One that was let go ends while the next may be at work.
      if (child !== started) return;
      child = undefined;
      for (const { reject } of waiting.splice(0))
        reject(failure(place, complaint.trim() || received.unread().trim() || reason));
    };
    started.once('error', (error) => {
      ended(error.message);
    });
    started.once('close', () => {
      ended('it stopped answering');
    });
    return started;
  }

  function letGoWhenIdle(): void {
    clearTimeout(idle);
    if (waiting.length + kept === 0) idle = setTimeout(letGo, IDLE).unref();
  }

  /** It ends with its input. */
  function letGo(): void {
    child?.stdin?.end();
    child = undefined;
  }

  return {
    request(orders) {
      clearTimeout(idle);
      child ??= start();
      const text = orders.map((words) => `${words.map(encodeURIComponent).join(' ')}\n`).join('');
      return new Promise((resolve, reject) => {
        waiting.push({ text: `${text}end\n`, resolve, reject });
        if (waiting.length === 1) child?.stdin?.write(`${text}end\n`);
      });
    },
    keep() {
      kept += 1;
      clearTimeout(idle);
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        kept -= 1;
        letGoWhenIdle();
      };
    },
  };
}

function failure(place: string, message: string): LabError {
  return new LabError(EXIT.labFailed, `on ${place}: ${message.trim()}`);
}
