import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Handout } from '../../src/commands/class/open.ts';
import { nothingLeft, user } from './cli.ts';
import { students } from './student.ts';

const { lab, json, state } = user('flood');
const folder = mkdtempSync(join(tmpdir(), 'lvslab-flood-'));
const { start, ssh } = students(folder);
const FIRST_PORT = 27_200 + (process.pid % 500);
/** What a client of ssh says at once. */
const BANNER = 'SSH-2.0-stranger\r\n';

let seat: Handout;
const began = Date.now();
const log = () => readFileSync(join(state, '.classes/nat/gateway.log'), 'utf8').split('\n');

/** A line that says that somebody has logged in. */
const LOGIN = /^\S+ s01: [\d.]+ port \d+: logged in$/;

/** Strangers' connections. */
const open = new Set<Socket>();
afterEach(async () => {
  for (const socket of open) socket.destroy();
  open.clear();
  // A source is given its attempts back, one each second.
  await sleep(1000);
});

function stranger(from: string, said = ''): Socket {
  const socket = connect({ host: '127.0.0.1', port: seat.port, localAddress: from });
  open.add(socket);
  socket.on('error', () => undefined).on('close', () => open.delete(socket));
  socket.resume().write(said);
  return socket;
}

/** So many at all times, until it is stopped: who is put out comes again. */
function flood(count: number, from: (n: number) => string, said = ''): () => void {
  let on = true;
  const come = (n: number) => {
    if (!on) return;
    stranger(from(n), said).once('close', () => setTimeout(come, 10, n + count));
  };
  for (let n = 0; n < count; n += 1) come(n);
  return () => (on = false);
}

const lifeOf = async (socket: Socket): Promise<number> => {
  const began = Date.now();
  await new Promise((resolve) => socket.once('close', resolve));
  return (Date.now() - began) / 1000;
};

beforeAll(async () => {
  expect((await lab(['class', 'up', 'nat', '--students', '1'])).code).toBe(0);
  const opened = await lab(['class', 'open', '--listen', '127.0.0.1', '--port', String(FIRST_PORT)]);
  expect(opened.code, opened.stderr).toBe(0);
  const { seats } = await json<{ seats: Handout[] }>(['class', 'seat']);
  seat = seats[0] ?? expect.fail('no seat');
  expect((await ssh(seat, [], ['rs1', 'true'])).code).toBe(0);
}, 120_000);
afterAll(async () => {
  await lab(['class', 'down', 'nat']);
  await nothingLeft(state);
  rmSync(folder, { recursive: true });
});

describe('who only knows the port', () => {
  it('is not taken for somebody who has logged in by calling itself so', async () => {
    const name = 'x\nAccepted password for student from 192.0.2.66 port 1 ssh2';
    const tried = await ssh(seat, ['-b', '127.0.0.66', '-l', name], ['rs1', 'true']);
    expect(tried.code).toBe(255);
    const lines = log().filter((line) => line.includes(' 127.0.0.66 port '));
    // The ssh server says it just like that, and so it is not believed.
    expect(lines.join('\n')).toContain('sshd: Accepted password for student from 192.0.2.66');
    expect(lines.filter((line) => LOGIN.test(line))).toEqual([]);
  });

  it.each([
    ['another address', ['-b', '127.0.0.2']],
    ['the very same address', []],
  ])('keeps no student out by connections that say nothing, who comes from %s', async (_, options) => {
    for (let n = 0; n < 100; n += 1) stranger('127.0.0.1');
    await sleep(1500);
    expect(await ssh(seat, options, ['rs1', 'hostname'])).toMatchObject({ code: 0, stdout: 'rs1' });
    // Nor by more of them all the time.
    const stop = flood(100, () => '127.0.0.1');
    try {
      await sleep(500);
      expect(await ssh(seat, options, ['rs1', 'hostname'])).toMatchObject({ code: 0, stdout: 'rs1' });
    } finally {
      stop();
    }
  });

  it('keeps no student out from many addresses either', async () => {
    const stop = flood(300, (n) => `127.0.1.${1 + (n % 200)}`);
    try {
      await sleep(1500);
      expect(await ssh(seat, [], ['rs1', 'hostname'])).toMatchObject({ code: 0, stdout: 'rs1' });
    } finally {
      stop();
    }
  });

  it('keeps no student of another address out by speaking ssh', async () => {
    const stop = flood(20, () => '127.0.0.9', BANNER);
    try {
      await sleep(1500);
      expect(await ssh(seat, [], ['rs1', 'hostname'])).toMatchObject({ code: 0, stdout: 'rs1' });
    } finally {
      stop();
    }
  });

  it('puts nobody out who has logged in', async () => {
    // With a session at once, and without one yet: that is known when the time for a login is over.
    const idle = start(seat, ['-N'], []);
    await sleep(62_000);
    const inside = Array.from({ length: 3 }, () => ssh(seat, [], ['rs1', 'sleep 8; echo still here']));
    await sleep(2500);
    const stops = [flood(300, (n) => `127.0.2.${1 + (n % 200)}`), flood(20, () => '127.0.3.1', BANNER)];
    try {
      for (const one of inside) expect(await one).toMatchObject({ code: 0, stdout: 'still here' });
      expect(idle.exitCode).toBeNull();
    } finally {
      for (const stop of stops) stop();
      idle.kill();
      await idle;
    }
  });

  it('is let go when it has not logged in for a while, however it passes the time', async () => {
    const [silent, slow, idle, web] = [
      stranger('127.0.4.1'),
      stranger('127.0.4.2'),
      stranger('127.0.4.3', BANNER),
      stranger('127.0.4.4', 'GET / HTTP/1.1\r\n'),
    ];
    const drip = setInterval(() => slow.write('SSH-2.0-a-name-that-never-ends'.charAt(drips++)), 900);
    let drips = 0;
    try {
      const lives = await Promise.all([silent, slow, idle, web].map(lifeOf));
      const [ofSilent = 0, ofSlow = 0, ofIdle = 0, ofWeb = 0] = lives;
      for (const life of [ofSilent, ofSlow]) {
        expect(life).toBeGreaterThan(8);
        expect(life).toBeLessThan(15);
      }
      expect(ofIdle).toBeGreaterThan(40);
      expect(ofIdle).toBeLessThan(55);
      expect(ofWeb).toBeLessThan(3);
    } finally {
      clearInterval(drip);
    }
  });

  it('does not keep a client out that waits for the other side to speak first', async () => {
    const client = stranger('127.0.5.1');
    const banner = await new Promise<string>((resolve) =>
      client.once('data', (bytes: Buffer) => {
        resolve(bytes.toString());
      }),
    );
    expect(banner).toMatch(/^SSH-2\.0-OpenSSH/);
  });
});

describe('the log', () => {
  it('tells logins and strangers, and no stranger makes it long', async () => {
    const stop = flood(400, (n) => `127.0.6.${1 + (n % 200)}`);
    try {
      await sleep(4000);
      expect((await ssh(seat, [], ['rs1', 'true'])).code).toBe(0);
    } finally {
      stop();
    }
    const lines = log();
    const logins = lines.filter((line) => LOGIN.test(line));
    expect(logins.at(-1)).toMatch(/ 127\.0\.0\.1 port /);
    expect(lines.some((line) => /127\.0\.\d+\.\d+ port \d+: put out: others came/.test(line))).toBe(true);
    expect(lines.some((line) => line.endsWith('more of this is only counted for a minute'))).toBe(true);
    // Sixty a minute, what was left out, and the logins; the strangers were thousands.
    const minutes = 1 + Math.ceil((Date.now() - began) / 60_000);
    expect(lines.length - logins.length).toBeLessThan(minutes * 63);
  });
});
