import { describe, expect, it } from 'vitest';
import { seatConsoleText, LONGEST_QUESTION, questionOf } from '../../../src/class/seat-console.ts';

describe('what a student asks', () => {
  it.each([
    ['plain test', ['test', 'nat-ada']],
    ['plain trace', ['trace', 'nat-ada']],
    ['plain trace --client client2', ['trace', 'nat-ada', '--client', 'client2']],
    [
      'plain trace --service %5B2001:db8:1::100%5D:80 --client client',
      ['trace', 'nat-ada', '--service', '[2001:db8:1::100]:80', '--client', 'client'],
    ],
    ['plain trace --service 192.0.2.1:53/udp', ['trace', 'nat-ada', '--service', '192.0.2.1:53/udp']],
    ['plain hint --lang de', ['hint', 'nat-ada', '--lang', 'de']],
  ])('%s is run on the own lab', (line, argv) => {
    expect(questionOf(line, 'nat-ada')).toEqual({ ask: 'run', argv, color: false });
  });

  it('may want colours', () => {
    expect(questionOf('color check', 'l')).toMatchObject({ color: true });
  });

  it.each([
    'plain solve',
    'plain exec',
    'plain down',
    'plain constructor',
    'plain __proto__',
    'plain test nat-grace',
    'plain test --json',
    'plain trace --pcap /tmp/x',
    'plain trace --svg /etc/passwd',
    'plain trace --client',
    'plain trace --client --svg',
    'plain trace --client -x',
    'plain trace --client ../x',
    'plain trace --client=client',
    'plain trace --client a%0Ab',
    'plain trace --client a%00',
    'plain trace --constructor x',
    'plain hint --lang fr',
    'plain report --html x',
    'plain %00',
    'plain test --',
    'plain test %20',
  ])('%s is refused', (line) => {
    expect(questionOf(line, 'nat-ada').ask).toBe('refused');
  });

  it('gets back nothing that a terminal would obey', () => {
    const said = questionOf('plain %1B%5D0;x%07', 'nat-ada');
    expect(said.ask === 'refused' && said.text).toMatch(
      /^there is no "\?\]0;x\?" here; there are: story, test/,
    );
  });

  it.each(['', 'plain', 'plain help', 'color --help'])('"%s" is told what there is', (line) => {
    const said = questionOf(line, 'l');
    expect(said.ask === 'help' && said.text).toContain('lab hint');
  });

  it('of any bytes is never more than a question', () => {
    for (let seed = 1; seed < 3000; seed += 1) {
      let state = seed * 2_654_435_761;
      const bytes = Array.from({ length: seed % LONGEST_QUESTION }, () => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        return String.fromCharCode((state >> 8) & 255);
      });
      const said = questionOf(`plain test ${bytes.join('')}`, 'l');
      expect(said.ask === 'run' ? said.argv : said.ask).toEqual(
        seed % LONGEST_QUESTION === 0 ? 'refused' : 'refused',
      );
    }
  });
});

it('a seat’s rows stay rows, whatever a name has in it', () => {
  const text = seatConsoleText({ name: 'Ada\nnode\tx', lab: 'nat-ada' }, [
    { name: 'rs1', about: 'a\tb', shell: 's' },
  ]);
  expect(text).toBe('name\tAda node x\nlab\tnat-ada\nnode\trs1\ta b\ts\n');
});

it('that somebody has logged in is told by what only the ssh server knows', () => {
  const token = '0123456789abcdef0123456789abcdef';
  expect(questionOf(`enter ${token}`, 'nat-s01')).toEqual({ ask: 'enter', token });
  for (const line of ['enter', `enter ${token}0`, `enter ${token.toUpperCase()}`, `plain enter ${token}`])
    expect(questionOf(line, 'nat-s01').ask, line).not.toBe('enter');
});
