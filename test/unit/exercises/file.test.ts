import { describe, expect, it } from 'vitest';
import { TopologyError } from '../../../src/errors.ts';
import { isExercise, parseExercise } from '../../../src/exercises/file.ts';
import { shipped } from '../plan/labs.ts';

const GOOD = `exercise: 2
topology: dr
title: A server is off the net
difficulty: easy
story: { en: It hangs., de: Es hängt. }
teaches: Look at links.
hints: [Which server?]
answer: "{server} was down."
break:
  "{server}": ip link set eth0 down
fix:
  "{server}": ip link set eth0 up
checks:
  - on: client
    run: ping -c1 -W1 rs1
    right: It answers.
    wrong: It does not.
`;

function problems(text: string, plan?: ReturnType<typeof shipped>): string[] {
  try {
    const read = parseExercise(text, 'mine.yaml', 'mine');
    if (plan !== undefined) read.against(plan);
    return [];
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    return error.message.split('\n').filter((row) => row.startsWith('mine.yaml:'));
  }
}

describe('an exercise file', () => {
  it('becomes a fault like those that come with the tool', () => {
    const { fault, topology } = parseExercise(GOOD, 'mine.yaml', 'mine');
    expect(topology).toBe('dr');
    expect(fault).toMatchObject({
      id: 'mine',
      difficulty: 'easy',
      modes: [],
      tested: true,
      inject: [{ on: '{server}', run: 'ip link set eth0 down' }],
      conditions: [{ on: 'client', right: { en: 'It answers.', de: 'It answers.' } }],
    });
    expect(fault.texts.de).toMatchObject({ story: 'Es hängt.', teaches: 'Look at links.' });
    expect(problems(GOOD, shipped('dr'))).toEqual([]);
  });

  it('of version 1 is read, with a note where it says `mend`', () => {
    const old = GOOD.replace('exercise: 2', 'exercise: 1').replace('fix:', 'mend:');
    const { fault, notes } = parseExercise(old, 'mine.yaml', 'mine');
    expect(fault).toEqual(parseExercise(GOOD, 'mine.yaml', 'mine').fault);
    expect(notes).toEqual([
      {
        ...{ line: 11, column: 1 },
        message: '"mend" is now called "fix"; the next version of this tool does not read it',
        fix: 'write `fix:`, and `exercise: 2` at the top',
      },
    ]);
    expect(parseExercise(GOOD, 'mine.yaml', 'mine').notes).toEqual([]);
    const both = GOOD.replace('fix:', 'mend:\n  "{server}": "true"\nfix:');
    expect(problems(both)).toEqual(['mine.yaml:11:1: unknown key "mend" in the exercise']);
  });

  it('is told from a topology', () => {
    expect(isExercise(GOOD)).toBe(true);
    expect(isExercise('lvslab: 1\nnodes: {}\n')).toBe(false);
    expect(isExercise('')).toBe(false);
  });

  it.each([
    ['a missing key', GOOD.replace(/^story.*\n/m, ''), ['mine.yaml:1:1: the exercise has no `story`']],
    [
      'a mistyped key',
      GOOD.replace('teaches:', 'teachs:'),
      ['mine.yaml:1:1: the exercise has no `teaches`', 'mine.yaml:6:1: unknown key "teachs" in the exercise'],
    ],
    [
      'a wrong choice',
      GOOD.replace('easy', 'simple'),
      ['mine.yaml:4:13: difficulty: this value is not allowed'],
    ],
    [
      'another version',
      GOOD.replace('exercise: 2', 'exercise: 3'),
      ['mine.yaml:1:11: exercise: this value is not allowed'],
    ],
    [
      'a list where text belongs',
      GOOD.replace('Look at links.', '[a]'),
      ['mine.yaml:6:10: teaches: a list cannot stand here'],
    ],
    [
      'a language left out',
      GOOD.replace(', de: Es hängt.', ''),
      ['mine.yaml:5:8: story: a mapping cannot stand here'],
    ],
    [
      'a part that there is not',
      GOOD.replace('  "{server}": ip link set eth0 up', '  "{sever}": ip link set {eth} up'),
      ['mine.yaml:12:3: there is no part {sever}', 'mine.yaml:12:14: there is no part {eth}'],
    ],
    [
      'no YAML',
      'exercise: [',
      [
        'mine.yaml:1:12: not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
      ],
    ],
  ])('%s is said with its place', (_, text, expected) => {
    const found = problems(text);
    for (const one of expected)
      expect(
        found.some((row) => row.startsWith(one)),
        `${one}\n${found.join('\n')}`,
      ).toBe(true);
    expect(found).toHaveLength(expected.length);
  });

  it('is held against a lab', () => {
    expect(problems(GOOD.replace('on: client', 'on: clint'), shipped('dr'))).toEqual([
      'mine.yaml:14:9: lab dr has no node "clint"',
    ]);
    expect(problems(GOOD.replaceAll('{server}', '{router}'), shipped('dr'))).toEqual([
      'mine.yaml:10:3: lab dr has no {router}',
      'mine.yaml:12:3: lab dr has no {router}',
    ]);
  });
});
