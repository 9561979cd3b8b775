import { SERVER, listening } from '../common.ts';
import type { Fault } from '../types.ts';

export const realAddressOnly: Fault = {
  id: 'real-address-only',
  difficulty: 'medium',
  modes: ['dr', 'tun'],
  inject: [listening('{server-port};', '{server-address}:{server-port};')],
  fix: [listening('{server-address}:{server-port};', '{server-port};')],
  wrong: {
    what: 'masquerades to the address that is listened on',
    shellSteps: [{ on: '{director}', run: `ipvsadm -e ${SERVER} -m -w {weight}` }],
  },
  texts: {
    en: {
      title: 'The service listens on the real address only',
      story:
        'The security team has “hardened” the web servers. Since then every other visitor of {vip} gets “connection refused”. Their own test, straight at each server’s address, is green.',
      teaches:
        'In DR and TUN the server answers as the VIP, so its service must be bound to the VIP or to every address.',
      symptom:
        '{server} answers the SYN for {vip} with a reset, and one for its own address with a SYN-ACK; `ss -ltn` there lists {server-address} instead of 0.0.0.0.',
      hints: [
        'Ask each server by its own address, and then {vip}. What differs?',
        'A refusal comes from a server that has the address, and nobody listening there.',
        'Which address does the web server listen on? ss -ltn.',
      ],
      answer:
        'The web server of {server} was bound to {server-address} alone. What came for {vip} found nobody listening.',
    },
    de: {
      title: 'Der Dienst lauscht nur auf der realen Adresse',
      story:
        'Das Sicherheitsteam hat die Webserver „gehärtet“. Seitdem bekommt jeder zweite Besucher von {vip} „Verbindung abgelehnt“. Ihr eigener Test, direkt an die Adresse jedes Servers, ist grün.',
      teaches:
        'Bei DR und TUN antwortet der Server als VIP; sein Dienst muss also an die VIP gebunden sein oder an alle Adressen.',
      symptom:
        '{server} beantwortet das SYN für {vip} mit einem Reset und eines für die eigene Adresse mit einem SYN-ACK; `ss -ltn` nennt dort {server-address} statt 0.0.0.0.',
      hints: [
        'Frage jeden Server unter seiner eigenen Adresse und dann {vip}. Was ist anders?',
        'Eine Ablehnung kommt von einem Server, der die Adresse hat und auf dem dort niemand lauscht.',
        'Auf welcher Adresse lauscht der Webserver? ss -ltn.',
      ],
      answer:
        'Der Webserver von {server} war nur an {server-address} gebunden. Was für {vip} kam, fand niemanden, der lauschte.',
    },
  },
};
