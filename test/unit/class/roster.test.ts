import { describe, expect, it } from 'vitest';
import { MOST_SEATS, numberedSeats, parseRoster, seatOf } from '../../../src/class/roster.ts';
import { TopologyError, type Problem } from '../../../src/errors.ts';

function problems(text: string): Problem[] {
  try {
    parseRoster(text, 'roster.csv');
  } catch (error) {
    if (error instanceof TopologyError) return error.problems;
    throw error;
  }
  return [];
}

describe('a seat', () => {
  it.each([
    ['Ada', 'ada'],
    ['Jörg Müller', 'jorg-muller'],
    ['Łukasz Groß', 'lukasz-gross'],
    ["  D'Artagnan, Jr. ", 'd-artagnan-jr'],
    ['Maximiliane-Charlotte von Hohenfels', 'maximiliane-charlott'],
    ['李', ''],
    ['7', '7'],
  ])('of %j is %j', (name, seat) => {
    expect(seatOf(name)).toBe(seat);
  });

  it('without a name has a number', () => {
    expect(numberedSeats(101).map(({ seat }) => seat)).toEqual(
      expect.arrayContaining(['s01', 's09', 's99', 's100', 's101']),
    );
  });
});

describe('a roster', () => {
  it('is names one a line, blank lines and comments left out', () => {
    expect(parseRoster('\uFEFFAda Lovelace\r\n\r\n# absent: Bob\n  Grace\n', 'r')).toEqual([
      { seat: 'ada-lovelace', name: 'Ada Lovelace' },
      { seat: 'grace', name: 'Grace' },
    ]);
  });

  it.each([
    ['a column name', 'Mail,Name\na@x,Ada\nb@x,"Hopper, ""Amazing"" Grace"\n'],
    ['semicolons', 'mail;name\na@x;Ada\nb@x;Hopper, "Amazing" Grace\n'],
    ['first and last', 'last\tfirst\n\tAda\n"Amazing"" Grace"\tHopper,\n'],
  ])('is CSV with %s', (_, text) => {
    expect(parseRoster(text, 'r').map(({ seat }) => seat)).toEqual(['ada', 'hopper-amazing-grace']);
  });

  it.each([
    ['', 1, 1, 'nobody'],
    ['# nobody yet\n', 1, 1, 'nobody'],
    ['name\n', 1, 1, ''],
    ['Ada\nBob\nAda\n', 3, 1, '"Ada" stands in line 1 already'],
    ['Ada\n  ada!\n', 2, 3, '"ada!" and "Ada" of line 1 would both sit at ada'],
    ['Ada\n李\n', 2, 1, 'no letter or digit'],
    ['mail,name\na@x,Ada\nb@x,\n', 3, 5, 'has no name'],
    ['mail,phone\na@x,1\n', 1, 1, 'no column of this header'],
    [Array.from({ length: MOST_SEATS + 1 }, (_, i) => `n${i}`).join('\n'), 1, 1, 'too many'],
  ])('%j has a problem in line %i, column %i: %s', (text, line, column, message) => {
    const found = problems(text);
    if (message === '') {
      // One name with no comma anywhere is a name, whatever it says.
      expect(found).toEqual([]);
      return;
    }
    expect(found).toMatchObject([{ line, column }]);
    expect(found[0]?.message).toContain(message);
    expect(found[0]?.fix).toBeTruthy();
  });

  it('is told every problem at once, with the file', () => {
    expect(() => parseRoster('Ada\nAda\n!\n', 'names.txt')).toThrow(
      /names\.txt:2:1: .*\n.*\nnames\.txt:3:1: /,
    );
  });
});
