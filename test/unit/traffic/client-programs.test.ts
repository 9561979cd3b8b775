import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_PORTS } from '../../../src/traffic/client-ports.ts';
import { questionCommand } from '../../../src/traffic/dns.ts';
import { clientPerl } from '../../../src/traffic/perl.ts';

// The programs of images/client as they are run on a client, on servers of this process.
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvslab-client-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** With a file of this test for the last port that was used. */
const own = (argv: string[]) => argv.map((word) => word.replaceAll(CLIENT_PORTS.file, join(folder, 'port')));

/** A DNS message with the question's id, and what follows the head. */
function message(
  question: Buffer,
  flags: number,
  answers: number,
  rest = Buffer.alloc(0),
  id?: number,
): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(id ?? question.readUInt16BE(0), 0);
  [flags, 1, answers].forEach((value, index) => head.writeUInt16BE(value, 2 + 2 * index));
  return Buffer.concat([head, question.subarray(12), rest]);
}
const text = (words: string, kind = 16) =>
  Buffer.concat([
    Buffer.from([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 0, 0, words.length + 1, words.length]),
    Buffer.from(words),
  ]);

/** What the program prints where a server on this host answers each datagram so. */
async function asked(answers: (question: Buffer) => Buffer[], count = 1, ports: 'one' | 'many' = 'many') {
  const server = createSocket('udp4');
  server.on('message', (question, from) => {
    for (const answer of answers(question)) server.send(answer, from.port, from.address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const service = { vip: '127.0.0.1', port: server.address().port, protocol: 'udp' as const };
  const [program = '', ...argv] = own(questionCommand(service, count, ports, 1));
  const { stdout, stderr } = await promisify(execFile)(program, argv);
  server.close();
  expect(stderr).toBe('');
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((row) => row.split('\t'));
}

describe('questions.pl', () => {
  it('asks from new ports, one after the other, and names who answered', async () => {
    const rows = await asked((question) => [message(question, 0x8180, 1, text('rs1'))], 3);
    expect(rows.map(([address, , server, problem]) => [address, server, problem])).toEqual(
      Array.from({ length: 3 }, () => ['127.0.0.1', 'rs1', '']),
    );
    const used = rows.map(([, port]) => Number(port));
    expect(used[2]).toBe((used[0] ?? 0) + 2);
    expect(readFileSync(join(folder, 'port'), 'utf8')).toBe(String(used[2]));
  });

  it('keeps to one port where it is told to', async () => {
    const rows = await asked((question) => [message(question, 0x8180, 1, text('rs2'))], 3, 'one');
    expect(new Set(rows.map(([, port]) => port)).size).toBe(1);
    expect(rows.map(([, , server]) => server)).toEqual(['rs2', 'rs2', 'rs2']);
  });

  it.each([
    ['an error', (q: Buffer) => message(q, 0x8183, 0), 'DNS error 3'],
    ['no answer', (q: Buffer) => message(q, 0x8180, 0), 'an answer without a text'],
    ['an address', (q: Buffer) => message(q, 0x8180, 1, text('rs1', 1)), 'an answer of another kind'],
    ['half a head', (q: Buffer) => q.subarray(0, 5), 'no answer within 1 s'],
    ['another id', (q: Buffer) => message(q, 0x8180, 1, text('rs1'), 77), 'no answer within 1 s'],
  ])('says so where the answer is %s', async (_, answer, problem) => {
    expect(await asked((question) => [answer(question)])).toMatchObject([
      [expect.anything(), expect.anything(), '', problem],
    ]);
  });

  it('waits on where what comes first is none', async () => {
    const rows = await asked((question) => [Buffer.from('x'), message(question, 0x8180, 1, text('rs3'))]);
    expect(rows[0]?.slice(2)).toEqual(['rs3', '']);
  });

  it('says in the system’s words that nobody listens', async () => {
    const closed = createSocket('udp4');
    closed.bind(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address();
    closed.close();
    const service = { vip: '127.0.0.1', port, protocol: 'udp' as const };
    const [program = '', ...argv] = own(questionCommand(service, 1, 'many', 1));
    const { stdout } = await promisify(execFile)(program, argv);
    expect(stdout).toMatch(/\tConnection refused\n$/);
  });
});

describe('holder.pl', () => {
  /** Sends it lines, to a server that does so with each connection; its answers, and how many connections stay open. */
  async function held(lines: (port: number) => string[], serve: (socket: Socket) => void) {
    const open = new Set<Socket>();
    const server = createServer((socket) => {
      open.add(socket);
      socket.on('close', () => open.delete(socket)).on('error', () => undefined);
      socket.once('data', () => {
        serve(socket);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const [program = '', ...argv] = own(clientPerl('holder.pl'));
    const child = spawn(program, argv, { stdio: ['pipe', 'pipe', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
    const said: string[][] = [];
    for (const line of lines(port)) {
      child.stdin.write(`${line}\n`);
      const { value } = (await answers.next()) as { value: string };
      said.push(value.split('\t'));
    }
    await expect.poll(() => open.size, { timeout: 5000 }).toBeLessThan(2);
    const stay = open.size;
    child.stdin.end();
    await once(child, 'close');
    server.close();
    expect(complaint).toBe('');
    return { said, stay };
  }
  const answer = (socket: Socket) =>
    socket.write('HTTP/1.1 200 OK\r\nX-Real-Server: rs1\r\nContent-Length: 0\r\n\r\n');
  const openLine = (id: number, port: number) => `open ${id} http tcp 127.0.0.1 ${port} - 0`;

  it('opens connections and holds them until it is told to close or reset them', async () => {
    const { said, stay } = await held(
      (port) => [openLine(1, port), openLine(2, port), openLine(3, port), 'close 1', 'reset 3'],
      answer,
    );
    expect(
      said.slice(0, 3).map(([id, address, , server, problem]) => [id, address, server, problem]),
    ).toEqual(['1', '2', '3'].map((id) => [id, '127.0.0.1', 'rs1', '']));
    expect(new Set(said.slice(0, 3).map(([, , port]) => port)).size).toBe(3);
    expect(said.slice(3)).toEqual([['1'], ['3']]);
    expect(stay).toBe(1);
  });

  it('says what is wrong with an answer, and goes on', async () => {
    const nameless = await held(
      (port) => [openLine(1, port)],
      (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n'),
    );
    expect(nameless.said[0]?.slice(3)).toEqual(['', 'an answer without X-Real-Server']);
    const ended = await held(
      (port) => [openLine(1, port), 'close 1'],
      (socket) => socket.end(),
    );
    expect(ended.said[0]?.at(-1)).toMatch(/^the connection ended: /);
    expect(ended.said[1]).toEqual(['1']);
  });

  it('answers a line that names nothing that it holds', async () => {
    const { said } = await held(() => ['close 9', 'reset 9'], answer);
    expect(said).toEqual([['9'], ['9']]);
  });

  it('says in the system’s words that nobody listens', async () => {
    const { said } = await held(() => [openLine(1, 1)], answer);
    expect(said[0]?.at(-1)).toBe('Connection refused');
  });
});
