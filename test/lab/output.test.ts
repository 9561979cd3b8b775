import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, leftOf, marked, user, type Ran } from './cli.ts';

const me = user('output');
const { lab, on, state } = me;
const folder = mkdtempSync(join(tmpdir(), 'lvslab-output-'));

beforeAll(async () => {
  const up = await lab(['class', 'up', 'nat', '--students', '1']);
  expect(up.code, up.stderr).toBe(0);
});
afterAll(async () => {
  await lab(['class', 'down', 'nat']);
  expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
  rmSync(folder, { recursive: true });
});

const LAB = 'nat-s01';
/** What no terminal and no page is to get; line feeds and tabs are the reports' own. */
const RAW = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
/** Every control character but those that end a string or a line for a shell, and what turns text around or hides it. */
const HOSTILE = `${Array.from({ length: 0xa0 }, (_, code) => String.fromCodePoint(code))
  .filter((c) => /\p{Cc}/u.test(c) && !'\0\n'.includes(c))
  .join('')}\u202e\u2066\u200b\u2028\x1b]0;owned\x07\x1b[32m✔\x1b[39m`;

const said = ({ stdout, stderr }: Ran) => `${stdout}\n${stderr}`;

describe('what a student controls', () => {
  beforeAll(async () => {
    const run = (node: string, line: string) =>
      lab(['exec', `${LAB}/${node}`, '--', 'sh', '-c', line], { input: HOSTILE });
    // A link's name has at most 15 bytes, without blanks.
    for (const name of ['\x1b[31mred', '\x07\u202eabc', '\x9b2J'])
      await lab(['exec', `${LAB}/rs1`, '--', 'ip', 'link', 'add', 'name', name, 'type', 'bridge']);
    await run('rs1', 'h=$(cat); echo "$h" >/etc/hostname; echo "$h" >/srv/www/index.html; : >"/srv/$h"');
    await run('rs1', 'for f in /var/log/*/*; do cat >>"$f"; echo >>"$f"; done');
    await run('director', 'cp /usr/sbin/ipvsadm /tmp/real; cat >/tmp/said');
    await run(
      'director',
      'printf "#!/bin/sh\\ncat /tmp/said; cat /tmp/said >&2; exit 3\\n" >/usr/sbin/ipvsadm',
    );
  });

  afterAll(async () => {
    await on(`${LAB}/director`, 'cp /tmp/real /usr/sbin/ipvsadm');
  });

  it.each([
    ['test', [LAB]],
    ['test', [LAB, '--json']],
    ['status', [LAB]],
    ['status', [LAB, '--json']],
    ['reset', [LAB, '--dry-run']],
    ['link', [LAB]],
    ['report', [LAB]],
    ['list', []],
    ['trace', [LAB]],
    ['logs', [`${LAB}/rs1`]],
    ['ipvs', ['save', LAB]],
    ['fail', [`${LAB}/rs1`, '\x1b[31m']],
    ['cp', [`${LAB}/rs1:/srv/\x1b[2J\u202e`, folder]],
    ['class', ['exec', 'rs1', '--', 'sh', '-c', 'cat /etc/hostname; ls /srv; cat /etc/hostname >&2']],
    ['class', ['exec', 'director', '--', 'ipvsadm', '-Ln']],
    ['class', ['test']],
    ['class', ['board']],
    ['class', ['report']],
    ['\x1b[31mno command\u202e', []],
    ['up', ['\x1b[31mno topology\u202e']],
  ])('is only ever shown: lab %j %j', async (verb, argv) => {
    const ran = await lab([verb, ...argv]);
    expect(said(ran)).not.toMatch(RAW);
    expect(said(ran).length).toBeGreaterThan(1);
  });

  it('is there to be seen', async () => {
    const seen = await lab(['class', 'exec', 'rs1', '--', 'cat', '/etc/hostname']);
    expect(seen.stdout).toContain('^[]0;owned^G^[[32m✔^[[39m');
    expect(seen.stdout).toContain('\\u{9b}');
    const status = said(await lab(['status', LAB]));
    expect(status).toContain('^[[31mred');
    expect(status).toContain('^G\\u{202e}abc');
    expect(status).toContain('^[]0;owned^G^[[32m✔^[[39m');
    expect((await lab(['ipvs', 'save', LAB])).stderr).toContain('director: ^A^B^C');
  });

  it('does not colour a report, whose own colours are there', async () => {
    const env = { ...me.env, NO_COLOR: undefined, FORCE_COLOR: '1' };
    const { stdout } = await lab(['status', LAB], { env });
    expect(stdout).toContain('\x1b[33mdiffers from the plan:\x1b[39m');
    expect(stdout).toContain('^[[32m✔^[[39m');
    expect(stdout.replaceAll('\x1b[33m', '').replaceAll('\x1b[39m', '')).not.toMatch(RAW);
  });

  it('goes to whoever asks for it by exec, to the byte', async () => {
    const own = await lab(['exec', `${LAB}/rs1`, '--', 'cat', '/etc/hostname'], { stripFinalNewline: true });
    expect(own.stdout).toBe(HOSTILE);
  });
});

/** Runs the tool with its output at a path, by a shell. */
async function into(path: string, argv: string[], before = ''): Promise<Ran> {
  const script = `${before}exec "$@" >"$0"`;
  const [program, ...rest] = marked(state, ['sh', '-c', script, path, 'node', BIN, ...argv]);
  const ran = await execa(program, rest, { env: me.env, reject: false });
  return { code: ran.exitCode ?? 128, stdout: ran.stdout, stderr: ran.stderr };
}

describe('standard output', () => {
  it.each([
    ['plan nat', 3],
    ['report', 3],
    ['status --json', 3],
    ['list', 3],
    ['schema', 3],
    ['diagram nat', 3],
    ['watch', 3],
    ['--help', 3],
    ['--version', 3],
    ['completion bash', 3],
    ['exec rs1 -- cat /etc/hosts', 125],
    ['exec rs1 -- yes', 125],
    ['cp rs1:/etc/hosts /dev/full', 3],
    ['handout nat --html /dev/full', 3],
  ])('on a full disk is an error of lab %s', async (line, code) => {
    const ran = await into('/dev/full', line.split(' '));
    expect(ran.stderr).toMatch(/error: .*ENOSPC/);
    expect(ran.code).toBe(code);
  });

  it('that becomes full in the middle of a piece is an error', async () => {
    const file = join(folder, 'cut');
    const ran = await into(file, ['schema'], 'ulimit -f 8; ');
    expect(statSync(file).size).toBeGreaterThan(0);
    expect(ran.stderr).toContain('EFBIG');
    expect(ran.code).toBe(3);
  });

  it('comes whole to a reader that takes its time', async () => {
    const whole = await lab(['plan', 'schedulers', '--json']);
    // More than a pipe holds.
    expect(whole.stdout.length).toBeGreaterThan(66_000);
    const slow = '"$@" | { sleep 1; head -c 10000; sleep 1; cat; }';
    const ran = await execa('sh', ['-c', slow, 'sh', 'node', BIN, 'plan', 'schedulers', '--json'], {
      env: me.env,
    });
    expect(ran.stdout).toBe(whole.stdout);
  });

  it.each([['plan nat'], ['watch'], ['schema']])(
    'whose reader has seen enough ends lab %s without a word',
    async (line) => {
      const pipe = 'set -o pipefail; "$@" | head -n 1';
      const ran = await execa('bash', ['-c', pipe, 'sh', 'node', BIN, ...line.split(' ')], {
        env: me.env,
        reject: false,
        timeout: 30_000,
      });
      expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
      expect(ran.stdout).not.toBe('');
    },
  );

  it('keeps a report that cannot be written whole as it was', async () => {
    const file = join(folder, 'report.html');
    writeFileSync(file, 'old', { mode: 0o640 });
    const script = `ulimit -f 8; exec node "$0" handout nat --html "$1"`;
    const ran = await execa('sh', ['-c', script, BIN, file], { env: me.env, reject: false });
    expect(ran.exitCode).toBe(3);
    expect(readFileSync(file, 'utf8')).toBe('old');
  });
});

it('on a terminal that can only go forward is plain text, look after look', async () => {
  const env = { ...me.env, TERM: 'dumb', NO_COLOR: undefined };
  for (const argv of [
    ['watch', '--count', '2', '--interval', '0.2'],
    ['class', 'board', '--count', '2', '--interval', '0.2'],
    ['class', 'test'],
  ]) {
    const command = ['node', BIN, ...argv].join(' ');
    const { stdout } = await execa('script', ['-qec', command, '/dev/null'], { env, reject: false });
    expect(stdout.replaceAll('\r\n', '\n')).not.toMatch(RAW);
    expect(stdout.split('\n').length).toBeGreaterThan(argv[0] === 'watch' ? 8 : 1);
  }
});
