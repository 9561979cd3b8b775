import { EXIT, LabError } from '../errors.ts';
import type { Running, Runtime } from '../runtime/runtime.ts';
import { clientPerl } from './perl.ts';
import type { Asked } from './requests.ts';

/** One connection to a VIP that a client opened and keeps open; over UDP, a socket that sends to it. */
export interface Connection {
  client: string;
  address: string;
  port: number;
  /** Real server that answered, by its own account; undefined where none did. */
  server: string | undefined;
  /** What went wrong, in the system's words; empty where nothing did. */
  error: string;
}

/** Where a connection comes from; what is undefined, the client's kernel chooses. */
export interface Source {
  address?: string;
  port?: number;
}

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
    this.#child = runtime.start(client, clientPerl('holder.pl'), { stdio: ['pipe', 'pipe', 'ignore'] });
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
  async open(service: Asked, source: Source = {}): Promise<Connection> {
    return this.#open(this.#newId(), service, source);
  }

  /** Opens a connection, and resets it once it is answered. */
  async ask(service: Asked, source: Source = {}): Promise<Connection> {
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

  async #open(id: number, { application, protocol, vip, port }: Asked, source: Source): Promise<Connection> {
    const answer = await this.#say(
      `open ${id} ${application} ${protocol} ${vip} ${port} ${source.address ?? '-'} ${source.port ?? 0}`,
    );
    const [, address = '', own = '0', server = '', error = ''] = answer.split('\t');
    const connection: Connection = {
      client: this.#client,
      address: address === '' ? (source.address ?? '') : address,
      port: Number(own),
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
