import { isIPv6 } from 'node:net';
import { Attempts } from './attempts.ts';

/** Connections of one seat at once: terminals of one student, and what was never closed. */
export const MOST = 16;
/** Of those, such as have not logged in, from one source. */
export const MOST_OF_ONE = 4;
/** A connection to a seat, as far as it matters for whether it may stay. */
export interface Place {
  /** Whence it comes: an IPv4 address, or the 64 bits of an IPv6 address that are one network. */
  readonly source: string;
  /** It has said what it speaks, as a client of ssh does at once. */
  spoken: boolean;
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
export class Places {
  readonly #held = new Set<Place>();
  readonly #paid = new WeakMap<Place, Attempts>();
  readonly #attempts: { spoken: Attempts; silent: Attempts };

  /** @param now milliseconds of a clock that only goes on */
  constructor(now: () => number = () => performance.now()) {
    this.#attempts = { spoken: new Attempts(20, now), silent: new Attempts(4, now) };
  }

  /**
   * Gives a newcomer a place, and ends a connection for it where there is no other.
   * @returns why there is none
   */
  take(address: string, end: (why: string) => void): Place | string {
    const source = sourceOf(address);
    const strangers = [...this.#held].filter(({ admitted }) => !admitted);
    const own = strangers.filter((place) => place.source === source);
    const full = this.#held.size >= MOST;
    if (full && strangers.length === 0) return 'every place is taken by somebody who has logged in';
    if (own.length >= MOST_OF_ONE) this.#putOut(own, 'others came from the same address');
    else if (full) this.#putOut(strangers, 'others came');
    const place: Place = { source, spoken: false, admitted: false, end };
    this.#held.add(place);
    return place;
  }

  /**
   * Whether an ssh server may be begun for it now, which takes of the machine what it takes: so often for each source, and for
   * all of them. A silent one is counted apart, so that silence uses up nothing of those who speak.
   */
  mayBegin(place: Place): boolean {
    const attempts = place.spoken ? this.#attempts.spoken : this.#attempts.silent;
    const may = attempts.take(place.source);
    if (may) this.#paid.set(place, attempts);
    return may;
  }

  /** Somebody has logged in: that was no attempt. */
  admit(place: Place): void {
    place.admitted = true;
    this.#paid.get(place)?.giveBack(place.source);
  }

  /** The connection has ended. */
  leave(place: Place): void {
    this.#held.delete(place);
  }

  #putOut(strangers: readonly Place[], why: string): void {
    const count = (source: string) => strangers.filter((place) => place.source === source).length;
    const silent = strangers.filter(({ spoken }) => !spoken);
    const from = silent.length > 0 ? silent : strangers;
    const most = Math.max(...from.map(({ source }) => count(source)));
    const oldest = from.find(({ source }) => count(source) === most);
    if (oldest === undefined) return;
    this.#held.delete(oldest);
    oldest.end(why);
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
