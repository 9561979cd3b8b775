import { FORGOTTEN, LEARNT, ONE_OWNER, PINNED } from '../common.ts';
import type { Fault } from '../types.ts';

export const arpNotSuppressed: Fault = {
  id: 'arp-not-suppressed',
  difficulty: 'medium',
  modes: ['dr'],
  inject: [
    {
      on: '{server}',
      run: 'sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0',
    },
    FORGOTTEN,
  ],
  fix: [
    {
      on: '{server}',
      run: 'sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2',
    },
    FORGOTTEN,
  ],
  wrong: { what: 'pins the director’s MAC address at one client', shellSteps: [PINNED] },
  conditions: [LEARNT, ONE_OWNER],
  texts: {
    en: {
      title: 'A real server answers ARP for the VIP',
      story:
        'Since one of the servers was rebooted, nothing is evenly shared any more: my requests go to one server only, my neighbour’s are fine. And the director’s counters say that it hardly has anything to do.',
      teaches:
        'In DR everybody on the segment has the VIP, but only the director may say so: arp_ignore and arp_announce keep the real servers silent.',
      symptom:
        'arping for {vip} from {asker} gets answers from two MAC addresses, the director’s and that of {server}; where the second was believed, `lab test` says that {server} got the request without the director.',
      hints: [
        'Does what the client sends pass the director at all? ipvsadm -Ln --stats, before and after a few requests.',
        'Whom does the client take for {vip}? ip neigh, and arping tells who else answers.',
        'Which settings keep a real server from answering ARP for an address on lo? Compare them on all real servers.',
      ],
      answer:
        'On {server} arp_ignore and arp_announce were 0: it answered ARP for {vip}, and whoever believed it went past the director.',
    },
    de: {
      title: 'Ein Realserver antwortet auf ARP nach der VIP',
      story:
        'Seit einer der Server neu gestartet wurde, wird nicht mehr gleichmäßig verteilt: Meine Anfragen gehen nur an einen Server, bei meiner Nachbarin ist alles gut. Und die Zähler des Directors sagen, dass er kaum etwas zu tun hat.',
      teaches:
        'Bei DR hat jeder im Segment die VIP, aber nur der Director darf es sagen: arp_ignore und arp_announce halten die Realserver still.',
      symptom:
        'arping von {asker} nach {vip} bekommt Antworten von zwei MAC-Adressen, der des Directors und der von {server}; wo der zweiten geglaubt wurde, sagt `lab test`, dass {server} die Anfrage ohne den Director bekam.',
      hints: [
        'Kommt das, was der Client sendet, überhaupt beim Director vorbei? ipvsadm -Ln --stats, vor und nach ein paar Anfragen.',
        'Wen hält der Client für {vip}? ip neigh; und arping sagt, wer sonst noch antwortet.',
        'Welche Einstellungen halten einen Realserver davon ab, auf ARP nach einer Adresse auf lo zu antworten? Vergleiche sie auf allen Realservern.',
      ],
      answer:
        'Auf {server} waren arp_ignore und arp_announce 0: Er antwortete auf ARP nach {vip}, und wer ihm glaubte, ging am Director vorbei.',
    },
  },
};
