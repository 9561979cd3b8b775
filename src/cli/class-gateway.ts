import { isIP } from 'node:net';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { leaveByInterrupt } from '../host/interrupt.ts';
import { EXIT, LabError } from '../errors.ts';
import { portNumber } from './numbers.ts';
import { json, jsonOption, out, progressFor, type Common } from './output.ts';

/** How students come to their seats by ssh. */
export function addClassGateway(group: Command): void {
  group
    .command('open')
    .summary('let students in by ssh, each to the own seat and nothing else')
    .argument('[class]', 'the class (default: the only one that is up)')
    .addOption(listenOption())
    .addOption(portOption())
    .addOption(jsonOption())
    .action(async (name: string | undefined, options: GatewayOptions) => {
      const { openGateway } = await import('../commands/class/open.ts');
      const { record, gateway } = await openGateway(name, options.listen, options.port);
      if (options.json === true) json('class-open', { class: record.name, ...gateway });
      else {
        const ports = Object.values(gateway.ports).sort((a, b) => a - b);
        const range = ports.length === 1 ? `port ${ports[0]}` : `ports ${ports[0]} to ${ports.at(-1)}`;
        out(`class ${record.name} is open: ${gateway.listen}, ${range}`);
        out('  next: ./lab class seat (what to hand out) · ./lab class close');
      }
    });

  group
    .command('close')
    .summary('let nobody in any more, and put out who is in; what was handed out stays true')
    .argument('[class]', 'the class (default: the only one that is up)')
    .addOption(jsonOption())
    .action(async (name: string | undefined, options: Common) => {
      const [{ closeGateway }, { findClass }] = await Promise.all([
        import('../records/class-gateway.ts'),
        import('../records/class.ts'),
      ]);
      const record = findClass(name);
      const wasOpen = await closeGateway(record.name);
      if (options.json === true) json('class-close', { class: record.name, wasOpen });
      else progressFor(options).note(`class ${record.name} ${wasOpen ? 'is closed' : 'was not open'}`);
    });

  group
    .command('seat')
    .summary('what to hand out to students: how they come in')
    .argument('[seat...]', 'seats, or names of students (default: all)')
    .option('--class <class>', 'the class (default: the only one that is up)')
    .option('--host <name>', 'how students reach this machine (default: an address of it)')
    .option('--key <file>', 'let the student in with this public key too')
    .addOption(jsonOption())
    .action(async (names: string[], options: SeatOptions) => {
      const [{ handouts, admitKeys }, { findClass, findSeats }, { handoutText }] = await Promise.all([
        import('../commands/class/open.ts'),
        import('../records/class.ts'),
        import('../report/class-gateway.ts'),
      ]);
      const record = findClass(options.class);
      const seats = findSeats(record, names);
      const handed = handouts(record, seats, options.host);
      const [seat] = seats;
      if (options.key !== undefined) {
        if (seat === undefined || names.length !== 1)
          throw new LabError(EXIT.badInput, 'whose key is it?', { fix: 'name one seat' });
        admitKeys(record, seat, options.key);
      }
      if (options.json === true) json('class-seat', { class: record.name, seats: handed });
      else out(handed.map(handoutText).join('\n\n'));
    });

  // What `open` leaves running.
  group
    .command('gateway', { hidden: true })
    .argument('<class>')
    .addOption(listenOption())
    .addOption(portOption())
    .action(async (name: string, { listen, port }: GatewayOptions) => {
      // It is ended by a signal, and no other way.
      leaveByInterrupt('SIGINT', 'SIGTERM');
      const { keepGateway } = await import('../commands/class/gateway.ts');
      await keepGateway(name, listen, port, out);
    });
}

const listenOption = () =>
  new Option('--listen <address>', 'address of this host').default('0.0.0.0').argParser((text) => {
    if (isIP(text) === 0) throw new InvalidArgumentError('it must be an IPv4 or IPv6 address');
    return text;
  });

const portOption = () =>
  new Option('--port <number>', "the first seat's port; each further one has the next")
    .default(2201)
    .argParser(portNumber(1));

interface GatewayOptions extends Common {
  listen: string;
  port: number;
}

interface SeatOptions extends Common {
  class?: string;
  host?: string;
  key?: string;
}
