import { TAKES_TURNS, edited } from '../common.ts';
import type { Fault } from '../types.ts';

export const persistenceSurprise: Fault = {
  id: 'persistence-surprise',
  difficulty: 'medium',
  modes: ['nat', 'tun', 'dr'],
  inject: [edited('-s {scheduler} -p 300')],
  fix: [edited('-s {scheduler}')],
  wrong: { what: 'shortens the time only', shellSteps: [edited('-s {scheduler} -p 5')] },
  conditions: [TAKES_TURNS],
  texts: {
    en: {
      title: 'Persistence where turns were promised',
      story:
        'The scheduler is {scheduler}, I have looked myself! All the same our load test from one machine burdens a single server, for minutes.',
      teaches:
        'Persistence comes before the scheduler: it is asked only for clients whose template has expired.',
      symptom:
        '`ipvsadm -Ln` has “persistent 300” behind the scheduler, and `ipvsadm -Lnc` an entry with client port 0 for each client that was there; all requests of one client reach one real server.',
      hints: [
        'Does a client ever change its server? How long would you have to wait for it?',
        'What else stands in the service’s line of ipvsadm -Ln, behind the scheduler?',
        'ipvsadm -Lnc: what does an entry with client port 0 mean?',
      ],
      answer:
        'The service was persistent (-p 300): who had been to one server stayed there for five minutes. ipvsadm -E without -p takes that away at once.',
    },
    de: {
      title: 'Persistenz, wo Abwechslung versprochen war',
      story:
        'Der Scheduler ist {scheduler}, ich habe selbst nachgesehen! Trotzdem belastet unser Lasttest von einer Maschine aus minutenlang einen einzigen Server.',
      teaches:
        'Persistenz kommt vor dem Scheduler: Er wird nur für Clients gefragt, deren Vorlage abgelaufen ist.',
      symptom:
        '`ipvsadm -Ln` hat „persistent 300“ hinter dem Scheduler und `ipvsadm -Lnc` für jeden Client, der da war, einen Eintrag mit Client-Port 0; alle Anfragen eines Clients erreichen denselben Realserver.',
      hints: [
        'Wechselt ein Client je den Server? Wie lange müsste man darauf warten?',
        'Was steht bei ipvsadm -Ln in der Zeile des Dienstes noch hinter dem Scheduler?',
        'ipvsadm -Lnc: Was bedeutet ein Eintrag mit dem Client-Port 0?',
      ],
      answer:
        'Der Dienst war persistent (-p 300): Wer bei einem Server gewesen war, blieb fünf Minuten dort. ipvsadm -E ohne -p nimmt das sofort weg.',
    },
  },
};
