import { rmSync } from 'node:fs';
import { createHash, randomInt } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { classDirectory } from './class.ts';
import { seatSchema } from '../class/roster.ts';
import { EXIT, LabError } from '../errors.ts';
import { hostCommand } from '../host/command.ts';
import { end, isAlive, readIdentity } from '../machine/processes.ts';
import { makePlainFolder } from '../state/folders.ts';
import { readOwnFile, writeWholeFile } from '../state/own-files.ts';
import { parseRecord } from '../state/records.ts';

const portSchema = z.number().check(z.int(), z.minimum(1), z.maximum(65_535));

const gatewayRecordSchema = z.object({
  /** Address that it listens at. */
  listen: z.string(),
  /** First of its ports. */
  port: portSchema,
  /** Port of each seat, by the seat's name. */
  ports: z.record(z.string(), portSchema),
});
/** The process that lets students in to the seats of a class, as it wrote itself down. */
export type GatewayRecord = z.infer<typeof gatewayRecordSchema>;

const identityOf = (name: string) => join(classDirectory(name), 'gateway');
const recordOf = (name: string) => join(classDirectory(name), 'gateway.json');

/** What the gateway of a class says, refusals and logins. */
export function gatewayLog(name: string): string {
  return join(classDirectory(name), 'gateway.log');
}

/** Writes down who the gateway is; a process that is about to be it does so first of all. */
export function writeGatewayIdentity(name: string, startTime: string): void {
  rmSync(recordOf(name), { force: true });
  writeWholeFile(identityOf(name), `${process.pid} ${startTime}\n`);
}

export function writeGateway(name: string, record: GatewayRecord): void {
  writeWholeFile(recordOf(name), `${JSON.stringify(record)}\n`);
}

/** The gateway of a class; undefined where it is closed, or not yet open. */
export function readGateway(name: string): GatewayRecord | undefined {
  const identity = readIdentity(identityOf(name));
  if (identity === undefined || !isAlive(identity)) return undefined;
  const text = readOwnFile(recordOf(name));
  const fix = `close it and open it again: lab class close ${name}; lab class open ${name}`;
  return text === undefined
    ? undefined
    : parseRecord(text, gatewayRecordSchema, `the record of the open class ${name}`, fix);
}

/**
 * Closes the gateway of a class: nobody comes in any more, and who is in is put out.
 * @returns whether it was open
 */
export async function closeGateway(name: string): Promise<boolean> {
  const identity = readIdentity(identityOf(name));
  const open = identity !== undefined && isAlive(identity);
  if (open) await end(identity);
  for (const file of [identityOf(name), recordOf(name)]) rmSync(file, { force: true });
  return open;
}

/** How a student gets in: kept with the class, so that what was handed out stays true when the gateway is opened again. */
export interface Credentials {
  /** For the user `student`. */
  password: string;
  /** OpenSSH's form. */
  hostKey: string;
  /** `SHA256:…` */
  fingerprint: string;
  /** Public keys that open it too, one a line; empty where there are none. */
  keys: string;
  /** Where the seat was last found; undefined before the first time. */
  port: number | undefined;
}

/** @throws LabError badInput for what is no seat's name */
function folderOf(name: string, seat: string): string {
  if (!seatSchema.shape.seat.safeParse(seat).success)
    throw new LabError(EXIT.badInput, `${JSON.stringify(seat)} cannot be a seat's name`);
  return join(classDirectory(name), 'seats', seat);
}

function makeFolderOf(name: string, seat: string): string {
  makePlainFolder(join(classDirectory(name), 'seats'));
  makePlainFolder(folderOf(name, seat));
  return folderOf(name, seat);
}

/** The credentials of a seat; undefined where it has none yet. */
export function readCredentials(name: string, seat: string): Credentials | undefined {
  const folder = folderOf(name, seat);
  const text = (file: string) => readOwnFile(join(folder, file));
  // It is written last: with it they are whole.
  const password = text('password');
  if (password === undefined) return undefined;
  const port = text('port');
  return {
    password: password.trim(),
    hostKey: text('host_key') ?? '',
    fingerprint: fingerprintOf(text('host_key.pub') ?? ''),
    keys: text('keys') ?? '',
    port: port === undefined ? undefined : portSchema.safeParse(Number(port)).data,
  };
}

/** As ssh clients show it: of a public key in OpenSSH's form. */
function fingerprintOf(key: string): string {
  const blob = Buffer.from(key.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The credentials of a seat, made where it has none. Only the gateway makes them. */
export async function credentialsOf(name: string, seat: string): Promise<Credentials> {
  const there = readCredentials(name, seat);
  if (there !== undefined) return there;
  const folder = makeFolderOf(name, seat);
  const key = join(folder, 'host_key');
  for (const file of [key, `${key}.pub`]) rmSync(file, { force: true });
  await hostCommand('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', seat, '-f', key]);
  // The last one: with it they are whole.
  writeWholeFile(join(folder, 'password'), `${newPassword()}\n`);
  return readCredentials(name, seat) ?? credentialsOf(name, seat);
}

/** Keeps a seat's port for the next time. */
export function keepPort(name: string, seat: string, port: number): void {
  writeWholeFile(join(folderOf(name, seat), 'port'), `${port}\n`);
}

/** Public keys with which a student gets in without the password, in place of those before. */
export function keepKeys(name: string, seat: string, keys: string): void {
  writeWholeFile(join(makeFolderOf(name, seat), 'keys'), keys);
}

/** Forgets the credentials of a seat that is no more. */
export function forgetCredentials(name: string, seat: string): void {
  rmSync(folderOf(name, seat), { recursive: true, force: true });
}

/** Letters and digits that are not taken for one another when they are read from paper. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';

/** `k7mf-3tqa-9wxe`: 59 bits, to be typed once or twice. */
function newPassword(): string {
  const part = () => Array.from({ length: 4 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return [part(), part(), part()].join('-');
}
