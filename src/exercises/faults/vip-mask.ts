import { SERVER_REMOVED } from '../common.ts';
import type { Fault } from '../types.ts';

export const vipMask: Fault = {
  id: 'vip-mask',
  difficulty: 'medium',
  modes: ['dr'],
  inject: [
    {
      on: '{server}',
      run: 'ip addr del {vip}/32 dev {vip-device}; ip addr add {vip}/24 dev {vip-device}',
    },
  ],
  fix: [
    {
      on: '{server}',
      run: 'ip addr del {vip}/24 dev {vip-device}; ip addr replace {vip}/32 dev {vip-device}',
    },
  ],
  wrong: { what: 'takes the real server out of the table', shellSteps: [SERVER_REMOVED] },
  texts: {
    en: {
      title: 'The VIP has the network’s mask on lo',
      story:
        'Every other request to {vip} runs into a timeout. The colleague who set up the servers swears that each of them has the address; he has shown it to me.',
      teaches:
        'An address on lo makes its whole network local: with /24 the server takes every neighbour for itself and can answer nobody. The VIP is a /32.',
      symptom:
        'The SYN reaches {server} and no answer leaves it; `ip route get` with the client’s address says “local” there, on {vip-device}.',
      hints: [
        'Which real server is it that does not answer? Does the request reach it?',
        'Whom would that server send its answer to? ip route get, with the client’s address.',
        'Look at the whole address, mask included: ip addr show dev lo.',
      ],
      answer:
        'On {server} the VIP was {vip}/24 on {vip-device}: the whole network became local there, the client with it, and no answer left the server.',
    },
    de: {
      title: 'Die VIP hat auf lo die Maske des Netzes',
      story:
        'Jede zweite Anfrage an {vip} läuft in eine Zeitüberschreitung. Der Kollege, der die Server eingerichtet hat, schwört, dass jeder die Adresse hat; er hat es mir gezeigt.',
      teaches:
        'Eine Adresse auf lo macht ihr ganzes Netz lokal: Mit /24 hält der Server jeden Nachbarn für sich selbst und kann niemandem antworten. Die VIP ist eine /32.',
      symptom:
        'Das SYN erreicht {server}, und keine Antwort verlässt ihn; `ip route get` mit der Adresse des Clients sagt dort „local“, auf {vip-device}.',
      hints: [
        'Welcher Realserver antwortet nicht? Kommt die Anfrage bei ihm an?',
        'Wohin würde dieser Server seine Antwort schicken? ip route get, mit der Adresse des Clients.',
        'Sieh dir die ganze Adresse an, samt Maske: ip addr show dev lo.',
      ],
      answer:
        'Auf {server} war die VIP als {vip}/24 auf {vip-device}: Das ganze Netz wurde dort lokal, der Client mit ihm, und keine Antwort verließ den Server.',
    },
  },
};
