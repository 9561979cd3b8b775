import { describe, expect, it } from 'vitest';
import {
  MOST,
  MOST_OF_ONE,
  MOST_WAITING,
  MOST_WAITING_OF_ONE,
  SeatConnections,
  type SeatConnection,
} from '../../../../src/commands/class/places.ts';

/** A seat, and who was put out of it, in order. */
function seat() {
  let now = 0;
  const out: string[] = [];
  const places = new SeatConnections(() => now);
  const come = (address: string, name = address) => places.take(address, () => out.push(name));
  /** One that has said at once what it speaks. */
  const speak = (address: string, name = address): SeatConnection => {
    const place = come(address, name);
    place.spoken = true;
    expect(places.begin(place)).toBeUndefined();
    return place;
  };
  const students = (count: number) => {
    for (let n = 0; n < count; n += 1) places.admit(speak('192.0.2.1', `student ${n}`));
  };
  return { places, out, come, speak, students, pass: (milliseconds: number) => (now += milliseconds) };
}
const names = (what: string, count: number) => Array.from({ length: count }, (_, n) => `${what} ${n}`);

describe('who waits before a seat', () => {
  it('goes, the oldest first, where one source has too many', () => {
    const { come, out } = seat();
    for (const name of names('stranger', MOST_WAITING_OF_ONE + 2)) come('192.0.2.9', name);
    expect(out).toEqual(['stranger 0', 'stranger 1']);
  });

  it('goes of the source that has most, where all have too many', () => {
    const { come, out } = seat();
    come('192.0.2.1', 'student');
    for (let n = 0; n < 5 * MOST_WAITING; n += 1) come(`198.51.100.${n % 25}`, `${n % 25}`);
    expect(out.length).toBe(4 * MOST_WAITING + 1);
    expect(out).not.toContain('student');
  });

  it('puts nobody out who has an ssh server', () => {
    const { come, speak, out } = seat();
    speak('192.0.2.9', 'speaker');
    for (const name of names('silent', 5 * MOST_WAITING)) come('192.0.2.9', name);
    expect(out).not.toContain('speaker');
  });
});

describe('the places of a seat', () => {
  it('are left by the oldest of a source that has too many', () => {
    const { speak, out } = seat();
    for (const name of names('stranger', MOST_OF_ONE + 2)) speak('192.0.2.9', name);
    expect(out).toEqual(['stranger 0', 'stranger 1']);
  });

  it('are left by the silent before those that speak', () => {
    const { places, come, speak, out } = seat();
    for (const name of names('silent', 3)) expect(places.begin(come('192.0.2.9', name))).toBeUndefined();
    speak('192.0.2.9', 'student');
    speak('192.0.2.9', 'another');
    expect(out).toEqual(['silent 0']);
  });

  it('are not left by one that speaks for one that is silent', () => {
    const { places, come, speak, out } = seat();
    for (let n = 0; n < MOST; n += 1) speak(`198.51.100.${n}`);
    expect(places.begin(come('192.0.2.9'))).toMatch(/taken/);
    expect(out).toEqual([]);
  });

  it('are left by the source that has most, and in it by the oldest', () => {
    const { speak, out } = seat();
    speak('192.0.2.1', 'student');
    for (let n = 0; n < MOST - 1; n += 1) speak(`198.51.100.${n % 5}`, `${n % 5}.${n}`);
    speak('198.51.100.77', 'newcomer');
    expect(out).toEqual(['0.0']);
  });

  it('are never left by who has logged in', () => {
    const { places, come, speak, students, out } = seat();
    students(MOST - 1);
    for (let n = 0; n < 50; n += 1) speak(`198.51.100.${n}`, `stranger ${n}`);
    expect(out).toEqual(names('stranger', 49));
    students(1);
    const late = come('192.0.2.1');
    late.spoken = true;
    expect(places.begin(late)).toMatch(/taken by somebody who has logged in/);
    expect(out).toEqual(names('stranger', 50));
  });

  it('are free again when a connection has ended', () => {
    const { places, speak, out, pass } = seat();
    for (let n = 0; n < 100; n += 1) {
      places.leave(speak('192.0.2.9'));
      pass(1000);
    }
    expect(out).toEqual([]);
  });

  it.each([
    ['::ffff:192.0.2.9', '192.0.2.9'],
    ['2001:db8::1', '2001:db8:0:0:ffff::2'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
    ['fe80::1%eth0', 'fe80::2'],
  ])('know %s and %s for one source', (one, other) => {
    const { come } = seat();
    expect(come(one).source).toBe(come(other).source);
  });

  it('know others apart', () => {
    const { come } = seat();
    const sources = ['192.0.2.9', '192.0.2.10', '2001:db8:1:2::1', '2001:db8:1:3::1', '::1'].map(
      (address) => come(address).source,
    );
    expect(new Set(sources).size).toBe(sources.length);
  });
});

describe('an ssh server', () => {
  /** How many of so many attempts one after the other are allowed. */
  const begun = ({ places, come }: ReturnType<typeof seat>, address: string, times: number, spoken = true) =>
    Array.from({ length: times }, () => {
      const place = come(address);
      place.spoken = spoken;
      const why = places.begin(place);
      places.leave(place);
      return why;
    }).filter((why) => why === undefined).length;

  it('is begun so often for one source, and once more each second', () => {
    const own = seat();
    expect(begun(own, '192.0.2.9', 100)).toBe(20);
    own.pass(3000);
    expect(begun(own, '192.0.2.9', 100)).toBe(3);
    expect(begun(own, '192.0.2.10', 1)).toBe(1);
  });

  it('is begun for the silent without taking anything from those who speak', () => {
    const own = seat();
    expect(begun(own, '192.0.2.9', 100, false)).toBe(4);
    expect(begun(own, '192.0.2.9', 1)).toBe(1);
  });

  it('is begun as often as somebody logs in', () => {
    const { places, speak } = seat();
    for (let n = 0; n < 1000; n += 1) {
      const place = speak('192.0.2.1');
      places.admit(place);
      places.leave(place);
    }
  });

  it('is begun so often for all sources together', () => {
    const own = seat();
    const all = () =>
      Array.from({ length: 500 }, (_, n) => begun(own, `198.51.${n >> 8}.${n & 255}`, 1)).reduce(
        (a, b) => a + b,
      );
    expect(all()).toBe(100);
    own.pass(2000);
    expect(all()).toBe(10);
  });
});
