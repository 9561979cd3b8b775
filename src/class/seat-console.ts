/** What a student may ask of the host, by the tool's own command and what may follow it. */
interface Verb {
  summary: string;
  /** Whether what follows is one of these. */
  options: Record<string, RegExp>;
}

const LANG: Verb['options'] = { '--lang': /^(en|de)$/ };
/** Names, addresses, ports; nothing that could be taken for another option, or for a file. */
const WORD = /^[A-Za-z0-9[][A-Za-z0-9.:[\]-]*(\/(tcp|udp))?$/;

/**
 * Nothing here writes a file that a student names, or acts on another lab: the lab's name is not theirs to say. What
 * gives an exercise away (`solve`, `plan`) is not here.
 */
const VERBS: Record<string, Verb> = {
  story: { summary: 'what users complain of', options: LANG },
  test: { summary: 'test the lab with real requests and say why it passes', options: {} },
  trace: {
    summary: 'follow one real connection, hop by hop; --client NODE, --service VIP:PORT',
    options: { '--client': WORD, '--service': WORD },
  },
  hint: { summary: 'the next hint; each costs points', options: LANG },
  check: { summary: 'is it fixed? What is right, and what is still wrong', options: LANG },
  report: { summary: 'your exercises so far', options: LANG },
};

/** A student's question, understood. */
export type Question =
  | { ask: 'help'; text: string }
  | { ask: 'run'; argv: string[]; color: boolean }
  | { ask: 'refused'; text: string }
  /** The seat's ssh server has let somebody in; by which of its connections, only that and its gateway know. */
  | { ask: 'enter'; token: string };

/** Longest line that is read of a question, in bytes. */
export const LONGEST_QUESTION = 512;

/**
 * Reads what a student's `lab` sent, trusting none of it.
 * @param line `color|plain WORD…`, percent-encoded; or `enter TOKEN`
 * @param lab the seat's own, the only one that is ever acted on
 */
export function questionOf(line: string, lab: string): Question {
  const [, token] = /^enter ([0-9a-f]{32})$/.exec(line) ?? [];
  if (token !== undefined) return { ask: 'enter', token };
  const [look, ...words] = line.split(' ').map(decode);
  const [verb = 'help', ...rest] = words;
  if (verb === 'help' || verb === '--help' || verb === '-h' || verb === '')
    return { ask: 'help', text: HELP };
  const known = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (known === undefined)
    return { ask: 'refused', text: `there is no "${printable(verb)}" here; there are: ${NAMES}` };
  const argv: string[] = [];
  for (let at = 0; at < rest.length; at += 2) {
    const [option = '', value = ''] = rest.slice(at, at + 2);
    const allowed = Object.hasOwn(known.options, option) ? known.options[option] : undefined;
    if (allowed?.test(value) !== true) {
      const options = Object.keys(known.options);
      return {
        ask: 'refused',
        text:
          allowed === undefined
            ? `lab ${verb} takes ${options.length === 0 ? 'nothing more' : `only ${options.join(' and ')}`} here`
            : `lab ${verb} ${option} does not take "${printable(value)}"`,
      };
    }
    argv.push(option, value);
  }
  return { ask: 'run', argv: [verb, lab, ...argv], color: look === 'color' };
}

const NAMES = Object.keys(VERBS).join(', ');

const HELP = [
  'On this lab you can ask for:',
  ...Object.entries(VERBS).map(([name, { summary }]) => `  lab ${name.padEnd(8)} ${summary}`),
].join('\n');

function decode(word: string): string {
  return word.replaceAll(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function printable(word: string): string {
  return word.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 40);
}

/** A node as the menu of a seat has it. */
export interface SeatConsoleNode {
  name: string;
  /** Role and addresses. */
  about: string;
  /** A shell line that becomes a shell there. */
  shell: string;
}

/** What a seat's menu is made from, in the form that `images/seat-seat console` reads: rows, with tabs between the fields. */
export function seatConsoleText(facts: Record<string, string>, nodes: readonly SeatConsoleNode[]): string {
  const row = (...fields: string[]) => `${fields.map((f) => f.replaceAll(/[\t\n]/g, ' ')).join('\t')}\n`;
  return [
    ...Object.entries(facts).map(([key, value]) => row(key, value)),
    ...nodes.map(({ name, about, shell }) => row('node', name, about, shell)),
  ].join('');
}
