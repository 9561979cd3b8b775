import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import type { FileStep } from './steps.ts';

/** Where a web server has the authority's key and certificate, to sign its own certificate with. */
export const AUTHORITY_KEY = '/etc/nginx/authority.key';
export const AUTHORITY_CERTIFICATE = '/etc/nginx/authority.crt';

const NAME = 'lvslab';
/** What comes before an Ed25519 key's 32 bytes in PKCS #8 (RFC 8410, 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The files by which a web server can sign its certificate as the lab's own authority does.
 *
 * The key follows from the lab's name, because the same file must give the same plan. It is no secret, and need not
 * be: nobody but the directors of that one lab trusts it.
 */
export function signingFiles(lab: string): FileStep[] {
  const key = privateKey(lab);
  return [
    { kind: 'file', path: AUTHORITY_KEY, content: key.export({ type: 'pkcs8', format: 'pem' }).toString() },
    { kind: 'file', path: AUTHORITY_CERTIFICATE, content: certificate(key) },
  ];
}

/**
 * The file by which every program of a node that uses OpenSSL trusts the lab's authority: it finds it by its name, a
 * hash of the authority's (openssl-rehash(1)).
 */
export function trustFile(lab: string): FileStep {
  return { kind: 'file', path: `/etc/ssl/certs/${subjectHash()}.0`, content: certificate(privateKey(lab)) };
}

function privateKey(lab: string): KeyObject {
  const seed = createHash('sha256').update(`${NAME} authority of lab ${lab}`).digest();
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

/** A certificate that the authority signs for itself (RFC 5280, 4). Ed25519 gives the same signature every time. */
function certificate(key: KeyObject): string {
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const ed25519 = sequence(objectId('2b6570'));
  const keyId = createHash('sha1').update(publicKey.subarray(-32)).digest();
  const extension = (id: string, critical: boolean, value: Buffer) =>
    sequence(objectId(id), ...(critical ? [TRUE] : []), octets(value));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ed25519,
    subject(NAME),
    sequence(utcTime('200101000000Z'), utcTime('491231235959Z')),
    subject(NAME),
    publicKey,
    der(
      0xa3,
      sequence(
        extension(BASIC_CONSTRAINTS, true, sequence(TRUE)),
        extension(KEY_USAGE, true, der(0x03, Buffer.from([1, 0b0000_0110]))),
        extension(SUBJECT_KEY_ID, false, octets(keyId)),
      ),
    ),
  );
  const whole = sequence(body, ed25519, der(0x03, Buffer.from([0]), sign(null, body, key)));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const BASIC_CONSTRAINTS = '551d13';
const KEY_USAGE = '551d0f';
const SUBJECT_KEY_ID = '551d0e';
const COMMON_NAME = '550403';
const TRUE = Buffer.from('0101ff', 'hex');

function der(tag: number, ...content: Buffer[]): Buffer {
  const inner = Buffer.concat(content);
  const length =
    inner.length < 0x80
      ? [inner.length]
      : inner.length < 0x100
        ? [0x81, inner.length]
        : [0x82, inner.length >> 8, inner.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), inner]);
}

function sequence(...content: Buffer[]): Buffer {
  return der(0x30, ...content);
}

function octets(content: Buffer): Buffer {
  return der(0x04, content);
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function utcTime(text: string): Buffer {
  return der(0x17, Buffer.from(text));
}

function relativeName(text: string): Buffer {
  return der(0x31, sequence(objectId(COMMON_NAME), der(0x0c, Buffer.from(text))));
}

function subject(text: string): Buffer {
  return sequence(relativeName(text));
}

/** OpenSSL's: of the name in lower case without the sequence around it, the first four bytes read from the back. */
function subjectHash(): string {
  const digest = createHash('sha1').update(relativeName(NAME)).digest();
  return digest.readUInt32LE(0).toString(16).padStart(8, '0');
}
