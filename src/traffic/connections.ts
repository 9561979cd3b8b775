import { EXIT, LabError } from '../errors.ts';
import type { PlannedService } from '../plan/types.ts';
import type { Running, Runtime } from '../runtime/runtime.ts';

/** One connection to a VIP that a client opened and keeps open. */
export interface Connection {
  client: string;
  address: string;
  port: number;
  /** Real server that answered, by its own header; undefined where none did. */
  server: string | undefined;
  /** What went wrong, in the system's words; empty where nothing did. */
  error: string;
}

/** Where a connection comes from; what is undefined, the client's kernel chooses. */
export interface Source {
  address?: string;
  port?: number;
}

/**
 * Opens connections from one client one after the other, asks on each who is there, and keeps it open until told.
 * It reads `open ID VIP PORT ADDRESS PORT`, `close ID` and `reset ID`, and answers each with a line.
 */
const PROGRAM = `
use strict; use IO::Socket::IP; use Socket qw(SOL_SOCKET SO_LINGER); $| = 1; my %held;
sub ask {
  my ($socket, $host) = @_; my $got = ''; my $name = $host =~ /:/ ? "[$host]" : $host;
  syswrite $socket, "GET / HTTP/1.1\\r\\nHost: $name\\r\\n\\r\\n";
  until ($got =~ /\\r\\n\\r\\n/) {
    my $ready = ''; vec($ready, fileno $socket, 1) = 1;
    return ('', 'no answer within 3 s') unless select($ready, undef, undef, 3);
    return ('', 'the connection ended: ' . ($! || 'no answer')) unless sysread $socket, $got, 4096, length $got;
  }
  return $got =~ /^X-Real-Server: (\\S+)/mi ? ($1, '') : ('', 'an answer without X-Real-Server');
}
while (<STDIN>) {
  my ($verb, $id, $host, $port, $address, $source) = split;
  if ($verb eq 'open') {
    my $socket = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Type => Socket::SOCK_STREAM(), Timeout => 3,
      ($address ne '-' ? (LocalHost => $address) : ()), ($source ? (LocalPort => $source, ReuseAddr => 1) : ()));
    if (!$socket) { my $why = $! || $@; print join("\\t", $id, '', 0, '', $why), "\\n"; next }
    $socket->blocking(1); $held{$id} = $socket;
    print join("\\t", $id, $socket->sockhost, $socket->sockport, ask($socket, $host)), "\\n";
  } else {
    my $socket = delete $held{$id};
    # Without lingering, closing sends a reset, and nothing of the connection stays at the client.
    setsockopt $socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0) if $verb eq 'reset' && $socket;
    close $socket if $socket;
    print "$id\\n";
  }
}
`;

/** A client's hand full of open connections. `end` lets go of them all. */
export class Connections {
  readonly #client: string;
  readonly #child: Running;
  readonly #over: Promise<void>;
  #unread = '';
  readonly #waiting: ((line: string) => void)[] = [];
  readonly #ids = new Map<Connection, number>();
  #next = 0;
  #ended = false;

  constructor(runtime: Runtime, client: string) {
    this.#client = client;
    this.#child = runtime.start(client, ['perl', '-e', PROGRAM], { stdio: ['pipe', 'pipe', 'ignore'] });
    if (this.#child.stdin === null || this.#child.stdout === null)
      throw new LabError(EXIT.labFailed, `no pipe to ${client}`);
    // A program that has ended is told of below, by the answers that it owes.
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#read(text);
    });
    this.#over = new Promise((resolve) => {
      const ended = () => {
        this.#ended = true;
        for (const answer of this.#waiting.splice(0)) answer('');
        resolve();
      };
      this.#child.once('error', ended);
      this.#child.once('close', ended);
    });
  }

  /**
   * Opens a connection; its first answer, or a failure, is in the result. What is asked for at once is done one after
   * the other, in the order of the calls.
   */
  async open(service: Pick<PlannedService, 'vip' | 'port'>, source: Source = {}): Promise<Connection> {
    return this.#open(this.#newId(), service, source);
  }

  /** Opens a connection, and resets it once it is answered. */
  async ask(service: Pick<PlannedService, 'vip' | 'port'>, source: Source = {}): Promise<Connection> {
    const id = this.#newId();
    const [connection] = await Promise.all([this.#open(id, service, source), this.#say(`reset ${id}`)]);
    return connection;
  }

  /** Ends a connection as a client does that is done with it. */
  close(connection: Connection): Promise<void> {
    return this.#letGo('close', connection);
  }

  /** Ends a connection by a reset, so that its port is free at once and the director forgets it in seconds. */
  reset(connection: Connection): Promise<void> {
    return this.#letGo('reset', connection);
  }

  /** Lets go of everything that is still open. */
  async end(): Promise<void> {
    this.#child.stdin?.end();
    await this.#over;
  }

  async #open(
    id: number,
    service: Pick<PlannedService, 'vip' | 'port'>,
    source: Source,
  ): Promise<Connection> {
    const answer = await this.#say(
      `open ${id} ${service.vip} ${service.port} ${source.address ?? '-'} ${source.port ?? 0}`,
    );
    const [, address = '', port = '0', server = '', error = ''] = answer.split('\t');
    const connection: Connection = {
      client: this.#client,
      address: address === '' ? (source.address ?? '') : address,
      port: Number(port),
      server: server === '' ? undefined : server,
      error: answer === '' ? 'the program that holds connections ended' : error,
    };
    this.#ids.set(connection, id);
    return connection;
  }

  #newId(): number {
    this.#next += 1;
    return this.#next;
  }

  async #letGo(how: 'close' | 'reset', connection: Connection): Promise<void> {
    const id = this.#ids.get(connection);
    this.#ids.delete(connection);
    if (id !== undefined) await this.#say(`${how} ${id}`);
  }

  #say(line: string): Promise<string> {
    if (this.#ended) return Promise.resolve('');
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin?.write(`${line}\n`);
    });
  }

  #read(text: string): void {
    const lines = (this.#unread + text).split('\n');
    this.#unread = lines.pop() ?? '';
    for (const line of lines) this.#waiting.shift()?.(line);
  }
}
