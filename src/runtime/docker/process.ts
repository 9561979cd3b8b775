import { EventEmitter } from 'node:events';
import { PassThrough, type Duplex, type Readable, type Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import type { StdioOptions } from 'node:child_process';
import type Docker from 'dockerode';
import { EXIT, LabError } from '../../errors.ts';
import type { Running } from '../runtime.ts';

/** Environment variable by which a command's processes are found again: the API tells no number that holds inside. */
const MARK = 'LVSLAB_EXEC';

/** A command in a container, in the shape of a child process. */
class ContainerProcess extends EventEmitter implements Running {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly apart = true;
  readonly mark = randomUUID();
  /** Where the command's own streams lead. */
  readonly ends: { input: Readable; output: Writable; error: Writable };
  private readonly onKill: (signal: NodeJS.Signals) => void;

  constructor(stdio: StdioOptions, onKill: (mark: string, signal: NodeJS.Signals) => void) {
    super();
    const [first, second, third] = Array.isArray(stdio) ? stdio : [stdio, stdio, stdio];
    const [input, output, error] = [new PassThrough(), new PassThrough(), new PassThrough()];
    this.stdin = first === 'pipe' ? input : null;
    this.stdout = second === 'pipe' ? output : null;
    this.stderr = third === 'pipe' ? error : null;
    if (first === 'ignore') input.end();
    this.ends = {
      input: first === 'inherit' ? process.stdin : input,
      output: second === 'inherit' ? process.stdout : output,
      error: third === 'inherit' ? process.stderr : error,
    };
    if (second === 'ignore') output.resume();
    if (third === 'ignore') error.resume();
    this.onKill = (signal) => {
      onKill(this.mark, signal);
    };
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): boolean {
    this.onKill(signal);
    return true;
  }
}

/** How a command in a container is started. */
interface Start {
  stdio: StdioOptions;
  tty?: boolean;
  /** The engine does not end it when this process is gone, so another one in the container does; not where it ends itself. */
  guarded: boolean;
}

/** Starts a command in a container with live streams. */
export function startInContainer(
  docker: () => Promise<Docker>,
  container: string,
  argv: string[],
  { stdio, tty = false, guarded }: Start,
): Running {
  const child = new ContainerProcess(stdio, (mark, signal) => {
    void signalMarked(docker, container, mark, signal);
  });
  const release = guarded ? guard(docker, container, child.mark) : () => Promise.resolve();
  run(docker, container, argv, tty, child).then(
    async (code) => {
      await release();
      child.emit('exit', code, null);
      child.emit('close', code, null);
    },
    (error: unknown) => {
      child.emit('error', error);
      child.emit('close', null, null);
    },
  );
  return child;
}

/**
 * The first process of a container that has not been started yet, in the shape of a child process. It has the end of its
 * input when this process is gone.
 */
export async function attachTo(engine: Docker, container: Docker.Container): Promise<Running> {
  const streams = { stdin: true, stdout: true, stderr: true };
  const stream = await container.attach({ stream: true, hijack: true, ...streams });
  const child = new ContainerProcess('pipe', () => {
    stream.end();
  });
  const { input, output, error } = child.ends;
  input.pipe(stream);
  stream.on('error', () => undefined);
  engine.modem.demuxStream(stream, output, error);
  void ended(stream).then(() => {
    input.unpipe(stream);
    for (const own of [output, error]) own.end();
    child.emit('exit', null, null);
    child.emit('close', null, null);
  });
  return child;
}

async function run(
  docker: () => Promise<Docker>,
  container: string,
  argv: string[],
  tty: boolean,
  child: ContainerProcess,
): Promise<number> {
  const engine = await docker();
  const exec = await engine.getContainer(container).exec({
    Cmd: argv,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: tty,
    WorkingDir: '/root',
    Env: [`${MARK}=${child.mark}`, `TERM=${process.env['TERM'] ?? 'dumb'}`],
  });
  const stream = await exec.start({ hijack: true, stdin: true, Tty: tty });
  const { input, output, error } = child.ends;
  const release = tty ? holdTerminal(exec) : () => undefined;
  input.pipe(stream);
  // The command may end before it has read all of its input.
  stream.on('error', () => undefined);
  try {
    if (tty) stream.pipe(output, { end: false });
    else engine.modem.demuxStream(stream, output, error);
    await ended(stream);
  } finally {
    release();
    input.unpipe(stream);
    if (input === process.stdin) process.stdin.pause();
    for (const own of [output, error]) if (own !== process.stdout && own !== process.stderr) own.end();
  }
  return exitCode(exec);
}

function ended(stream: NodeJS.ReadWriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('end', resolve);
    stream.once('close', resolve);
  });
}

/**
 * Has a process in the container end what has a mark, once this process is gone.
 * @returns what tells it that this is not wanted any more
 */
function guard(docker: () => Promise<Docker>, container: string, mark: string): () => Promise<void> {
  const begin = async (): Promise<Duplex> => {
    const engine = await docker();
    const exec = await engine.getContainer(container).exec({
      Cmd: ['perl', '/usr/lib/lvslab/node-agent', 'guard', mark],
      AttachStdin: true,
    });
    return exec.start({ hijack: true, stdin: true });
  };
  // Where the container is gone, there is nothing to guard.
  const begun = begin().catch(() => undefined);
  return async () => {
    const stream = await begun;
    if (stream === undefined) return;
    stream.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      stream.end('ended\n', resolve);
      stream.once('close', resolve);
    });
  };
}

/** Milliseconds in which an engine says how a command is, and in which it notes the exit code of one that has ended. */
const PATIENCE = 30_000;

/**
 * The stream may end a moment before the engine has noted the exit code; a command that has closed its output goes on
 * for as long as it likes, and is asked for ever less often.
 */
export async function exitCode(
  exec: {
    inspect: (options: {
      abortSignal: AbortSignal;
    }) => Promise<{ Running: boolean; ExitCode: number | null }>;
  },
  patience = PATIENCE,
): Promise<number> {
  let limit = performance.now() + patience;
  for (let pause = 10; ; pause = Math.min(2 * pause, 1000)) {
    const { Running, ExitCode } = await exec.inspect({ abortSignal: AbortSignal.timeout(patience) });
    if (!Running && ExitCode !== null) return ExitCode;
    if (Running) limit = performance.now() + patience;
    else if (performance.now() > limit)
      throw new LabError(EXIT.labFailed, 'the Docker engine does not say how the command ended', {
        fix: 'is its node still there? lab status',
      });
    await sleep(pause);
  }
}

/** The user's terminal passes every key on, and the command's has its size, until the returned function is called. */
function holdTerminal(exec: Docker.Exec): () => void {
  const resize = () => {
    const { rows: h, columns: w } = process.stdout;
    exec.resize({ h, w }).catch(() => undefined);
  };
  process.stdin.setRawMode(true);
  process.stdout.on('resize', resize);
  resize();
  return () => {
    process.stdout.off('resize', resize);
    process.stdin.setRawMode(false);
  };
}

async function signalMarked(
  docker: () => Promise<Docker>,
  container: string,
  mark: string,
  signal: NodeJS.Signals,
): Promise<void> {
  const script = `for p in /proc/[0-9]*; do grep -qzs '^${MARK}=${mark}$' $p/environ && kill -${signal.slice(3)} \${p#/proc/}; done`;
  try {
    const exec = await (await docker()).getContainer(container).exec({ Cmd: ['sh', '-c', script] });
    // Not attached: an engine may refuse to attach to a command that has no streams, as Podman does.
    await exec.start({ Detach: true });
  } catch {
    // The container is gone, and the command with it.
  }
}
