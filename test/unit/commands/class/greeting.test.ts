import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { greetingOf } from '../../../../src/commands/class/greeting.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Two ends of a connection: the client's, and the one that is listened to. */
async function connection(): Promise<{ client: Socket; socket: Socket }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const come = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const client = connect(port, '127.0.0.1');
  const socket = await come;
  ends.push(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  return { client, socket };
}

async function greeting(...said: string[]) {
  const { client, socket } = await connection();
  const events: string[] = [];
  const heard = greetingOf(
    socket,
    200,
    () => events.push('spoken'),
    (why) => events.push(why),
  );
  for (const text of said) {
    client.write(text);
    await sleep(20);
  }
  return { client, socket, events, heard };
}

describe('what a client says first', () => {
  it.each([[['SSH-2.0-OpenSSH_9.2\r\n']], [['S', 'SH-2.0', '-x', '\nmore that is not its business']]])(
    'is a line that says that it speaks ssh: %j',
    async (said) => {
      const { socket, events, heard } = await greeting(...said);
      await heard.heard;
      expect(events).toEqual(['spoken']);
      const taken = heard.taken().toString();
      expect(said.join('').startsWith(taken)).toBe(true);
      // Nothing of it is lost, and what comes later is left where it is.
      const rest: string[] = [];
      socket.on('data', (bytes) => rest.push(bytes.toString())).resume();
      await sleep(50);
      expect(taken + rest.join('')).toBe(said.join(''));
    },
  );

  it.each([['GET / HTTP/1.1\r\n'], ['\n'], ['SSX'], [`SSH-2.0-${'x'.repeat(300)}`], ['\x16\x03\x01']])(
    'is refused where it is something else: %j',
    async (said) => {
      const { events, heard } = await greeting(said);
      await heard.heard;
      expect(events).toEqual(['it speaks no ssh']);
    },
  );

  it('may come after the other side has been heard', async () => {
    const { client, socket, events, heard } = await greeting('SS');
    await heard.heard;
    expect(events).toEqual([]);
    expect(heard.taken().toString()).toBe('SS');
    const rest: string[] = [];
    socket.on('data', (bytes) => rest.push(bytes.toString())).resume();
    client.write('H-2.0-late\r\n');
    await sleep(50);
    expect(events).toEqual(['spoken']);
    expect(rest.join('')).toBe('H-2.0-late\r\n');
  });

  it('is not waited for when nobody is there', async () => {
    const { client, heard } = await greeting();
    client.destroy();
    const began = Date.now();
    await heard.heard;
    expect(Date.now() - began).toBeLessThan(150);
  });
});
