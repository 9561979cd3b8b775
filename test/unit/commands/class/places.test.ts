import { describe, expect, it } from 'vitest';
import { MOST, MOST_OF_ONE, Places, type Place } from '../../../../src/commands/class/places.ts';

/** A seat, and who was put out of it, in order. */
function seat() {
  let now = 0;
  const out: string[] = [];
  const places = new Places(() => now);
  const come = (address: string, name = address): Place => {
    const place = places.take(address, () => out.push(name));
    if (typeof place === 'string') return expect.fail(place);
    return place;
  };
  return { places, out, come, pass: (milliseconds: number) => (now += milliseconds) };
}
const students = (come: (address: string) => Place, places: Places, count: number) => {
  for (let n = 0; n < count; n += 1) {
    const place = come('192.0.2.1');
    place.spoken = true;
    places.admit(place);
  }
};

describe('the places of a seat', () => {
  it('are left by the oldest of a source that has too many', () => {
    const { come, out } = seat();
    for (let n = 0; n < MOST_OF_ONE + 2; n += 1) come('192.0.2.9', `stranger ${n}`);
    expect(out).toEqual(['stranger 0', 'stranger 1']);
  });

  it('are left by the silent before those that speak', () => {
    const { come, out } = seat();
    come('192.0.2.9', 'student').spoken = true;
    for (let n = 0; n < 100; n += 1) come('192.0.2.9', `silent ${n}`);
    expect(out.length).toBe(97);
    expect(out).not.toContain('student');
  });

  it('are left by the source that has most, and in it by the oldest', () => {
    const { come, out } = seat();
    come('192.0.2.1', 'student').spoken = true;
    for (let n = 0; n < MOST - 1; n += 1) come(`198.51.100.${n % 5}`, `${n % 5}.${n}`).spoken = true;
    come('198.51.100.77', 'newcomer').spoken = true;
    expect(out).toEqual(['0.0']);
  });

  it('are never left by who has logged in', () => {
    const { come, places, out } = seat();
    students(come, places, MOST - 1);
    for (let n = 0; n < 50; n += 1) come(`198.51.100.${n}`, `stranger ${n}`);
    expect(out).toEqual(Array.from({ length: 49 }, (_, n) => `stranger ${n}`));
    students(come, places, 1);
    expect(places.take('192.0.2.1', () => undefined)).toMatch(/taken by somebody who has logged in/);
  });

  it('are free again when a connection has ended', () => {
    const { come, places, out } = seat();
    for (let n = 0; n < 100; n += 1) places.leave(come('192.0.2.9'));
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
  const begun = (places: Places, place: Place, times: number) =>
    Array.from({ length: times }, () => places.mayBegin(place)).filter(Boolean).length;

  it('is begun so often for one source, and once more each second', () => {
    const { come, places, pass } = seat();
    const place = come('192.0.2.9');
    place.spoken = true;
    expect(begun(places, place, 100)).toBe(20);
    pass(3000);
    expect(begun(places, place, 100)).toBe(3);
    const other = come('192.0.2.10');
    other.spoken = true;
    expect(begun(places, other, 1)).toBe(1);
  });

  it('is begun for the silent without taking anything from those who speak', () => {
    const { come, places } = seat();
    expect(begun(places, come('192.0.2.9'), 100)).toBe(4);
    const place = come('192.0.2.9');
    place.spoken = true;
    expect(places.mayBegin(place)).toBe(true);
  });

  it('is begun as often as somebody logs in', () => {
    const { come, places } = seat();
    for (let n = 0; n < 1000; n += 1) {
      const place = come('192.0.2.1');
      place.spoken = true;
      expect(places.mayBegin(place)).toBe(true);
      places.admit(place);
      places.leave(place);
    }
  });

  it('is begun so often for all sources together', () => {
    const { come, places, pass } = seat();
    const all = () =>
      Array.from({ length: 500 }, (_, n) => {
        const place = come(`198.51.${n >> 8}.${n & 255}`);
        place.spoken = true;
        return places.mayBegin(place);
      }).filter(Boolean).length;
    expect(all()).toBe(100);
    pass(2000);
    expect(all()).toBe(10);
  });
});
