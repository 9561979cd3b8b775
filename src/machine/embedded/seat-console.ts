import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageRoot } from '../../host/paths.ts';
import { quote } from '../../plan/script.ts';
import { forwardToHost, runOnLine, startOnLine } from './line.ts';

/** In the guest, on a file system in memory; the nodes see `node` below it (images/seat-seat console). */
const SEAT_CONSOLE = '/run/lvslab-seat';

/**
 * Seconds in which somebody logs in: enough to compare a fingerprint with one on paper and to type the password, and too
 * little to be worth anything to who cannot.
 */
export const TO_LOG_IN = 45;

/** How somebody gets into a guest, and what is there for them. */
export interface SeatConsole {
  password: string;
  /** OpenSSH's form. */
  hostKey: string;
  /** Public keys, one a line. */
  keys: string;
  /** What `images/seat-seat console` reads. */
  seat: string;
  /** Socket in the lab's folder that answers what is asked there. */
  socket: string;
}

/** An ssh server for a student: no way on from here, and nothing but the seat's own menu. */
const SSHD = `
HostKey ${SEAT_CONSOLE}/host_key
AllowUsers student
# The student's own number is root's, who enters nodes; what a student may do is what the forced command does.
PermitRootLogin yes
AuthorizedKeysFile ${SEAT_CONSOLE}/keys
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitEmptyPasswords no
UsePAM no
ForceCommand exec perl ${SEAT_CONSOLE}/seat-console
DisableForwarding yes
PermitUserRC no
PermitUserEnvironment no
PrintMotd no
PrintLastLog no
UseDNS no
MaxAuthTries 4
LoginGraceTime ${TO_LOG_IN}
ClientAliveInterval 30
ClientAliveCountMax 4
LogLevel INFO
`;

/**
 * Makes a guest ready for students: an account with its password, a host key of its own, the menu. Again, it takes over
 * what has changed.
 * @throws Error where the guest does not do it
 */
export async function setUpSeatConsole(directory: string, seatConsole: SeatConsole): Promise<void> {
  const files = {
    host_key: seatConsole.hostKey,
    keys: seatConsole.keys,
    seat: seatConsole.seat,
    'sshd.conf': SSHD,
    'seat-console': readFileSync(join(packageRoot, 'images', 'seat-console'), 'utf8'),
  };
  // The root is read-only: an account is bound over its files. The nodes' roots do not show that.
  const script = `
set -e
umask 077
mkdir -p ${SEAT_CONSOLE}/node
cd ${SEAT_CONSOLE}
${Object.entries(files)
  .map(([name, text]) => `printf %s ${quote(text)} > ${name}`)
  .join('\n')}
chmod 755 . node
install -m 755 seat-console node/lab
for f in passwd shadow; do [ -e $f.root ] || cp /etc/$f $f.root; done
hash=$(printf %s ${quote(seatConsole.password)} | openssl passwd -6 -stdin)
{ cat passwd.root; echo 'student:x:0:0:student:/root:/bin/sh'; } > passwd
{ cat shadow.root; echo "student:$hash:19000:0:99999:7:::"; } > shadow
chmod 644 passwd
for f in passwd shadow; do mountpoint -q /etc/$f || mount --bind $f /etc/$f; done
`;
  const { code, stderr } = await runOnLine(directory, ['sh'], script);
  if (code !== 0) throw new Error(`the seat console could not be set up: ${stderr.trim()}`);
  await forwardToHost(directory, `${SEAT_CONSOLE}/node/sock`, basename(seatConsole.socket));
}

/**
 * An ssh server for one connection, whose bytes are the process's own streams; what it logs comes on stderr, and may have
 * lines in it that whoever connects has made up.
 * @param token that `images/seat-seat console` tells the seat console once somebody has logged in; hexadecimal digits
 */
export function serveLogin(directory: string, token: string): ChildProcess {
  const argv = [
    '/usr/sbin/sshd',
    '-i',
    '-e',
    '-f',
    `${SEAT_CONSOLE}/sshd.conf`,
    '-o',
    `SetEnv=LVSLAB_DOOR=${token}`,
  ];
  return startOnLine(directory, argv, { stdio: 'pipe' });
}
