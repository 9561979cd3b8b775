import { execa, type Options } from 'execa';
import { copyFileSync, cpSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { BIN, type Ran } from '../cli.ts';

/** What a client may be made to take itself for, beside being without anything of Linux. */
export type Disguise = 'darwin' | 'win32';

/**
 * Loaded before the tool: Node.js then says of itself what it says on that system. What the system itself would do
 * otherwise, as its file system and its terminals, stays Linux's.
 */
const DISGUISES: Record<Disguise, string> = {
  darwin: `Object.defineProperty(process, 'platform', { value: 'darwin' });
Object.defineProperty(process, 'arch', { value: 'arm64' });
os.platform = () => 'darwin'; os.arch = () => 'arm64'; os.type = () => 'Darwin';
// O_EXLOCK of open(2), which Linux does not have: a file belongs to who has it open.
const held = new Map();
const { openSync, closeSync } = fs;
fs.openSync = (path, flags, mode) => {
  if (typeof flags !== 'number' || (flags & 0x20) === 0) return openSync(path, flags, mode);
  const file = openSync(path, flags & ~0x20, mode);
  const owner = '/tmp/owner-of-' + fs.fstatSync(file).ino;
  try {
    process.kill(Number(fs.readFileSync(owner, 'utf8')), 0);
  } catch {
    fs.rmSync(owner, { force: true });
  }
  try {
    fs.writeFileSync(owner, String(process.pid), { flag: 'wx' });
  } catch {
    closeSync(file);
    throw Object.assign(new Error('EAGAIN: somebody else has it'), { code: 'EAGAIN' });
  }
  held.set(file, owner);
  return file;
};
fs.closeSync = (file) => {
  if (held.has(file)) fs.rmSync(held.get(file), { force: true });
  held.delete(file);
  closeSync(file);
};`,
  // Node.js has no user numbers there, and makes modes up from the one bit that there is.
  win32: `Object.defineProperty(process, 'platform', { value: 'win32' });
os.platform = () => 'win32'; os.type = () => 'Windows_NT';
for (const name of ['getuid', 'geteuid', 'getgid', 'getegid', 'getgroups', 'setuid', 'setgid']) delete process[name];

for (const name of ['statSync', 'lstatSync', 'fstatSync']) {
  const real = fs[name];
  fs[name] = (...given) => {
    const found = real(...given);
    const open = typeof found?.mode === 'bigint' ? 0o666n : 0o666;
    if (found !== undefined) found.mode |= open;
    return found;
  };
}
// Named pipes, which go with the process that listens at them, are as Linux's abstract sockets.
const pipe = (given) => given.map((name) => {
  if (typeof name === 'string') return name.replace(/^[\\\\]{2}[.][\\\\]pipe[\\\\]/, '\\0');
  if (name?.socketPath === '//./pipe/docker_engine') return { ...name, path: '/run/engine.sock' };
  if (name?.path === '//./pipe/docker_engine') return { ...name, path: '/run/engine.sock' };
  return name;
});
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (...given) { return listen.apply(this, pipe(given)); };
const { connect, createConnection } = net;
net.connect = (...given) => connect(...pipe(given));
net.createConnection = (...given) => createConnection(...pipe(given));`,
};

/** A folder that is all that a client sees: Node.js and its libraries, the tool, a home, and the socket of an engine. */
export interface BareClient {
  /** Where that folder is on this machine. */
  root: string;
  /** The tool's command line, to be run on this machine. */
  command: (argv: string[]) => [string, ...string[]];
  env: Record<string, string>;
  lab: (argv: string[], options?: Options) => Promise<Ran>;
  json: <T>(argv: string[]) => Promise<T>;
  remove: () => void;
}

/**
 * A client that has nothing of Linux at hand: no /proc, /sys and /dev, no shell and no other program. It sees one folder.
 * @param socket an engine's, on the file system of temporary files
 */
export async function bareClient(socket: string, disguise?: Disguise): Promise<BareClient> {
  const root = mkdtempSync(join(tmpdir(), 'lvslab-bare-'));
  for (const folder of ['home', 'tmp', 'tool', 'run', 'dev']) mkdirSync(join(root, folder), { mode: 0o700 });
  const libraries = (await execa('ldd', [process.execPath])).stdout.match(/\/\S+/g) ?? [];
  for (const library of libraries) {
    mkdirSync(join(root, dirname(library)), { recursive: true });
    copyFileSync(library, join(root, library));
  }
  copyFileSync(process.execPath, join(root, 'node'));
  for (const part of ['dist', 'images', 'topologies', 'schema', 'package.json'])
    cpSync(join(dirname(dirname(BIN)), part), join(root, 'tool', part), { recursive: true });
  // The same socket by another name, which leads out of the folder.
  linkSync(socket, join(root, 'run/engine.sock'));
  const before = disguise === undefined ? '' : DISGUISES[disguise];
  writeFileSync(
    join(root, 'before.mjs'),
    `import { createRequire, syncBuiltinESMExports } from 'node:module';
const require = createRequire('/');
const [fs, net, os] = [require('node:fs'), require('node:net'), require('node:os')];
${before}
syncBuiltinESMExports();
`,
  );
  const env = {
    HOME: '/home',
    TMPDIR: '/tmp',
    LVSLAB_STATE: '/home/labs',
    DOCKER_HOST: 'unix:///run/engine.sock',
    NO_COLOR: '1',
    TERM: 'xterm',
  };
  const command = (argv: string[]): [string, ...string[]] => [
    ...(['/usr/sbin/chroot', root, '/node', '--import', '/before.mjs'] as const),
    ...[`/tool/dist/${basename(BIN)}`, ...argv],
  ];
  const lab = async (argv: string[], options: Options = {}): Promise<Ran> => {
    const [program, ...rest] = command(argv);
    const result = await execa(program, rest, {
      ...{ env, extendEnv: false, reject: false, cwd: '/', ...options },
    });
    return { code: result.exitCode ?? 128, stdout: String(result.stdout), stderr: String(result.stderr) };
  };
  return {
    root,
    command,
    env,
    lab,
    json: async <T>(argv: string[]) => {
      const ran = await lab([...argv, '--json']);
      if (ran.stdout === '') throw new Error(`${argv.join(' ')}: exit code ${ran.code}: ${ran.stderr}`);
      return JSON.parse(ran.stdout) as T;
    },
    remove: () => {
      rmSync(root, { recursive: true, force: true });
    },
  };
}
