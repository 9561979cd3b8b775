import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EXIT, LabError, cannotWrite } from '../errors.ts';
import { noteActivity } from '../test-record.ts';
import { findNode } from './existing.ts';

/** Where a file is: on this host, or on a node. */
interface Place {
  /** `NODE` or `LAB/NODE`; undefined: this host. */
  node: string | undefined;
  path: string;
}

/** Puts what comes in its place whole or not at all; a folder takes it under its own name. */
const TAKE = `
  d=$1; [ -d "$d" ] && d=\${d%/}/$2
  umask 022; cat >"$d.part" && chmod "$3" "$d.part" && mv "$d.part" "$d" || { rm -f "$d.part"; exit 1; }`;
const GIVE = `[ -f "$1" ] || { [ -e "$1" ] && echo "$1 is no file" || echo "there is no $1"; exit 1; } >&2; cat "$1"`;

/**
 * Copies one file to a node or from it, whole or not at all.
 * @param from `FILE` or `NODE:FILE`
 * @param to the same; a folder takes the file under its own name
 * @returns where it is now
 * @throws LabError badInput where neither or both are of nodes, or it cannot be read or written here; labFailed with what
 * the node says
 */
export async function copyFile(from: string, to: string): Promise<string> {
  const [source, target] = [placeOf(from), placeOf(to)];
  if ((source.node === undefined) === (target.node === undefined))
    throw new LabError(
      EXIT.badInput,
      source.node === undefined ? 'neither of the two is on a node' : 'both are on nodes',
      { mend: 'lab cp FILE NODE:FILE, or lab cp NODE:FILE FILE' },
    );
  return target.node === undefined
    ? fromNode(source.node ?? '', source.path, target.path)
    : toNode(source.path, target.node, target.path);
}

function placeOf(text: string): Place {
  const [, node, path] = /^((?:[a-z][a-z0-9-]*\/)?[a-z][a-z0-9-]*):(.+)$/s.exec(text) ?? [];
  return node === undefined || path === undefined || existsSync(text)
    ? { node: undefined, path: text }
    : { node, path };
}

async function toNode(file: string, reference: string, path: string): Promise<string> {
  const mode = (readableFile(file).mode & 0o777).toString(8);
  await onNode(reference, ['sh', '-c', TAKE, 'cp', path, basename(file), mode], async (stdin) => {
    await pipeline(createReadStream(file), stdin);
  });
  return `${reference}:${path}`;
}

async function fromNode(reference: string, path: string, file: string): Promise<string> {
  const target = existsSync(file) && statSync(file).isDirectory() ? join(file, basename(path)) : file;
  const part = `${target}.part`;
  try {
    await onNode(reference, ['sh', '-c', GIVE, 'cp', path], async (stdin, stdout) => {
      stdin.end();
      await pipeline(stdout, createWriteStream(part)).catch((error: unknown) => {
        throw cannotWrite(target, error);
      });
    });
    renameSync(part, target);
  } finally {
    rmSync(part, { force: true });
  }
  return target;
}

function readableFile(file: string) {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() === true) return found;
  throw new LabError(EXIT.badInput, found === undefined ? `there is no ${file} here` : `${file} is no file`, {
    mend:
      found === undefined
        ? 'is it NODE:FILE?'
        : 'a folder goes by tar: tar c FOLDER | lab exec NODE -- tar x -C /',
  });
}

async function onNode(
  reference: string,
  argv: string[],
  work: (stdin: NodeJS.WritableStream, stdout: NodeJS.ReadableStream) => Promise<void>,
): Promise<void> {
  const { record, runtime, node } = await findNode(reference);
  noteActivity(record.name);
  const child = runtime.start(node, argv, { stdio: 'pipe' });
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('a command without streams');
  let said = '';
  stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      resolve(code ?? 128);
    });
  });
  const worked = work(stdin, stdout).then(
    () => undefined,
    (error: unknown) => error,
  );
  const code = await ended;
  const failure = await worked;
  if (failure instanceof LabError) throw failure;
  if (code !== 0)
    throw new LabError(EXIT.labFailed, `${reference}: ${said.trim() || `ended with exit code ${code}`}`);
  if (failure instanceof Error) throw failure;
}
