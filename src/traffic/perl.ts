import { ownProgram } from '../host/own-program.ts';
import { WHOAMI } from '../plan/dns.ts';
import { CLIENT_PORTS } from './client-ports.ts';

/** Seconds that a held connection, and its answer, may take. */
const LIMIT = 3;

/** The command that runs a Perl program of `images/client` on a client, with its arguments. */
export function clientPerl(program: 'holder.pl' | 'questions.pl', ...argv: string[]): string[] {
  const { first, count, file } = CLIENT_PORTS;
  const settings = `($main::PORT_FILE, $main::FIRST_PORT, $main::PORTS, $main::WHOAMI, $main::LIMIT) = ('${file}', ${first}, ${count}, '${WHOAMI}', ${LIMIT});\n`;
  return ['perl', '-e', settings + ownProgram('client/common.pl') + ownProgram(`client/${program}`), ...argv];
}
