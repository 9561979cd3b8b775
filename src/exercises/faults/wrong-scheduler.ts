import { TAKES_TURNS, edited } from '../common.ts';
import type { Fault } from '../types.ts';

export const wrongScheduler: Fault = {
  id: 'wrong-scheduler',
  difficulty: 'easy',
  modes: ['nat', 'tun', 'dr'],
  inject: [edited('-s sh')],
  fix: [edited('-s {scheduler}')],
  wrong: { what: 'takes another hash', shellSteps: [edited('-s mh')] },
  conditions: [TAKES_TURNS],
  texts: {
    en: {
      title: 'The scheduler does not fit the task',
      story:
        'All our visitors come through one proxy, and one server gets them all. We were promised that the servers take turns.',
      teaches:
        'sh chooses by the client’s address: it is made for clients that shall stay where they are, and no good where many come from one address.',
      symptom:
        'All requests of one client reach one real server, and yet `ipvsadm -Ln` shows no persistence: sh stands where {scheduler} was promised.',
      hints: [
        'Ask several times from one client. Then from another, if there is one. Who answers?',
        'What decides on the next server? ipvsadm -Ln says it in the service’s line.',
        'Which scheduler takes turns, and which one goes by the client’s address? man ipvsadm.',
      ],
      answer:
        'The service’s scheduler was sh instead of {scheduler}: by it one client address always gets the same server.',
    },
    de: {
      title: 'Der Scheduler passt nicht zur Aufgabe',
      story:
        'Alle unsere Besucher kommen über einen Proxy, und ein Server bekommt sie alle. Versprochen war, dass die Server sich abwechseln.',
      teaches:
        'sh wählt nach der Adresse des Clients: gedacht für Clients, die bleiben sollen, wo sie sind, und ungeeignet, wo viele von einer Adresse kommen.',
      symptom:
        'Alle Anfragen eines Clients erreichen denselben Realserver, und doch zeigt `ipvsadm -Ln` keine Persistenz: Dort steht sh, wo {scheduler} versprochen war.',
      hints: [
        'Frage mehrmals von einem Client aus. Dann von einem anderen, wenn es einen gibt. Wer antwortet?',
        'Was entscheidet über den nächsten Server? ipvsadm -Ln sagt es in der Zeile des Dienstes.',
        'Welcher Scheduler wechselt ab, und welcher geht nach der Adresse des Clients? man ipvsadm.',
      ],
      answer:
        'Der Scheduler des Dienstes war sh statt {scheduler}: Damit bekommt eine Client-Adresse immer denselben Server.',
    },
  },
};
