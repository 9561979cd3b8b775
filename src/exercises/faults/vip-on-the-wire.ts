import { FORGOTTEN, LEARNT, ONE_OWNER, PINNED } from '../common.ts';
import type { Fault } from '../types.ts';

export const vipOnTheWire: Fault = {
  id: 'vip-on-the-wire',
  difficulty: 'medium',
  modes: ['dr'],
  inject: [
    {
      on: '{server}',
      run: 'ip addr del {vip}/32 dev {vip-device}; ip addr add {vip}/32 dev {server-device}',
    },
    FORGOTTEN,
  ],
  fix: [
    {
      on: '{server}',
      run: 'ip addr del {vip}/32 dev {server-device}; ip addr replace {vip}/32 dev {vip-device}',
    },
    FORGOTTEN,
  ],
  wrong: { what: 'pins the director’s MAC address at one client', shellSteps: [PINNED] },
  conditions: [LEARNT, ONE_OWNER],
  texts: {
    en: {
      title: 'The VIP is on the wrong device',
      story:
        'The load balancer does not balance: for minutes on end all of us land on the same server, then again it is fine. Since last night’s cleaning-up of the servers’ network configuration, says the night shift.',
      teaches:
        'arp_ignore=1 keeps a server silent only about addresses of other devices. The VIP belongs on lo, not on the interface by which the question comes in.',
      symptom:
        'arping for {vip} gets answers from two MAC addresses, the director’s and that of {server}; `ip addr` on {server} has {vip} on {server-device}.',
      hints: [
        'Who has {vip}? Ask the network, several times: arping.',
        'Compare the MAC addresses that answer with those of the nodes: ip link.',
        'On which device do the real servers have {vip}, and what does arp_ignore=1 say about that?',
      ],
      answer:
        '{server} had {vip} on {server-device} instead of {vip-device}. arp_ignore=1 does not hold there: it answered ARP beside the director.',
    },
    de: {
      title: 'Die VIP liegt auf dem falschen Gerät',
      story:
        'Der Lastverteiler verteilt nicht: Minutenlang landen wir alle auf demselben Server, dann ist es wieder gut. Seit gestern Nacht die Netzkonfiguration der Server aufgeräumt wurde, sagt die Nachtschicht.',
      teaches:
        'arp_ignore=1 lässt einen Server nur über Adressen anderer Geräte schweigen. Die VIP gehört auf lo, nicht auf die Schnittstelle, über die die Frage hereinkommt.',
      symptom:
        'arping nach {vip} bekommt Antworten von zwei MAC-Adressen, der des Directors und der von {server}; `ip addr` auf {server} hat {vip} auf {server-device}.',
      hints: [
        'Wer hat {vip}? Frage das Netz, mehrmals: arping.',
        'Vergleiche die MAC-Adressen, die antworten, mit denen der Knoten: ip link.',
        'Auf welchem Gerät haben die Realserver {vip}, und was sagt arp_ignore=1 dazu?',
      ],
      answer:
        '{server} hatte {vip} auf {server-device} statt auf {vip-device}. Dort greift arp_ignore=1 nicht: Er antwortete neben dem Director auf ARP.',
    },
  },
};
