import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seatConsoleText } from '../../class/seat-console.ts';
import type { Seat } from '../../class/roster.ts';
import {
  credentialsOf,
  gatewayLog,
  keepPort,
  forgetCredentials,
  writeGateway,
  writeGatewayIdentity,
  type Credentials,
} from '../../records/class-gateway.ts';
import { readClass, seatLab } from '../../records/class.ts';
import { interruptSignal } from '../../host/interrupt.ts';
import { labDirectory, readRecord, type LabRecord } from '../../records/lab.ts';
import { TO_LOG_IN, setUpSeatConsole, serveLogin } from '../../machine/embedded/seat-console.ts';
import { readIdentity, startTime } from '../../machine/processes.ts';
import { NODE_CAPABILITIES } from '../../runtime/capabilities.ts';
import { noteActivity } from '../../records/test.ts';
import { machineOf } from '../../wire.ts';
import { joinStreams } from '../../runtime/join-streams.ts';
import { answerAt, seatConsoleNodes, seatConsoleSocket } from './seat-console.ts';
import { gatewayLogger, readLines, type SeatLog } from './gateway-log.ts';
import { greetingOf } from './greeting.ts';
import { listenAtOneOf } from './listen.ts';
import { SeatConnections, type SeatConnection } from './places.ts';

/** Milliseconds from look to look at who is in the class. */
const LOOK = 500;
/** Milliseconds of silence after which a client may be one that waits for the server's first word. */
const QUIET = 1000;
/** Milliseconds in which a client says that it speaks ssh. */
const TO_SPEAK = 10_000;
/** Milliseconds after which an ssh server has ended unless somebody has logged in, with a session or without. */
const SURE = (TO_LOG_IN + 15) * 1000;
/** Ports that are tried for one seat. */
const TRIES = 1000;

/** One seat's way in. */
interface Entrance {
  seat: Seat;
  server: Server;
  port: number;
  sockets: Set<Socket>;
  places: SeatConnections;
  /** What each ssh server was given, and what to do once somebody has logged in there. */
  tokens: Map<string, () => void>;
  log: SeatLog;
  /** Which machine was made ready, with which keys; undefined while none is. */
  ready: { key: string; done: Promise<void> } | undefined;
  seatConsole: Server | undefined;
}

/**
 * Lets students in to their seats, each by a port of its own, until the class is gone or this process is ended. What
 * comes in goes unread to an ssh server in the seat's own machine, so that no student has a process on this host.
 * @param listen address to listen at
 * @param first the first port
 * @param say takes each line of the log
 */
export async function keepGateway(
  name: string,
  listen: string,
  first: number,
  say: (line: string) => void,
): Promise<void> {
  writeGatewayIdentity(name, startTime(process.pid) ?? '');
  const entrances = new Map<string, Entrance>();
  const logOf = gatewayLogger(gatewayLog(name), say);
  try {
    for (let record = readClass(name); record !== undefined; record = readClass(name)) {
      if (interruptSignal.aborted) return;
      let changed = entrances.size === 0;
      for (const [seat, entrance] of entrances)
        if (!record.seats.some((s) => s.seat === seat)) {
          close(entrance);
          entrances.delete(seat);
          forgetCredentials(name, seat);
          changed = true;
        }
      for (const seat of record.seats) {
        if (entrances.has(seat.seat)) continue;
        entrances.set(seat.seat, await open(name, seat, listen, first, entrances, logOf(seat.seat)));
        changed = true;
      }
      if (changed)
        writeGateway(name, {
          ...{ listen, port: first },
          ports: Object.fromEntries([...entrances].map(([seat, { port }]) => [seat, port])),
        });
      await sleep(LOOK, undefined, { signal: interruptSignal }).catch(() => undefined);
    }
  } finally {
    for (const entrance of entrances.values()) close(entrance);
  }
}

async function open(
  name: string,
  seat: Seat,
  listen: string,
  first: number,
  others: Map<string, Entrance>,
  log: SeatLog,
): Promise<Entrance> {
  const { port: last } = await credentialsOf(name, seat.seat);
  const taken = new Set([...others.values()].map(({ port }) => port));
  const next = Math.max(first, ...[...taken].map((port) => port + 1));
  // What was handed out before stays true where it can.
  const tries = last === undefined ? [] : [last];
  for (let port = next; port < next + TRIES && port < 65_536; port += 1) tries.push(port);
  const server = createServer();
  const port = await listenAtOneOf(
    server,
    listen,
    tries.filter((p) => !taken.has(p)),
  );
  keepPort(name, seat.seat, port);
  const entrance: Entrance = {
    ...{ seat, server, port, log, sockets: new Set<Socket>() },
    ...{
      places: new SeatConnections(),
      tokens: new Map<string, () => void>(),
      ready: undefined,
      seatConsole: undefined,
    },
  };
  server.on('connection', (socket) => {
    meet(name, entrance, socket);
  });
  return entrance;
}

/** Lets a connection in, if it may. */
function meet(name: string, entrance: Entrance, socket: Socket): void {
  const { places, sockets, log } = entrance;
  const from = `${socket.remoteAddress ?? '?'} port ${socket.remotePort ?? '?'}`;
  socket.on('error', () => socket.destroy());
  const place = places.take(socket.remoteAddress ?? '?', (why) => {
    log.noise(`${from}: put out: ${why}`);
    socket.destroy();
  });
  sockets.add(socket);
  const late = setTimeout(() => {
    if (!place.spoken) place.end(`it did not say within ${TO_SPEAK / 1000} s that it speaks ssh`);
  }, TO_SPEAK);
  socket.once('close', () => {
    clearTimeout(late);
    sockets.delete(socket);
    places.leave(place);
  });
  welcome(name, entrance, { socket, place, from }).catch((error: unknown) => {
    log.noise(`${from}: refused: ${(error as Error).message}`);
    socket.destroy();
  });
}

async function welcome(
  name: string,
  entrance: Entrance,
  { socket, place, from }: { socket: Socket; place: SeatConnection; from: string },
): Promise<void> {
  const { places, tokens, log } = entrance;
  const gone = () => socket.destroyed;
  // An ssh server costs more than a connection does: it is begun once there is somebody to talk to.
  const greeting = greetingOf(
    socket,
    QUIET,
    () => (place.spoken = true),
    (why) => {
      place.end(why);
    },
  );
  await greeting.heard;
  if (gone()) return;
  for (let why = places.begin(place); why !== undefined; why = places.begin(place)) {
    if (place.spoken) throw new Error(why);
    await sleep(QUIET);
    if (gone()) return;
  }
  const lab = seatLab({ name }, entrance.seat);
  await ready(name, lab, entrance);
  if (gone()) return;
  log.noise(`connection from ${from}`);
  // What it logs cannot tell who has logged in: a user's name may have line breaks in it.
  const token = randomBytes(16).toString('hex');
  const admit = () => {
    if (place.admitted) return;
    places.admit(place);
    noteActivity(lab);
    log.note(`${from}: logged in`);
  };
  const sure = setTimeout(admit, SURE);
  tokens.set(token, admit);
  socket.once('close', () => {
    clearTimeout(sure);
    tokens.delete(token);
  });
  const server = serveLogin(labDirectory(lab), token);
  server.stdin?.write(greeting.taken());
  readLines(server.stderr, (line) => {
    log.noise(`${from}: sshd: ${line}`);
  });
  joinStreams(socket, server);
}

/** Makes a seat's machine ready, once for each that there was, and again when its keys have changed. */
async function ready(name: string, lab: string, entrance: Entrance): Promise<void> {
  const holder = readIdentity(join(labDirectory(lab), 'holder'));
  const record = readRecord(lab);
  if (holder === undefined || record?.complete !== true) throw new Error(`lab ${lab} is not up`);
  const credentials = await credentialsOf(name, entrance.seat.seat);
  const key = `${holder.pid} ${holder.startTime} ${credentials.keys}`;
  if (entrance.ready?.key !== key) {
    const done = setUp(record, entrance, credentials);
    entrance.ready = { key, done };
    done.catch(() => {
      if (entrance.ready?.done === done) entrance.ready = undefined;
    });
  }
  await entrance.ready.done;
}

async function setUp(record: LabRecord, entrance: Entrance, credentials: Credentials): Promise<void> {
  const directory = labDirectory(record.name);
  const socket = seatConsoleSocket(record.name);
  entrance.seatConsole?.close();
  rmSync(socket, { force: true });
  entrance.seatConsole = await answerAt(socket, record.name, (token) => entrance.tokens.get(token)?.());
  const { stateDirectory, agent } = machineOf(record);
  const { password, hostKey, keys } = credentials;
  await setUpSeatConsole(directory, {
    ...{ password, hostKey, keys, socket },
    seat: seatConsoleText(
      {
        ...{ lab: record.name, seat: entrance.seat.seat, name: entrance.seat.name },
        ...{ state: stateDirectory, agent, capabilities: Object.values(NODE_CAPABILITIES).join(',') },
      },
      seatConsoleNodes(record),
    ),
  });
}

function close({ server, sockets, seatConsole }: Entrance): void {
  server.close();
  seatConsole?.close();
  for (const socket of sockets) socket.destroy();
}
