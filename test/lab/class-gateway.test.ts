import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Handout } from '../../src/commands/class/open.ts';
import { BIN, leftOf, marked, nothingLeft, user } from './cli.ts';
import { students } from './student.ts';

const me = user('gateway');
const { lab, json, on, state } = me;
const folder = mkdtempSync(join(tmpdir(), 'lvslab-gateway-'));
const key = join(folder, 'key');
/** Away from what other tests, or a trainer here, may have open. */
const FIRST_PORT = 28_200 + (process.pid % 500);

const seat = async (name: string) =>
  (await json<{ seats: Handout[] }>(['class', 'seat', name])).seats[0] ?? expect.fail(`no seat ${name}`);

const { start, ssh } = students(folder);

/** One at a terminal. */
function terminal(at: Handout) {
  const child = start(at, ['-tt'], []);
  let unread = '';
  child.stdout.on('data', (bytes: Buffer) => (unread += bytes.toString()));
  const send = (text: string) => child.stdin.write(text);
  return {
    send,
    type: (text: string) => send(`${text}\n`),
    /** What came, up to and with these words. */
    until: async (words: string): Promise<string> => {
      for (let waited = 0; !unread.includes(words); waited += 1) {
        if (waited > 600) throw new Error(`no "${words}" in: ${unread}`);
        await sleep(50);
      }
      const end = unread.indexOf(words) + words.length;
      const read = unread.slice(0, end);
      unread = unread.slice(end);
      return read;
    },
    ended: child.then(({ exitCode }) => exitCode),
  };
}

let ada: Handout;
let grace: Handout;

beforeAll(async () => {
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  writeFileSync(join(folder, 'roster'), 'Ada\nGrace\n');
  const up = await lab(['class', 'up', 'nat', '--roster', join(folder, 'roster')]);
  expect(up.code, up.stderr).toBe(0);
  const closed = await lab(['class', 'seat', 'ada']);
  expect(closed).toMatchObject({ code: 2 });
  expect(closed.stderr).toContain('lab class open nat');
  const open = await lab(['class', 'open', '--listen', '127.0.0.1', '--port', String(FIRST_PORT)]);
  expect(open.code, open.stderr).toBe(0);
  [ada, grace] = [await seat('ada'), await seat('grace')];
}, 120_000);
afterAll(async () => {
  await lab(['class', 'down', 'nat']);
  await nothingLeft(state);
  rmSync(folder, { recursive: true });
});

describe('a student', () => {
  it('comes to the own seat by what was handed out', async () => {
    expect(await ssh(ada, [], ['rs1', 'hostname; echo mine > /srv/mine; exit 7'])).toMatchObject({
      code: 7,
      stdout: 'rs1',
    });
    expect((await ssh(grace, [], ['rs1', 'cat /srv/mine'])).stderr).toContain('No such file');
    const scanned = await execa('ssh-keyscan', ['-t', 'ed25519', '-p', String(ada.port), '127.0.0.1']);
    const print = await execa('ssh-keygen', ['-l', '-f', '-'], { input: scanned.stdout });
    expect(print.stdout).toContain(ada.fingerprint);
    expect(grace.fingerprint).not.toBe(ada.fingerprint);
  });

  it('lands in a menu where nothing is named, and on a node by its number', async () => {
    const talk = terminal(ada);
    expect(await talk.until('nat-ada> ')).toMatch(/3 {2}rs1 +real-server {2}10\.0\.0\.11/);
    talk.type('3');
    await talk.until('nat-ada/rs1:~# ');
    talk.type('sleep 1000');
    await sleep(300);
    talk.send('\x03');
    await talk.until('nat-ada/rs1:~# ');
    talk.type('exit');
    await talk.until('nat-ada> ');
    talk.type('nonsense');
    expect(await talk.until('nat-ada> ')).toContain('there is no "nonsense" here');
    talk.send('\x03');
    await talk.until('nat-ada> ');
    talk.type('q');
    expect(await talk.ended).toBe(0);
  });

  it('asks for tests, traces, hints and checks from a node and from outside', async () => {
    const test = await ssh(ada, [], ['test']);
    expect(test.code, test.stderr).toBe(0);
    expect(test.stdout).toContain('ipvsadm counted the same 8 connections');
    const trace = await ssh(ada, [], ['rs2', 'lab trace --client client | head -1']);
    expect(trace.stdout).toMatch(/^one connection to 203\.0\.113\.100:80: answered by rs[12]$/);
    expect((await ssh(ada, [], ['check'])).stdout).toContain('no exercise is on in lab nat-ada');
    expect((await lab(['class', 'break', 'ada', '--fault', 'forwarding-off', '--lang', 'en'])).code).toBe(0);
    const story = await ssh(ada, [], ['client', 'lab story --lang de']);
    expect(story.stdout).toMatch(/Übung 1/);
    expect((await ssh(ada, [], ['rs1', 'lab hint'])).stdout).toMatch(/^Hint 1 of \d: /);
    expect((await ssh(ada, [], ['client', 'lab check'])).code).toBe(1);
    await ssh(ada, [], ['director', 'sysctl -qw net.ipv4.ip_forward=1']);
    const fixed = await ssh(ada, [], ['director', 'lab check']);
    expect(fixed.stdout).toContain('Fixed!');
    expect(fixed.code).toBe(0);
    const { rows } = await json<{ rows: { seat: string; hints: number; tries: number }[] }>([
      'class',
      'board',
    ]);
    expect(rows).toMatchObject([
      { seat: 'ada', hints: 1, tries: 2 },
      { seat: 'grace', hints: 0, tries: 0 },
    ]);
  });

  it.each([
    ['another seat’s lab', 'lab test nat-grace', /takes nothing more here/],
    ['a file of the host', 'lab trace --pcap /tmp/x', /takes only --client and --service/],
    ['the answer', 'lab solve', /there is no "solve" here/],
    ['another command', 'lab exec rs1 -- id', /there is no "exec" here/],
  ])('is refused %s at the seat console', async (_, line, why) => {
    const asked = await ssh(ada, [], ['rs1', line]);
    expect(asked.stdout + asked.stderr).toMatch(why);
    expect(asked.code).toBe(2);
  });

  it('gets nowhere with what is no question', async () => {
    const send = (bytes: string) =>
      `printf '${bytes}' | timeout 5 socat -t 3 - UNIX-CONNECT:/run/lab-seat/sock`;
    const long = `head -c 100000 /dev/zero | tr '\\0' x | timeout 5 socat -t 3 - UNIX-CONNECT:/run/lab-seat/sock`;
    expect((await ssh(ada, [], ['rs1', send('plain ../../x\\n')])).stdout).toContain(
      'there is no "../../x" here',
    );
    expect((await ssh(ada, [], ['rs1', long])).stdout).toBe('');
    expect((await ssh(ada, [], ['rs1', send('plain help\\n')])).stdout).toContain('lab trace');
  });
});

describe('a seat', () => {
  const enter = (command: string) => ssh(ada, [], ['rs1', command]);

  it('opens to nobody else', async () => {
    expect((await ssh({ ...ada, password: 'wrong' }, [], ['test'])).code).toBe(255);
    expect((await ssh({ ...ada, password: '' }, [], ['test'])).code).toBe(255);
    expect((await ssh({ ...ada, password: grace.password }, [], ['test'])).code).toBe(255);
    for (const other of ['root', 'ada', 'nobody'])
      expect((await ssh(ada, ['-l', other], ['test'])).stderr).toContain('Permission denied');
  });

  it('opens by a key, too, once it was admitted', async () => {
    const byKey = ['-i', key, '-o', 'PreferredAuthentications=publickey'];
    expect((await ssh(ada, byKey, ['rs1', 'hostname'])).code).toBe(255);
    expect((await lab(['class', 'seat', 'ada', '--key', key])).stderr).toContain('is no public key');
    expect((await lab(['class', 'seat', '--key', `${key}.pub`])).stderr).toContain('whose key is it?');
    expect((await lab(['class', 'seat', 'ada', '--key', `${key}.pub`])).code).toBe(0);
    expect((await ssh(ada, byKey, ['rs1', 'hostname'])).stdout).toBe('rs1');
    expect((await ssh(grace, byKey, ['rs1', 'hostname'])).code).toBe(255);
  });

  it('is no way to anywhere', async () => {
    // What a student could reach if ports were forwarded: something on the host's own loopback.
    const secret = createServer((socket) => socket.end('secret'));
    await new Promise<void>((resolve) => secret.listen(0, '127.0.0.1', resolve));
    const port = String((secret.address() as { port: number }).port);
    try {
      const forwarded = await ssh(ada, ['-W', `127.0.0.1:${port}`], []);
      expect(forwarded.stdout).toBe('');
      expect(forwarded.code).not.toBe(0);
      const back = await ssh(ada, ['-o', 'ExitOnForwardFailure=yes', '-R', `0:127.0.0.1:${port}`], ['test']);
      expect(back.code).toBe(255);
      for (const address of ['127.0.0.1', '10.0.0.1', '203.0.113.1'])
        expect((await enter(`nc -w 2 ${address} ${port} </dev/null`)).stdout).toBe('');
      expect((await enter(`nc -w 2 127.0.0.1 ${grace.port} </dev/null`)).stdout).toBe('');
    } finally {
      secret.close();
    }
    for (const subsystem of ['sftp', 'internal-sftp'])
      expect((await ssh(ada, ['-s'], [subsystem])).code).toBe(255);
  });

  it('shows no file, process, mount or interface of the host', async () => {
    const canary = join(folder, 'canary');
    writeFileSync(canary, 'canary');
    expect((await enter(`cat ${canary}`)).stderr).toContain('No such file');
    expect((await enter(`cat ${state}/.classes/nat/seats/grace/password`)).stderr).toContain('No such file');
    const host = readFileSync('/proc/version', 'utf8').trim();
    expect((await enter('cat /proc/version')).stdout).not.toBe(host);
    const commands = (await enter('cat /proc/[0-9]*/cmdline | tr "\\0" "\\n"')).stdout;
    expect(commands).toContain('nginx');
    expect(commands).not.toMatch(/node|bin\.js|linux-uml|bwrap|sshd/);
    expect((await enter('ip -o link | cut -d" " -f2')).stdout).toMatch(/^lo:\neth0@if\d+:$/);
    expect((await enter('cat /proc/mounts')).stdout).not.toContain('hostfs');
    // The way in has put one thing there: the seat console's folder, which cannot be written.
    expect((await enter('touch /run/lab-seat/x')).stderr).toContain('Read-only file system');
    expect((await enter('umount /run/lab-seat')).code).not.toBe(0);
    expect((await enter('cat /etc/shadow')).stdout).not.toContain('student');
  });

  it.each(['rs1; id', '/bin/sh', '`id`', '$(id)', '../rs1', '-c id'])(
    'takes %j for no command of its own',
    async (line) => {
      const tried = await ssh(ada, [], [line]);
      expect(tried.stdout).not.toContain('uid=0(root) gid=0(root) groups=0(root)');
    },
  );
});

describe('the gateway', () => {
  it('opens where it was, with what was handed out, after it was closed', async () => {
    const elsewhere = await lab(['class', 'open', '--listen', '127.0.0.1', '--port', '29999']);
    expect(elsewhere.code).toBe(2);
    expect(elsewhere.stderr).toContain('lab class close nat');
    const inside = ssh(ada, [], ['rs1', 'sleep 50']);
    await sleep(1500);
    expect((await lab(['class', 'close'])).stdout).toContain('is closed');
    expect((await inside).code).toBe(255);
    expect((await ssh(ada, [], ['rs1', 'true'])).stderr).toContain('Connection refused');
    expect((await lab(['class', 'open', '--listen', '127.0.0.1', '--port', String(FIRST_PORT)])).code).toBe(
      0,
    );
    expect(await seat('ada')).toEqual(ada);
    expect((await ssh(ada, [], ['rs1', 'true'])).code).toBe(0);
  });

  it('leads to a seat that was made anew, and to one that was added', async () => {
    await lab(['down', 'nat-grace']);
    expect((await ssh(grace, [], ['rs1', 'true'])).code).toBe(255);
    expect((await lab(['class', 'up', 'nat'])).code).toBe(0);
    expect((await ssh(grace, [], ['rs1', 'hostname'])).stdout).toBe('rs1');
    expect((await lab(['class', 'add', 'Edsger'])).code).toBe(0);
    await sleep(1500);
    const edsger = await seat('edsger');
    expect((await ssh(edsger, [], ['rs1', 'hostname'])).stdout).toBe('rs1');
    expect((await lab(['class', 'remove', 'edsger'])).code).toBe(0);
    await sleep(1500);
    expect((await ssh(edsger, [], ['rs1', 'true'])).stderr).toContain('Connection refused');
  });

  it('that was killed is known to be closed, and opens again', async () => {
    const pid = Number(readFileSync(join(state, '.classes/nat/gateway'), 'utf8').split(' ')[0]);
    process.kill(pid, 'SIGKILL');
    await sleep(300);
    expect((await lab(['class', 'seat', 'ada'])).stderr).toContain('class nat is not open');
    expect((await lab(['class', 'open', '--listen', '127.0.0.1', '--port', String(FIRST_PORT)])).code).toBe(
      0,
    );
    expect((await ssh(ada, [], ['test'])).code).toBe(0);
  });

  it('says why it cannot open', async () => {
    await lab(['class', 'close']);
    const open = (...argv: string[]) => lab(['class', 'open', ...argv]);
    expect((await open('--listen', 'here')).code).toBe(2);
    expect((await open('--port', '70000')).code).toBe(2);
    const nowhere = await open('--listen', '192.0.2.1');
    expect(nowhere.code).toBe(3);
    expect(nowhere.stderr).toContain('cannot listen at 192.0.2.1');
    expect((await open('none')).code).toBe(2);
  });

  it.each([30, 120, 300, 600])(
    'whose opening is killed after %i ms leaves nothing in the end',
    async (after) => {
      const [program, ...rest] = marked(state, [
        ...['node', BIN, 'class', 'open', '--listen', '127.0.0.1', '--port', String(FIRST_PORT)],
      ]);
      const opening = execa(program, rest, { env: me.env, reject: false, cleanup: false });
      await sleep(after);
      opening.kill('SIGKILL');
      await opening;
      expect((await lab(['class', 'open', '--listen', '127.0.0.1', '--port', String(FIRST_PORT)])).code).toBe(
        0,
      );
      expect((await ssh(ada, [], ['rs1', 'true'])).code).toBe(0);
      await lab(['class', 'close']);
    },
  );

  it('goes with the class, and puts out who is in', async () => {
    expect((await lab(['class', 'open', '--listen', '127.0.0.1', '--port', String(FIRST_PORT)])).code).toBe(
      0,
    );
    const inside = ssh(ada, [], ['rs1', 'sleep 50']);
    await sleep(1500);
    expect(await on('nat-ada/rs1', 'pgrep -c sleep')).not.toBe('0');
    expect((await lab(['down', '--all'])).code).toBe(0);
    expect((await inside).code).toBe(255);
    expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
  });
});
