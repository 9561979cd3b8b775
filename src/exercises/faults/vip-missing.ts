import { SERVER_REMOVED } from '../common.ts';
import type { Fault } from '../types.ts';

export const vipMissing: Fault = {
  id: 'vip-missing',
  difficulty: 'easy',
  modes: ['dr', 'tun'],
  inject: [{ on: '{server}', run: 'ip addr del {vip}/32 dev {vip-device}' }],
  fix: [{ on: '{server}', run: 'ip addr replace {vip}/32 dev {vip-device}' }],
  wrong: { what: 'takes the real server out of the table', shellSteps: [SERVER_REMOVED] },
  texts: {
    en: {
      title: 'The VIP is missing on one real server',
      story:
        'Our web shop at {vip} hangs for some people. If they try again, it works at once. Nothing is to be found in the web servers’ error logs.',
      teaches:
        'In DR and TUN a packet reaches the real server with the VIP as its destination. A server that does not have this address drops it without a word.',
      symptom:
        'The SYN for {vip} reaches {server}, which neither answers nor refuses it; `ip addr` there does not have {vip}. The other real servers answer.',
      hints: [
        'Ask several times and note who answers. Does every real server?',
        'Follow a request that hangs with tcpdump: does it reach the real server, and what does that do with it?',
        'Compare the addresses of the real servers: ip addr.',
      ],
      answer:
        'On {server} the virtual address {vip} was gone from {vip-device}. Its packets were for nobody there, and were dropped.',
    },
    de: {
      title: 'Die VIP fehlt auf einem Realserver',
      story:
        'Unser Webshop unter {vip} hängt bei manchen Leuten. Versuchen sie es noch einmal, geht es sofort. In den Fehlerprotokollen der Webserver steht nichts.',
      teaches:
        'Bei DR und TUN kommt ein Paket mit der VIP als Ziel beim Realserver an. Ein Server, der diese Adresse nicht hat, verwirft es wortlos.',
      symptom:
        'Das SYN für {vip} erreicht {server}, der es weder beantwortet noch ablehnt; `ip addr` hat dort {vip} nicht. Die anderen Realserver antworten.',
      hints: [
        'Frage mehrmals und notiere, wer antwortet. Tut es jeder Realserver?',
        'Verfolge mit tcpdump eine Anfrage, die hängt: Erreicht sie den Realserver, und was macht der damit?',
        'Vergleiche die Adressen der Realserver: ip addr.',
      ],
      answer:
        'Auf {server} fehlte die virtuelle Adresse {vip} auf {vip-device}. Die Pakete waren dort für niemanden und wurden verworfen.',
    },
  },
};
