import { createReadStream, existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EXIT, LabError } from '../errors.ts';
import { writeNamedFile } from '../host/named-file.ts';
import { noteActivity } from '../records/test.ts';
import { findNode } from '../lifecycle/existing.ts';

/** Where a file is: on this host, or on a node. */
interface Place {
  /** `NODE` or `LAB/NODE`; undefined: this host. */
  node: string | undefined;
  path: string;
}

/** What begins with a dash is a name all the same. */
const NAME = `case $1 in -*) n=./$1 ;; *) n=$1 ;; esac; say() { printf '%s\\n' "$n $1" >&2; exit 1; }`;

/**
 * Puts what comes in its place whole or not at all, as `writeNamedFile` does here; a folder takes it under its own name.
 * Arguments: the place, the file's own name, its rights, its size in bytes (0: not known).
 */
const TAKE = `
${NAME}
[ ! -d "$n" ] || n=\${n%/}/$2
case $n in */) say 'is no folder' ;; esac
[ ! -d "$n" ] || say 'is a folder'
if [ -L "$n" ]; then
  [ -e "$n" ] || say 'is a link that leads nowhere'
  n=$(realpath -- "$n" && echo .) && n=\${n%??} || exit 1
fi
[ ! -p "$n" ] || say 'is a FIFO'
if [ -e "$n" ] && [ ! -f "$n" ]; then exec cat >"$n"; fi
case $n in */*) folder=\${n%/*}/ ;; *) folder=./ ;; esac
part=$(mktemp -- "$folder.lab-XXXXXXXXXXXX") || exit 1
trap 'rm -f -- "$part"' EXIT
trap 'exit 1' HUP INT TERM
cat >"$part" || exit 1
[ "$4" = 0 ] || [ "$(stat -c %s -- "$part")" = "$4" ] || say 'did not come whole'
[ ! -e "$n" ] || chown --reference="$n" -- "$part"
chmod "$3" -- "$part" && mv -fT -- "$part" "$n"`;

const GIVE = `
${NAME}
[ -e "$n" ] || { printf '%s\\n' "there is no $n" >&2; exit 1; }
[ -f "$n" ] || say 'is no file'
exec cat -- "$n"`;

/**
 * Copies one file to a node or from it, whole or not at all.
 * @param from `FILE` or `NODE:FILE`
 * @param to the same; a folder takes the file under its own name; a device is written into, and here a FIFO too
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
      { fix: 'lab cp FILE NODE:FILE, or lab cp NODE:FILE FILE' },
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
  const { mode, size } = readableFile(file);
  const words = [path, basename(file), (mode & 0o777).toString(8), String(size)];
  const { streams, ended } = await onNode(reference, ['sh', '-c', TAKE, 'cp', ...words]);
  streams.stdout.resume();
  // As much as there was when it began: a log may grow meanwhile.
  const sent = pipeline(createReadStream(file, size === 0 ? {} : { end: size - 1 }), streams.stdin).then(
    () => undefined,
    (error: unknown) => error,
  );
  await ended;
  const failure = await sent;
  if (failure instanceof Error) throw failure;
  return `${reference}:${path}`;
}

async function fromNode(reference: string, path: string, file: string): Promise<string> {
  const target =
    statSync(file, { throwIfNoEntry: false })?.isDirectory() === true ? join(file, basename(path)) : file;
  const { streams, ended } = await onNode(reference, ['sh', '-c', GIVE, 'cp', path]);
  streams.stdin.end();
  // It may fail before anybody waits for it.
  ended.catch(() => undefined);
  await writeNamedFile(target, whole(streams.stdout, ended));
  return target;
}

/** What comes, and then the failure of what it came from, if any. */
async function* whole(stream: AsyncIterable<unknown>, ended: Promise<void>): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) yield piece as Uint8Array;
  await ended;
}

function readableFile(file: string) {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() === true) return found;
  throw new LabError(EXIT.badInput, found === undefined ? `there is no ${file} here` : `${file} is no file`, {
    fix:
      found === undefined
        ? 'is it NODE:FILE?'
        : 'a folder goes by tar: tar c FOLDER | lab exec NODE -- tar x -C /',
  });
}

/**
 * Starts a command on a node.
 * @returns its streams, and its end: rejects with what it said where it failed
 */
async function onNode(reference: string, argv: string[]) {
  const { record, runtime, node } = await findNode(reference);
  noteActivity(record.name);
  const child = runtime.start(node, argv, { stdio: 'pipe' });
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('a command without streams');
  let said = '';
  stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new LabError(
            EXIT.labFailed,
            `${reference}: ${said.trim() || `ended with exit code ${code ?? 128}`}`,
          ),
        );
    });
  });
  return { streams: { stdin, stdout }, ended };
}
