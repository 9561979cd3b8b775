/** Attempts from all sources together: so many times as many as from one, and so many more each second. */
const ALL = 5;

/** How often something may be begun: by each source so many times at once and once more each second, and by all together. */
export class Attempts {
  readonly #most: number;
  readonly #now: () => number;
  readonly #all: Allowance;
  readonly #sources = new Map<string, Allowance>();

  /**
   * @param most of one source at once
   * @param now milliseconds of a clock that only goes on
   */
  constructor(most: number, now: () => number) {
    this.#most = most;
    this.#now = now;
    this.#all = new Allowance(ALL * most, ALL, now());
  }

  take(source: string): boolean {
    const now = this.#now();
    // What is whole again says no more than what is not there.
    for (const [other, allowance] of this.#sources) if (allowance.isWhole(now)) this.#sources.delete(other);
    const allowance = this.#sources.get(source) ?? new Allowance(this.#most, 1, now);
    this.#sources.set(source, allowance);
    return allowance.take(now) && this.#all.take(now);
  }

  giveBack(source: string): void {
    this.#sources.get(source)?.giveBack();
    this.#all.giveBack();
  }
}

/** So many at once, and so many more each second. */
class Allowance {
  readonly #most: number;
  readonly #rate: number;
  #left: number;
  #at: number;

  constructor(most: number, rate: number, now: number) {
    this.#most = most;
    this.#rate = rate;
    this.#left = most;
    this.#at = now;
  }

  isWhole(now: number): boolean {
    this.#grow(now);
    return this.#left === this.#most;
  }

  take(now: number): boolean {
    this.#grow(now);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  giveBack(): void {
    this.#left = Math.min(this.#most, this.#left + 1);
  }

  #grow(now: number): void {
    this.#left = Math.min(this.#most, this.#left + ((now - this.#at) / 1000) * this.#rate);
    this.#at = now;
  }
}
