import { SERVER, SERVER_REMOVED } from '../common.ts';
import type { Fault } from '../types.ts';

export const wrongForwarding: Fault = {
  id: 'wrong-forwarding',
  difficulty: 'easy',
  modes: ['nat', 'tun', 'dr'],
  inject: [{ on: '{director}', run: `ipvsadm -e ${SERVER} {other-method} -w {weight}` }],
  fix: [{ on: '{director}', run: `ipvsadm -e ${SERVER} {method} -w {weight}` }],
  wrong: { what: 'takes the real server out of the table', shellSteps: [SERVER_REMOVED] },
  texts: {
    en: {
      title: 'A real server has the wrong forwarding method',
      story:
        'Since the second maintenance of the director some requests to {vip} fail. The servers themselves are well: asked by their own addresses they all answer.',
      teaches:
        'The forwarding method belongs to each real server of a service, and the server must be set up for just that one.',
      symptom:
        'The requests for {server} reach it with other addresses than the others’ do, or not at all, and stay unanswered; the column Forward of `ipvsadm -Ln` differs in its row.',
      hints: [
        'Which real server is it that does not answer?',
        'Capture a failed request at that server: which addresses does it have when it arrives?',
        'Read the column Forward of ipvsadm -Ln.',
      ],
      answer:
        '{server} was in the table with {other-method} instead of {method}: it got packets in a form that it is not set up for.',
    },
    de: {
      title: 'Ein Realserver hat die falsche Weiterleitungsmethode',
      story:
        'Seit der zweiten Wartung des Directors scheitern manche Anfragen an {vip}. Den Servern selbst geht es gut: Unter ihren eigenen Adressen antworten alle.',
      teaches:
        'Die Weiterleitungsmethode gehört zu jedem einzelnen Realserver eines Dienstes, und der Server muss genau dafür eingerichtet sein.',
      symptom:
        'Die Anfragen für {server} kommen mit anderen Adressen an als bei den anderen, oder gar nicht, und bleiben unbeantwortet; in seiner Zeile weicht die Spalte Forward von `ipvsadm -Ln` ab.',
      hints: [
        'Welcher Realserver antwortet nicht?',
        'Schneide eine gescheiterte Anfrage bei diesem Server mit: Welche Adressen hat sie, wenn sie ankommt?',
        'Lies die Spalte Forward von ipvsadm -Ln.',
      ],
      answer:
        '{server} stand mit {other-method} statt {method} in der Tabelle: Er bekam Pakete in einer Form, für die er nicht eingerichtet ist.',
    },
  },
};
