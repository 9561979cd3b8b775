import { describe, expect, it } from 'vitest';
import { TopologyError } from '../../../src/errors.ts';
import { parseTopology } from '../../../src/topology/parse.ts';
import { expectProblems, lab, problemsOf } from './marked.ts';

describe('what is not YAML', () => {
  it('is refused with its place', () => {
    expectProblems('lvslab: 1\nnetworks: [a, b\n▸nodes: {}\n', [
      'not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
    ]);
    expectProblems('lvslab: 1\nnodes:\n▸\tclient: {}\n', [
      'not valid YAML: tabs are not allowed as indentation',
      'indent with spaces',
    ]);
    expectProblems('lvslab: 1\nname: "nat\n▸', ['not valid YAML: missing closing "quote']);
    expectProblems('lvslab: ▸a: b\n', [
      'not valid YAML: nested mappings are not allowed in compact mappings',
      'only one `key: value` on a line; put text with a colon in quotes',
    ]);
  });

  it('is reported once, not for every word after a bracket too few', () => {
    const text = lab().replace('[front, back] }', '[front, back }');
    expect(problemsOf(text).map((p) => `${p.line}:${p.column} ${p.message}`)).toEqual([
      '8:32 not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
      '9:3 not valid YAML: flow map in block collection must be sufficiently indented and end with a }',
    ]);
  });

  it('is not looked into any further', () => {
    expect(problemsOf('lvslab: 7\nnetworks: [')).toHaveLength(1);
  });
});

describe('what is no file of one topology', () => {
  const empty = 'a topology has at least `lvslab: 1`, `networks` and `nodes`';

  it.each([
    ['', ''],
    ['comments', '# nothing\n\n'],
    ['a marker', '---\n'],
    ['null', '~\n'],
  ])('is refused when empty: %s', (_, text) => {
    expect(problemsOf(text)).toEqual([{ line: 1, column: 1, message: 'the file is empty', fix: empty }]);
  });

  it('is refused with several documents', () => {
    expectProblems('lvslab: 1\n▸---\nlvslab: 1\n', [
      'the file holds several YAML documents',
      'one topology, one file: split it at the line `---`',
    ]);
  });

  it('is refused as a list or plain text', () => {
    expectProblems('▸- lvslab: 1\n', [
      'the file is a list, not a mapping',
      'write `lvslab: 1` as the first line',
    ]);
    expectProblems('▸hello\n', ['the file "hello" is text, not a mapping']);
  });

  it('is refused when binary', () => {
    const binary = 'this is not text but a binary file';
    expectProblems('lvslab: 1\nna▸\0me', [binary, 'a topology is YAML text in UTF-8']);
    const elf = new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0xff, 0xfe]);
    expect(problemsOf(elf)).toMatchObject([{ line: 1, column: 8, message: binary }]);
    const latin1 = Buffer.from('lvslab: 1\ntitle: caf\xe9\n', 'latin1');
    expect(problemsOf(latin1)).toMatchObject([{ line: 2, column: 11, message: binary }]);
    const utf16 = Buffer.from('lvslab: 1\n', 'utf16le');
    expect(problemsOf(utf16)).toMatchObject([{ line: 1, column: 2, message: binary }]);
  });

  it('is refused when larger than a mebibyte, before it is parsed', () => {
    const begun = performance.now();
    expect(problemsOf(`lvslab: 1\n${'#'.repeat(10_000_000)}`)).toMatchObject([
      { line: 1, column: 1, message: 'the file has 10000010 bytes, and a topology has at most 1048576' },
    ]);
    expect(problemsOf(new Uint8Array(1_048_577))).toMatchObject([
      { message: 'the file has 1048577 bytes, and a topology has at most 1048576' },
    ]);
    expect(performance.now() - begun).toBeLessThan(500);
  });

  it('may have a mebibyte to the byte', () => {
    const text = lab();
    expect(problemsOf(`${text}#${' '.repeat(1_048_576 - text.length - 1)}`)).toEqual([]);
  });
});

describe('duplicate keys', () => {
  it('are reported with the first one’s line, and the rest of the file is checked too', () => {
    expectProblems(
      lab({
        nodes:
          '  director: { on: [front, back] }\n  rs1: { on: back }\n  ▸rs1: { on: front }\n  rs2: { on: ▸bakc }',
      }),
      ['"rs1" is here twice: it is on line 8 already', 'rename or remove one of them'],
      ['unknown network "bakc"', 'did you mean "back"? one of: front, back'],
    );
    expectProblems(lab().replace('mode: nat', 'mode: nat\n▸mode: dr'), [
      '"mode" is here twice: it is on line 2 already',
    ]);
  });
});

describe('aliases', () => {
  it('that lead to themselves are refused', () => {
    expectProblems('lvslab: 1\nnodes: &n\n  a: ▸*n\n', [
      'alias *n stands for something that contains itself',
      'write the value out',
    ]);
    expectProblems('lvslab: 1\nnodes: &n { a: { on: [▸*n] } }\n', [
      'alias *n stands for something that contains itself',
    ]);
    expectProblems('lvslab: 1\nnodes: &n\n  <<: ▸*n\n', [
      'alias *n stands for something that contains itself',
    ]);
  });

  it('that stand for billions are refused at the outermost of them, at once', () => {
    const lines = ['lvslab: 1', `a: &a [${'x,'.repeat(9)}x]`];
    for (let i = 1; i < 20; i++) {
      const [name, before] = [String.fromCharCode(97 + i), String.fromCharCode(96 + i)];
      lines.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(',')}]`);
    }
    const begun = performance.now();
    expect(problemsOf(lines.join('\n'))).toEqual([
      {
        line: 6,
        column: 8,
        message: 'the file has more than 20000 values once its aliases are followed',
        fix: 'is this the right file?',
      },
    ]);
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  it('that stand for nothing are refused, with the likely anchor', () => {
    expectProblems('lvslab: &one 1\nnodes: ▸*onee\n', [
      'alias *onee stands for nothing: there is no anchor &onee before it',
      'did you mean *one?',
    ]);
    expectProblems('lvslab: ▸*x\nnodes: &x {}\n', [
      'alias *x stands for nothing: there is no anchor &x before it',
    ]);
  });

  it('do not repeat a problem of what they stand for', () => {
    expectProblems(lab({ nodes: '  rs1: &r { on: ▸bakc }\n  rs2: *r\n  rs3: { <<: *r }', services: '' }), [
      'unknown network "bakc"',
    ]);
  });
});

describe('merge keys', () => {
  it('that merge no mapping are refused', () => {
    expectProblems(lab({ nodes: '  rs1: { on: back, <<: ▸text }', services: '' }), [
      'the merge key << needs a mapping',
      'such as `<<: *name`, or a list of such aliases',
    ]);
    expectProblems(lab({ nodes: '  rs1: &r { on: back }\n  rs2: { <<: ▸[*r, 5] }', services: '' }), [
      'the merge key << needs a mapping',
    ]);
  });
});

describe('YAML beyond plain mappings, lists and text', () => {
  it('is refused', () => {
    expectProblems(lab().replace('nodes:', '? ▸[a, b]\n: c\nnodes:'), ['a key must be plain text']);
    expectProblems(lab().replace('mode: nat', 'mode: ▸!mode nat'), [
      'unresolved tag: !mode',
      'a topology needs no tags: leave it out',
    ]);
  });

  it('is refused where it is binary data or a date', () => {
    const useless = 'this is YAML that a topology has no use for';
    expectProblems(lab().replace('mode: nat', 'title: !!binary ▸aGVsbG8='), [
      useless,
      'use plain mappings, lists and text',
    ]);
    expectProblems(`%YAML 1.1\n---\n${lab().replace('mode: nat', 'title: ▸2024-06-07')}`, [useless]);
  });

  it.each([
    ['brackets', '['.repeat(100_000)],
    ['brackets, closed', `lvslab: ${'['.repeat(400)}${']'.repeat(400)}`],
    ['mappings', 'a: {'.repeat(20_000)],
    ['dashes', '- '.repeat(100_000)],
    ['question marks', '? '.repeat(20_000)],
    ['indentation', Array.from({ length: 500 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ])('is refused when nested too deeply: %s', (_, text) => {
    expect(problemsOf(text).map((p) => p.message)).toEqual(['nested too deeply']);
  });

  it('is refused when there is far too much of it', () => {
    expectProblems(`lvslab: 1\nnodes: [${'x,'.repeat(19_997)}▸x]\n`, [
      'the file has more than 20000 values',
      'is this the right file?',
    ]);
  });
});

describe('many problems', () => {
  it('are on one line each, whatever the file says', () => {
    const nodes = `  ▸"a\\n\\e[31m${'b'.repeat(1000)}": { role: client, on: ▸"x\\ny" }`;
    const [name, , network] = problemsOf(lab({ nodes, services: '' }).replaceAll('▸', ''));
    expect(name?.message).toBe(
      `node name "a\\n\\u001b[31m${'b'.repeat(53)}…" is 1007 characters long, and the limit is 12`,
    );
    expect(network?.message).toBe('unknown network "x\\ny"');
  });

  it('are cut at a hundred, with the number of the others', () => {
    const keys = Array.from({ length: 300 }, (_, i) => `zz${i}: 1\n`).join('');
    const problems = problemsOf(lab() + keys);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)?.message).toBe('and 200 more problems from here on');
  });

  it('make one error, one line each and the fix under it', () => {
    try {
      parseTopology(lab({ mode: 'mode: nta' }), 'my/lab.yaml', 'lab');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(TopologyError);
      expect((error as TopologyError).exitCode).toBe(2);
      expect((error as TopologyError).message).toBe(
        'my/lab.yaml:2:7: unknown mode "nta"\n  did you mean "nat"? one of: nat, tun, dr, proxy',
      );
    }
  });
});
