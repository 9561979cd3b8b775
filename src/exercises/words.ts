import { LANGUAGES, type Language } from './types.ts';

/** What the commands say around a fault's own texts. */
const WORDS = {
  en: {
    exercise: 'Exercise',
    story: 'The complaint',
    task: 'Find out what is wrong, and fix it so that everything that was promised holds again.',
    tools: 'lab shell NODE · lab hint · lab check · lab solve (the answer, for no points)',
    peeking:
      'lab status, lab test and lab reset --dry-run say what differs: each counts as a hint. lab reset and lab heal forfeit.',
    hint: 'Hint',
    noMoreHints: 'There are no more hints; lab solve tells the answer.',
    right: 'right',
    wrong: 'still wrong',
    unclear: 'not shown',
    fixed: 'Fixed!',
    notYet: 'Not fixed yet.',
    score: 'score',
    points: 'points',
    of: 'of',
    answer: 'What was broken',
    teaches: 'What it teaches',
    fix: 'One way to fix it',
    proof: 'How one sees it',
    seen: 'Your first check in vain saw it',
    time: 'time',
    hints: 'hints',
    tries: 'tries',
    how: 'end',
    fault: 'fault',
    lab: 'lab',
    report: 'Exercises in lab',
    none: 'No exercise was begun in this lab.',
    on: 'still on',
    solved: 'answer asked for',
    forfeited: 'forfeited',
    total: 'total',
  },
  de: {
    exercise: 'Übung',
    story: 'Die Beschwerde',
    task: 'Finde heraus, was nicht stimmt, und behebe es so, dass alles Versprochene wieder gilt.',
    tools: 'lab shell KNOTEN · lab hint · lab check · lab solve (die Lösung, ohne Punkte)',
    peeking:
      'lab status, lab test und lab reset --dry-run sagen, was abweicht: Jedes zählt als Hinweis. lab reset und lab heal geben auf.',
    hint: 'Hinweis',
    noMoreHints: 'Mehr Hinweise gibt es nicht; lab solve verrät die Lösung.',
    right: 'richtig',
    wrong: 'noch falsch',
    unclear: 'nicht nachgewiesen',
    fixed: 'Behoben!',
    notYet: 'Noch nicht behoben.',
    score: 'Wertung',
    points: 'Punkte',
    of: 'von',
    answer: 'Was kaputt war',
    teaches: 'Was man daran lernt',
    fix: 'Ein Weg, es zu beheben',
    proof: 'Woran man es sieht',
    seen: 'Deine erste vergebliche Prüfung sah es',
    time: 'Zeit',
    hints: 'Hinweise',
    tries: 'Versuche',
    how: 'Ende',
    fault: 'Fehler',
    lab: 'Lab',
    report: 'Übungen im Lab',
    none: 'In diesem Lab wurde keine Übung begonnen.',
    on: 'läuft noch',
    solved: 'Lösung erfragt',
    forfeited: 'aufgegeben',
    total: 'zusammen',
  },
} as const satisfies Record<Language, Record<string, string>>;

export type Words = (typeof WORDS)[Language];

export function wordsOf(language: Language): Words {
  return WORDS[language];
}

/** The language of a locale such as `de_DE.UTF-8`; English where the exercises do not speak it. */
export function languageOf(locale: string | undefined): Language {
  return LANGUAGES.find((language) => locale?.toLowerCase().startsWith(language)) ?? 'en';
}

const ROLES_EN = {
  client: 'client',
  director: 'director',
  'real-server': 'real server',
  router: 'router',
  proxy: 'proxy',
  dns: 'DNS server',
};
const ROLES_DE = {
  client: 'Client',
  director: 'Director',
  'real-server': 'Realserver',
  router: 'Router',
  proxy: 'Proxy',
  dns: 'DNS-Server',
};

/** Headings and the like of a handout. */
export const HANDOUT_WORDS = {
  en: {
    ...ROLES_EN,
    solution: 'solution',
    addresses: 'Addresses',
    node: 'node',
    role: 'role',
    device: 'device',
    network: 'network',
    address: 'address',
    commands: 'How it is set up',
    commandsNote: 'The commands that set up one node of each kind; `lab plan` prints those of all.',
    command: 'command',
    purpose: 'what it is for',
    tasks: 'Questions',
    exercises: 'Break and fix',
    exercisesNote:
      'Begin each with the command below; then `lab shell NODE` to search, `lab hint` for a hint, `lab check` when you believe it is fixed, and `lab reset` before the next.',
    exercise: 'Exercise',
    teaches: 'What it teaches',
    seen: 'What I see:',
    cause: 'The cause:',
    fix: 'The fix:',
  },
  de: {
    ...ROLES_DE,
    solution: 'Lösung',
    addresses: 'Adressen',
    node: 'Knoten',
    role: 'Rolle',
    device: 'Gerät',
    network: 'Netz',
    address: 'Adresse',
    commands: 'Wie es eingerichtet ist',
    commandsNote:
      'Die Befehle, die je einen Knoten jeder Art einrichten; `lab plan` gibt die aller Knoten aus.',
    command: 'Befehl',
    purpose: 'wozu er dient',
    tasks: 'Fragen',
    exercises: 'Zerbrechen und Reparieren',
    exercisesNote:
      'Beginne jede mit dem Befehl darunter; dann `lab shell KNOTEN` zum Suchen, `lab hint` für einen Hinweis, `lab check`, wenn du glaubst, dass es behoben ist, und `lab reset` vor der nächsten.',
    exercise: 'Übung',
    teaches: 'Was man daran lernt',
    seen: 'Was ich sehe:',
    cause: 'Die Ursache:',
    fix: 'Die Behebung:',
  },
} as const satisfies Record<Language, Record<string, string>>;
