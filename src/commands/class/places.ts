import { isIPv6 } from 'node:net';
import { Attempts } from './attempts.ts';

/** Connections of one seat that have an ssh server: terminals of one student, and what was never closed. */
export const MOST = 16;
/** Of those, such as have not logged in, from one source. */
export const MOST_OF_ONE = 4;
/** Connections of one seat that have none yet, and of those from one source. They cost next to nothing. */
export const MOST_WAITING = 256;
export const MOST_WAITING_OF_ONE = 64;

/** A connection to a seat, as far as it matters for whether it may stay. */
export interface SeatConnection {
  /** Whence it comes: an IPv4 address, or the 64 bits of an IPv6 address that are one network. */
  readonly source: string;
  /** It has said what it speaks, as a client of ssh does at once. */
  spoken: boolean;
  /** It has an ssh server. */
  begun: boolean;
  /** Somebody has logged in; from then on it stays until it ends by itself. */
  admitted: boolean;
  /** Ends the connection. */
  readonly end: (why: string) => void;
}

/**
 * Who may be connected to a seat. Whoever has logged in keeps the place. Of those who have not, the oldest goes where a
 * newcomer needs its place: first such as have said nothing, and of the source that has the most. So nobody who only knows the
 * port keeps a student out, nor takes more of the machine than a few connections do.
 */
export class SeatConnections {
  readonly #held = new Set<SeatConnection>();
  readonly #paid = new WeakMap<SeatConnection, Attempts>();
  readonly #attempts: { spoken: Attempts; silent: Attempts };

  /** @param now milliseconds of a clock that only goes on */
  constructor(now: () => number = () => performance.now()) {
    this.#attempts = { spoken: new Attempts(20, now), silent: new Attempts(4, now) };
  }

  /** Lets a newcomer wait for an ssh server, and ends a connection that waits already where there are too many. */
  take(address: string, end: (why: string) => void): SeatConnection {
    const source = sourceOf(address);
    const waiting = [...this.#held].filter(({ begun }) => !begun);
    const own = waiting.filter((place) => place.source === source);
    if (own.length >= MOST_WAITING_OF_ONE) this.#putOut(own);
    else if (waiting.length >= MOST_WAITING) this.#putOut(waiting);
    const place: SeatConnection = { source, spoken: false, begun: false, admitted: false, end };
    this.#held.add(place);
    return place;
  }

  /**
   * Gives a connection the right to an ssh server, and ends another one for it where there are too many. That takes something
   * of the machine, and so it is done so often for each source, and for all of them. Those who say nothing are counted apart
   * and put out none who do, so that silence uses up nothing of theirs.
   * @returns why not
   */
  begin(place: SeatConnection): string | undefined {
    const running = [...this.#held].filter(({ begun }) => begun);
    const strangers = running.filter(({ admitted, spoken }) => !admitted && (place.spoken || !spoken));
    const own = strangers.filter(({ source }) => source === place.source);
    const full = running.length >= MOST;
    if (full && strangers.length === 0) return 'every place is taken by somebody who has logged in';
    const attempts = place.spoken ? this.#attempts.spoken : this.#attempts.silent;
    if (!attempts.take(place.source)) return 'too many attempts without a login';
    this.#paid.set(place, attempts);
    if (own.length >= MOST_OF_ONE) this.#putOut(own);
    else if (full) this.#putOut(strangers);
    place.begun = true;
    return undefined;
  }

  /** Somebody has logged in: that was no attempt. */
  admit(place: SeatConnection): void {
    place.admitted = true;
    this.#paid.get(place)?.giveBack(place.source);
  }

  /** The connection has ended. */
  leave(place: SeatConnection): void {
    this.#held.delete(place);
  }

  #putOut(strangers: readonly SeatConnection[]): void {
    const count = (source: string) => strangers.filter((place) => place.source === source).length;
    const silent = strangers.filter(({ spoken }) => !spoken);
    const from = silent.length > 0 ? silent : strangers;
    const counts = new Map([...new Set(from.map(({ source }) => source))].map((s) => [s, count(s)]));
    const most = Math.max(...counts.values());
    const oldest = from.find(({ source }) => counts.get(source) === most);
    if (oldest === undefined) return;
    this.#held.delete(oldest);
    oldest.end('others came');
  }
}

/** Whoever has an IPv6 address has as many more as fit into its network. */
function sourceOf(address: string): string {
  const four = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (four !== undefined || !isIPv6(address)) return four ?? address;
  const [head = '', tail] = address.replace(/%.*/, '').split('::');
  const front = head.split(':').filter((group) => group !== '');
  const back = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  return [...front, ...Array.from({ length: zeros }, () => '0'), ...back].slice(0, 4).join(':');
}
