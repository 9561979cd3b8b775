import { SERVER, edited } from '../common.ts';
import type { Fault } from '../types.ts';

export const weightZero: Fault = {
  id: 'weight-zero',
  difficulty: 'easy',
  modes: ['nat', 'tun', 'dr'],
  inject: [{ on: '{director}', run: `ipvsadm -e ${SERVER} {method} -w 0` }],
  fix: [{ on: '{director}', run: `ipvsadm -e ${SERVER} {method} -w {weight}` }],
  wrong: {
    what: 'gives it a weight, but three times the others’, and a scheduler that minds',
    shellSteps: [{ on: '{director}', run: `ipvsadm -e ${SERVER} {method} -w 3` }, edited('-s wrr')],
  },
  texts: {
    en: {
      title: 'A real server has weight 0',
      story:
        'The maintenance is over, and all servers run again. But one of them is idle: not a single new request since this morning, while the others are at their limit.',
      teaches:
        'Weight 0 takes a server out gently: connections that it has go on, new ones go elsewhere. It must be given its weight back.',
      symptom:
        'Every request is answered, none of them by {server}; `ipvsadm -Ln` has weight 0 in its row, and `lab test` the same in its row about the director’s table.',
      hints: [
        'Which server does not get anything? Is it well?',
        'Who decides that it gets nothing? Look at the director’s table.',
        'ipvsadm -Ln: compare the weights.',
      ],
      answer: '{server} had weight 0 on the director: nothing new was sent to it. It was {weight} before.',
    },
    de: {
      title: 'Ein Realserver hat das Gewicht 0',
      story:
        'Die Wartung ist vorbei, alle Server laufen wieder. Aber einer ist untätig: seit heute früh keine einzige neue Anfrage, während die anderen am Anschlag sind.',
      teaches:
        'Das Gewicht 0 nimmt einen Server sanft heraus: Bestehende Verbindungen laufen weiter, neue gehen woandershin. Man muss es ihm zurückgeben.',
      symptom:
        'Jede Anfrage wird beantwortet, keine von {server}; `ipvsadm -Ln` hat in seiner Zeile das Gewicht 0, und `lab test` sagt dasselbe in der Zeile über die Tabelle des Directors.',
      hints: [
        'Welcher Server bekommt nichts? Geht es ihm gut?',
        'Wer entscheidet, dass er nichts bekommt? Sieh in die Tabelle des Directors.',
        'ipvsadm -Ln: Vergleiche die Gewichte.',
      ],
      answer:
        '{server} hatte auf dem Director das Gewicht 0: Neues wurde nicht zu ihm geschickt. Vorher war es {weight}.',
    },
  },
};
