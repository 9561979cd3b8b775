interface Timed {
  /** ISO 8601. */
  time: string;
}

/**
 * Passes events on in the order of their times, though some are known late: that a request failed, only when it is given
 * up. Each is held back as long as an earlier one may still come.
 * @param delay milliseconds
 */
export function eventsInOrder<T extends Timed>(delay: number, pass: (event: T) => void) {
  let held: T[] = [];
  const release = (until: number) => {
    held.sort((a, b) => a.time.localeCompare(b.time));
    const ready = held.filter(({ time }) => Date.parse(time) <= until);
    held = held.filter((event) => !ready.includes(event));
    ready.forEach(pass);
  };
  return {
    add: (event: T) => {
      held.push(event);
      setTimeout(() => {
        release(Date.now() - delay);
      }, delay).unref();
    },
    /** Passes on whatever is still held back. */
    end: () => {
      release(Infinity);
    },
  };
}

/** Does work whose events are printed in order; those still held back when it ends are printed, however it ends. */
export async function whileInOrder<T extends Timed, R>(
  delay: number,
  pass: (event: T) => void,
  work: (add: (event: T) => void) => Promise<R>,
): Promise<R> {
  const printed = eventsInOrder(delay, pass);
  try {
    return await work(printed.add);
  } finally {
    printed.end();
  }
}
