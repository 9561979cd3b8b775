import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { LONGEST_QUESTION, questionOf, type SeatConsoleNode } from '../../class/seat-console.ts';
import { EXIT } from '../../errors.ts';
import { labDirectory, type LabRecord } from '../../records/lab.ts';
import { shellCommand } from '../exec.ts';

/** Milliseconds for a question to be asked. */
const PATIENCE = 10_000;
/** Questions of one seat at once: one terminal's, and another's. */
const MOST_QUESTIONS = 4;

/** Where what students of a seat's lab ask is answered. */
export function seatConsoleSocket(lab: string): string {
  return join(labDirectory(lab), 'console.sock');
}

/** Commands that run now, of all seats, and who waits for one to end. */
let running = 0;
const waiting: (() => void)[] = [];

/**
 * Answers what students of one seat ask with the tool's own commands (images/seat-seat console): at a socket that their machine
 * sees. They say which command; the lab is always their own.
 * @param onEnter called with what the seat's ssh server was given for a connection, once somebody has logged in by that
 */
export async function answerAt(
  socket: string,
  lab: string,
  onEnter: (token: string) => void,
): Promise<Server> {
  let questions = 0;
  const server = createServer({ allowHalfOpen: true }, (asker) => {
    asker.on('error', () => asker.destroy());
    asker.on('close', () => (questions -= 1));
    questions += 1;
    if (questions > MOST_QUESTIONS) {
      end(asker, 'lab: your other questions come first\n', EXIT.execFailed);
      return;
    }
    let line = '';
    const timer = setTimeout(() => asker.destroy(), PATIENCE);
    asker.setEncoding('latin1').on('data', (text: string) => {
      if (line.includes('\n')) return;
      line += text;
      const end = line.indexOf('\n');
      if (end < 0 && line.length <= LONGEST_QUESTION) return;
      clearTimeout(timer);
      if (end < 0) asker.destroy();
      else void answer(asker, line.slice(0, end), lab, onEnter);
    });
    asker.on('end', () => {
      if (!line.includes('\n')) asker.destroy();
    });
    asker.on('close', () => {
      clearTimeout(timer);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  return server;
}

async function answer(
  asker: Socket,
  line: string,
  lab: string,
  onEnter: (token: string) => void,
): Promise<void> {
  const question = questionOf(line, lab);
  if (question.ask === 'enter') {
    onEnter(question.token);
    asker.end();
  } else if (question.ask === 'help') end(asker, `${question.text}\n`, EXIT.done);
  else if (question.ask === 'refused')
    end(asker, `lab: ${question.text}\n(lab help lists what there is)\n`, EXIT.badInput);
  else {
    await turn();
    try {
      if (!asker.destroyed) await run(asker, question.argv, question.color);
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  }
}

/** As many commands at once as there are processors twice over: forty students may all test at the same time. */
async function turn(): Promise<void> {
  while (running >= 2 * availableParallelism()) await new Promise<void>((resolve) => waiting.push(resolve));
  running += 1;
}

function run(asker: Socket, argv: string[], color: boolean): Promise<void> {
  const [script = ''] = process.argv.slice(1);
  const env = { ...process.env, FORCE_COLOR: color ? '1' : undefined, NO_COLOR: color ? undefined : '1' };
  const child = spawn(process.execPath, [script, ...argv], { stdio: ['ignore', 'pipe', 'pipe'], env });
  const left = () => child.kill('SIGTERM');
  asker.on('close', left);
  // Its other end only stops sending when it is gone: it asks with the same breath.
  asker.on('end', left);
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => {
      if (asker.destroyed || asker.write(bytes)) return;
      // Who does not read what was asked for does not get it into this process's memory either.
      stream.pause();
      for (const event of ['drain', 'close']) asker.once(event, () => stream.resume());
    });
  return new Promise((resolve) => {
    child.on('error', (error) => {
      end(asker, `lab: ${error.message}\n`, EXIT.execFailed);
      resolve();
    });
    child.on('close', (code) => {
      end(asker, '', code ?? EXIT.execFailed);
      resolve();
    });
  });
}

/** The last words, a zero byte and the exit code. */
function end(asker: Socket, text: string, code: number): void {
  if (!asker.destroyed) asker.end(`${text}\0${code}\n`);
}

/** The nodes of a lab for the menu of its seat. */
export function seatConsoleNodes({ name, plan }: LabRecord): SeatConsoleNode[] {
  return plan.nodes.map((node) => ({
    name: node.name,
    about: [node.role, ...node.interfaces.flatMap((own) => own.addresses.map(({ address }) => address))].join(
      '  ',
    ),
    shell: shellCommand(name, node.name).at(-1) ?? 'sh',
  }));
}
