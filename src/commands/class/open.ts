import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Seat } from '../../class/roster.ts';
import {
  closeGateway,
  gatewayLog,
  keepKeys,
  readCredentials,
  readGateway,
  type GatewayRecord,
} from '../../records/class-gateway.ts';
import { findClass, holdClass, seatLab, type ClassRecord } from '../../records/class.ts';
import { EXIT, LabError } from '../../errors.ts';
import { interruptSignal } from '../../host/interrupt.ts';
import { readRecord } from '../../records/lab.ts';
import { assertSocketPath } from '../../machine/socket-path.ts';
import { readInput } from '../../files/input-file.ts';
import { seatConsoleSocket } from './seat-console.ts';

/** Seconds in which a gateway is open, or never will be. */
const LIMIT = 60;

/** What a student is handed. */
export interface Handout extends Seat {
  lab: string;
  /** Name or address to come to. */
  host: string;
  port: number;
  user: 'student';
  password: string;
  /** Of the seat's own host key, which the ssh client shows at the first login. */
  fingerprint: string;
  nodes: string[];
}

/**
 * Opens the gateway of a class: from now on students come in by ssh. One that is open stays as it is.
 * @param listen address of this host to listen at
 * @param port the first seat's; each further one has the next that is free
 * @throws LabError badInput where it is open elsewhere; machineCannot where it cannot listen
 */
export async function openGateway(
  name: string | undefined,
  listen: string,
  port: number,
): Promise<{ record: ClassRecord; gateway: GatewayRecord }> {
  const lock = await holdClass(findClass(name).name);
  try {
    const record = findClass(name);
    const there = readGateway(record.name);
    if (there !== undefined && (there.listen !== listen || there.port !== port))
      throw new LabError(
        EXIT.badInput,
        `class ${record.name} is open at ${there.listen} from port ${there.port} on`,
        { fix: `close it first: lab class close ${record.name}` },
      );
    return { record, gateway: there ?? (await start(record, listen, port)) };
  } finally {
    await lock.release();
  }
}

async function start(record: ClassRecord, listen: string, port: number): Promise<GatewayRecord> {
  for (const seat of record.seats) assertSocketPath(seatConsoleSocket(seatLab(record, seat)));
  await closeGateway(record.name);
  const log = openSync(gatewayLog(record.name), 'a', 0o600);
  const [script = ''] = process.argv.slice(1);
  const said = readFileSync(gatewayLog(record.name)).length;
  const gateway = spawn(
    process.execPath,
    [script, 'class', 'gateway', record.name, '--listen', listen, '--port', String(port)],
    { detached: true, stdio: ['ignore', log, log] },
  );
  closeSync(log);
  const ended = new AbortController();
  for (const event of ['error', 'exit'])
    gateway.once(event, () => {
      ended.abort();
    });
  gateway.unref();
  const limit = performance.now() + LIMIT * 1000;
  while (!ended.signal.aborted && performance.now() < limit && !interruptSignal.aborted) {
    const open = readGateway(record.name);
    if (open !== undefined) return open;
    await sleep(20);
  }
  if (!ended.signal.aborted) gateway.kill('SIGKILL');
  await closeGateway(record.name);
  interruptSignal.throwIfAborted();
  const [words = ''] = readFileSync(gatewayLog(record.name)).subarray(said).toString().split('\n');
  throw new LabError(
    EXIT.machineCannot,
    `the ssh gateway of class ${record.name} did not open: ${words.replace(/^error: /, '')}`,
    { fix: 'another address or port: lab class open --listen ADDRESS --port NUMBER' },
  );
}

/**
 * What to hand out.
 * @param host as students reach this machine; undefined: an address of it
 * @throws LabError badInput where the class is not open
 */
export function handouts(record: ClassRecord, seats: readonly Seat[], host: string | undefined): Handout[] {
  const gateway = readGateway(record.name);
  const closed = new LabError(EXIT.badInput, `class ${record.name} is not open`, {
    fix: `open it: lab class open ${record.name}`,
  });
  if (gateway === undefined) throw closed;
  return seats.map((seat) => {
    const credentials = readCredentials(record.name, seat.seat);
    const port = gateway.ports[seat.seat];
    if (credentials === undefined || port === undefined) throw closed;
    const lab = seatLab(record, seat);
    return {
      ...{ ...seat, lab, host: host ?? reachableAs(gateway.listen), port, user: 'student' },
      ...{ password: credentials.password, fingerprint: credentials.fingerprint },
      nodes: readRecord(lab)?.plan.nodes.map((node) => node.name) ?? [],
    };
  });
}

/** An address that others have for this machine, as far as it can know. */
function reachableAs(listen: string): string {
  if (listen !== '0.0.0.0' && listen !== '::') return listen;
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? hostname();
}

/**
 * Lets a student in by a key too.
 * @param file of public keys, one a line, as ssh-keygen writes them
 * @throws LabError badInput where it has none
 */
export function admitKeys(record: ClassRecord, seat: Seat, file: string): void {
  const text = new TextDecoder().decode(readInput(file, 'a file of public keys'));
  const rows = text.split('\n').filter((row) => row.trim() !== '' && !row.startsWith('#'));
  const bad = rows.findIndex(
    (row) => !/^(ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]+=*( .*)?$/.test(row.trim()),
  );
  if (rows.length === 0 || bad >= 0)
    throw new LabError(
      EXIT.badInput,
      rows.length === 0
        ? `${file} is empty`
        : `${file}: "${(rows[bad] ?? '').slice(0, 30)}…" is no public key`,
      { fix: 'give a file such as ~/.ssh/id_ed25519.pub; the private key stays with the student' },
    );
  keepKeys(record.name, seat.seat, rows.map((row) => `${row.trim()}\n`).join(''));
}
