import { LEARNT, PINNED } from '../common.ts';
import type { Fault } from '../types.ts';

export const staleNeighbour: Fault = {
  id: 'stale-neighbour',
  difficulty: 'medium',
  modes: ['dr'],
  inject: [
    {
      on: '{asker}',
      run: 'ip neigh replace {vip} lladdr {server-mac} dev {asker-device} nud permanent',
    },
  ],
  fix: [{ on: '{asker}', run: 'ip neigh del {vip} dev {asker-device}' }],
  wrong: { what: 'pins the director’s MAC address instead', shellSteps: [PINNED] },
  conditions: [LEARNT],
  texts: {
    en: {
      title: 'An old neighbour entry leads past the director',
      story:
        'Everything works, only that one server does all the work while the others are bored. The director’s configuration has been checked three times and is right.',
      teaches:
        'What leads a packet to the director is a neighbour entry, and that is elsewhere. It may be wrong when every director and real server is right.',
      symptom:
        '`ip neigh` on {asker} has {vip} as PERMANENT with the MAC address {server-mac} of {server}; requests go there straight, and the director’s counters stand still.',
      hints: [
        'Does the director see the requests? tcpdump or ipvsadm -Ln --stats.',
        'To which MAC address does {asker} send what is for {vip}? tcpdump -e shows it.',
        'ip neigh on {asker}: what is in which state, and will it ever be forgotten?',
      ],
      answer:
        '{asker} had a permanent neighbour entry for {vip} with the MAC address of {server}. Flushing does not remove such an entry; deleting it does.',
    },
    de: {
      title: 'Ein alter Nachbareintrag führt am Director vorbei',
      story:
        'Alles funktioniert, nur dass ein Server die ganze Arbeit macht und die anderen sich langweilen. Die Konfiguration des Directors wurde dreimal geprüft und stimmt.',
      teaches:
        'Was ein Paket zum Director führt, ist ein Nachbareintrag, und der steht woanders. Er kann falsch sein, wenn an Director und Realservern alles stimmt.',
      symptom:
        '`ip neigh` auf {asker} führt {vip} als PERMANENT mit der MAC-Adresse {server-mac} von {server}; Anfragen gehen direkt dorthin, und die Zähler des Directors stehen still.',
      hints: [
        'Sieht der Director die Anfragen? tcpdump oder ipvsadm -Ln --stats.',
        'An welche MAC-Adresse schickt {asker}, was für {vip} ist? tcpdump -e zeigt es.',
        'ip neigh auf {asker}: Was hat welchen Zustand, und wird es je vergessen?',
      ],
      answer:
        '{asker} hatte einen permanenten Nachbareintrag für {vip} mit der MAC-Adresse von {server}. Flush entfernt so einen Eintrag nicht, Löschen schon.',
    },
  },
};
