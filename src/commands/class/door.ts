import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deskText, type DeskNode } from '../../class/desk.ts';
import type { Seat } from '../../class/roster.ts';
import {
  credentialsOf,
  keepPort,
  forgetCredentials,
  writeDoor,
  writeDoorIdentity,
  type Credentials,
} from '../../class-door.ts';
import { readClass, seatLab } from '../../class-record.ts';
import { EXIT, LabError } from '../../errors.ts';
import { interruptSignal } from '../../interrupt.ts';
import { labDirectory, readRecord, type LabRecord } from '../../lab.ts';
import { furnishDesk, letIn } from '../../machine/embedded/desk.ts';
import { readIdentity, startTime } from '../../machine/processes.ts';
import { NODE_CAPABILITIES } from '../../runtime/capabilities.ts';
import { noteActivity } from '../../test-record.ts';
import { machineOf } from '../../wire.ts';
import { shellCommand } from '../exec.ts';
import { joinStreams } from '../join-streams.ts';
import { answerAt, deskSocket } from './desk.ts';

/** Milliseconds from look to look at who is in the class. */
const LOOK = 500;
/** Connections of one seat at once, terminals of one student and what was never closed. */
const MOST_CONNECTIONS = 16;
/** Ports that are tried for one seat. */
const TRIES = 1000;

/** One seat's way in. */
interface Entrance {
  seat: Seat;
  server: Server;
  port: number;
  sockets: Set<Socket>;
  log: (text: string) => void;
  /** Which machine was made ready, with which keys; undefined while none is. */
  ready: { key: string; done: Promise<void> } | undefined;
  desk: Server | undefined;
}

/**
 * Lets students in to their seats, each by a port of its own, until the class is gone or this process is ended. What
 * comes in goes unread to an ssh server in the seat's own machine, so that no student has a process on this host.
 * @param listen address to listen at
 * @param first the first port
 * @param say takes each line of the log
 */
export async function keepDoor(
  name: string,
  listen: string,
  first: number,
  say: (line: string) => void,
): Promise<void> {
  writeDoorIdentity(name, startTime(process.pid) ?? '');
  const entrances = new Map<string, Entrance>();
  const logOf = (seat: Seat) => (text: string) => {
    say(`${new Date().toISOString()} ${seat.seat}: ${text}`);
  };
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
        entrances.set(seat.seat, await open(name, seat, listen, first, entrances, logOf(seat)));
        changed = true;
      }
      if (changed)
        writeDoor(name, {
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
  log: (text: string) => void,
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
    ...{ ready: undefined, desk: undefined },
  };
  server.on('connection', (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('close', () => entrance.sockets.delete(socket));
    entrance.sockets.add(socket);
    if (entrance.sockets.size > MOST_CONNECTIONS) socket.destroy();
    else
      welcome(name, entrance, socket).catch((error: unknown) => {
        entrance.log(`refused: ${(error as Error).message}`);
        socket.destroy();
      });
  });
  return entrance;
}

/** The first of the ports that is free. @throws LabError machineCannot where none is */
async function listenAtOneOf(server: Server, address: string, ports: number[]): Promise<number> {
  for (const port of ports) {
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen({ host: address, port, exclusive: true }, () => {
        server.removeListener('error', resolve);
        resolve(undefined);
      });
    });
    if (error === undefined) return port;
    if (error.code !== 'EADDRINUSE')
      throw new LabError(EXIT.machineCannot, `cannot listen at ${address} port ${port}: ${error.message}`, {
        cause: error,
        mend: 'name an address of this host, and a port from 1024: --listen ADDRESS --port NUMBER',
      });
  }
  throw new LabError(EXIT.machineCannot, `no port from ${ports[0] ?? '?'} on is free at ${address}`, {
    mend: 'name another one to begin with: --port NUMBER',
  });
}

async function welcome(name: string, entrance: Entrance, socket: Socket): Promise<void> {
  const from = `${socket.remoteAddress ?? '?'} port ${socket.remotePort ?? '?'}`;
  const lab = seatLab({ name }, entrance.seat);
  await ready(name, lab, entrance);
  if (socket.destroyed) return;
  entrance.log(`connection from ${from}`);
  noteActivity(lab);
  const server = letIn(labDirectory(lab));
  server.stderr?.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) if (line.trim() !== '') entrance.log(`${from}: ${line.trim()}`);
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
    const done = furnish(record, entrance, credentials);
    entrance.ready = { key, done };
    done.catch(() => {
      if (entrance.ready?.done === done) entrance.ready = undefined;
    });
  }
  await entrance.ready.done;
}

async function furnish(record: LabRecord, entrance: Entrance, credentials: Credentials): Promise<void> {
  const directory = labDirectory(record.name);
  const socket = deskSocket(record.name);
  entrance.desk?.close();
  rmSync(socket, { force: true });
  entrance.desk = await answerAt(socket, record.name);
  const { stateDirectory, agent } = machineOf(record);
  const { password, hostKey, keys } = credentials;
  await furnishDesk(directory, {
    ...{ password, hostKey, keys, socket },
    seat: deskText(
      {
        ...{ lab: record.name, seat: entrance.seat.seat, name: entrance.seat.name },
        ...{ state: stateDirectory, agent, capabilities: Object.values(NODE_CAPABILITIES).join(',') },
      },
      deskNodes(record),
    ),
  });
}

function deskNodes({ name, plan }: LabRecord): DeskNode[] {
  return plan.nodes.map((node) => ({
    name: node.name,
    about: [node.role, ...node.interfaces.flatMap((own) => own.addresses.map(({ address }) => address))].join(
      '  ',
    ),
    shell: shellCommand(name, node.name).at(-1) ?? 'sh',
  }));
}

function close({ server, sockets, desk }: Entrance): void {
  server.close();
  desk?.close();
  for (const socket of sockets) socket.destroy();
}
