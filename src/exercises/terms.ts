import type { Check } from '../proof/check.ts';
import type { Text } from './types.ts';

/** What a check of `lab test` means to those who use the service, without a word about the cause. */
export interface Term {
  right: Text;
  wrong: Text;
}

/** By the kind of the check. */
const TERMS: Readonly<Record<string, Term>> = {
  answers: {
    right: { en: 'Every request is answered.', de: 'Jede Anfrage wird beantwortet.' },
    wrong: { en: 'Not every request is answered.', de: 'Nicht jede Anfrage wird beantwortet.' },
  },
  distribution: {
    right: {
      en: 'The requests are shared among the real servers as was promised.',
      de: 'Die Anfragen verteilen sich wie versprochen auf die Realserver.',
    },
    wrong: {
      en: 'The requests are not shared among the real servers as was promised.',
      de: 'Die Anfragen verteilen sich nicht wie versprochen auf die Realserver.',
    },
  },
  table: {
    right: {
      en: 'The director knows the service and its real servers as they were planned.',
      de: 'Der Director kennt den Dienst und seine Realserver so, wie sie geplant sind.',
    },
    wrong: {
      en: 'The director does not know the service and its real servers as they were planned.',
      de: 'Der Director kennt den Dienst und seine Realserver nicht so, wie sie geplant sind.',
    },
  },
  health: {
    right: {
      en: 'Whoever looks after the real servers finds all of them well.',
      de: 'Wer die Realserver überwacht, hält alle für gesund.',
    },
    wrong: {
      en: 'Whoever looks after the real servers does not have all of them in service.',
      de: 'Wer die Realserver überwacht, hat nicht alle im Dienst.',
    },
  },
  director: {
    right: {
      en: 'The director knows of every connection.',
      de: 'Der Director weiß von jeder Verbindung.',
    },
    wrong: {
      en: 'The director does not know of every connection as it should.',
      de: 'Der Director weiß nicht von jeder Verbindung, wie er sollte.',
    },
  },
  transfers: {
    right: { en: 'Large files come and go whole.', de: 'Große Dateien kommen und gehen vollständig.' },
    wrong: { en: 'Large files do not come through.', de: 'Große Dateien kommen nicht durch.' },
  },
  'path-mtu': {
    right: { en: 'Full packets come through.', de: 'Volle Pakete kommen durch.' },
    wrong: {
      en: 'Full packets do not come through, and their sender does not learn of it.',
      de: 'Volle Pakete kommen nicht durch, und ihr Absender erfährt es nicht.',
    },
  },
  request: {
    right: {
      en: 'Requests reach the real servers in the way that this forwarding method promises.',
      de: 'Anfragen erreichen die Realserver so, wie es diese Weiterleitungsmethode verspricht.',
    },
    wrong: {
      en: 'Requests do not reach the real servers in the way that this forwarding method promises.',
      de: 'Anfragen erreichen die Realserver nicht so, wie es diese Weiterleitungsmethode verspricht.',
    },
  },
  'reply-from-vip': {
    right: {
      en: 'Every answer comes from the virtual address.',
      de: 'Jede Antwort kommt von der virtuellen Adresse.',
    },
    wrong: {
      en: 'Not every client gets its answer from the virtual address.',
      de: 'Nicht jeder Client bekommt seine Antwort von der virtuellen Adresse.',
    },
  },
  'replies-pass-director': {
    right: { en: 'Every answer passes the director.', de: 'Jede Antwort geht über den Director.' },
    wrong: {
      en: 'Not every answer is seen to pass the director.',
      de: 'Nicht jede Antwort geht erkennbar über den Director.',
    },
  },
  'replies-bypass-director': {
    right: { en: 'No answer burdens the director.', de: 'Keine Antwort belastet den Director.' },
    wrong: {
      en: 'The answers are not seen to go past the director.',
      de: 'Die Antworten gehen nicht erkennbar am Director vorbei.',
    },
  },
  'gateway-is-director': {
    right: {
      en: 'The real servers send their answers by way of the director.',
      de: 'Die Realserver schicken ihre Antworten über den Director.',
    },
    wrong: {
      en: 'Not every real server sends its answers by way of the director.',
      de: 'Nicht jeder Realserver schickt seine Antworten über den Director.',
    },
  },
  owner: {
    right: {
      en: 'Everybody on the network agrees on who has the virtual address.',
      de: 'Im Netz sind sich alle einig, wer die virtuelle Adresse hat.',
    },
    wrong: {
      en: 'On the network it is not clear who has the virtual address.',
      de: 'Im Netz ist nicht klar, wer die virtuelle Adresse hat.',
    },
  },
  'servers-elsewhere': {
    right: {
      en: 'The real servers stand on another network, and are reached there.',
      de: 'Die Realserver stehen in einem anderen Netz und werden dort erreicht.',
    },
    wrong: {
      en: 'The real servers on the other network are not reached.',
      de: 'Die Realserver im anderen Netz werden nicht erreicht.',
    },
  },
  sync: {
    right: {
      en: 'Each director knows the connections of the other.',
      de: 'Jeder Director kennt die Verbindungen des anderen.',
    },
    wrong: {
      en: 'If the director fell out now, connections that are open would break.',
      de: 'Fiele der Director jetzt aus, würden offene Verbindungen abreißen.',
    },
  },
  other: {
    right: { en: 'Something else that was promised holds.', de: 'Auch anderes Versprochene gilt.' },
    wrong: {
      en: 'Something else that was promised does not hold.',
      de: 'Anderes Versprochene gilt nicht.',
    },
  },
};

/**
 * The kind of a check: `answers`, or of a claim its kind, whatever service it is about, and whichever of the ways in
 * which it was broken.
 */
export function kindOf(check: Pick<Check, 'id'>): string {
  const [first = ''] = check.id.split(' ');
  const parts = first.split('/');
  return parts.find((part) => part !== nameOf(part) || part in TERMS) ?? parts.at(-1) ?? first;
}

/** The term's name for a kind: several kinds of claims mean the same to users. */
function nameOf(kind: string): string {
  return kind.startsWith('request-') ? 'request' : kind.startsWith('one-') ? 'owner' : kind;
}

/** The service, or whatever else, that a check names where a lab has several. */
export function subjectOf(check: Pick<Check, 'id'>): string | undefined {
  const [, ...rest] = check.id.split(' ');
  return rest.length === 0 ? undefined : rest.join(' ');
}

/** What a check means to the users. */
export function termOf(check: Pick<Check, 'id'>): Term {
  const found = TERMS[nameOf(kindOf(check))] ?? TERMS['other'];
  if (found === undefined) throw new Error('there is a term for everything else');
  return found;
}
