import { SERVER_REMOVED, listening } from '../common.ts';
import type { Fault } from '../types.ts';

export const portMismatch: Fault = {
  id: 'port-mismatch',
  difficulty: 'medium',
  modes: ['dr', 'tun'],
  inject: [listening('{server-port};', '8099;')],
  fix: [listening('8099;', '{server-port};')],
  wrong: {
    what: 'maps the port by masquerading',
    shellSteps: [
      SERVER_REMOVED,
      { on: '{director}', run: 'ipvsadm -a -t {vip}:{port} -r {server-address}:8099 -m -w {weight}' },
    ],
  },
  texts: {
    en: {
      title: 'The server listens on another port than the service',
      story:
        'Some of our customers get “connection refused” from {vip}. The developers have moved the application on one server to another port and say that the load balancer surely can map that.',
      teaches:
        'Only NAT can change a port. In DR and TUN the packet arrives as it was sent, so the server must listen on the service’s own port.',
      symptom:
        '{server} answers the SYN for port {server-port} with a reset, and `ss -ltn` there lists another port; the other real servers answer.',
      hints: [
        'Who refuses? Look at who sends the reset: tcpdump.',
        'On which ports do the web servers listen? ss -ltnp.',
        'Can this forwarding method change a port? If not, who has to give way?',
      ],
      answer:
        'The web server of {server} listened on port 8099 instead of {server-port}. This forwarding method leaves ports as they are, so the server itself has to listen there.',
    },
    de: {
      title: 'Der Server lauscht auf einem anderen Port als der Dienst',
      story:
        'Manche unserer Kunden bekommen von {vip} „Verbindung abgelehnt“. Die Entwickler haben die Anwendung auf einem Server auf einen anderen Port verlegt und meinen, das könne der Lastverteiler doch sicher umsetzen.',
      teaches:
        'Nur NAT kann einen Port ändern. Bei DR und TUN kommt das Paket an, wie es gesendet wurde; der Server muss also auf dem Port des Dienstes lauschen.',
      symptom:
        '{server} beantwortet das SYN für Port {server-port} mit einem Reset, und `ss -ltn` nennt dort einen anderen Port; die anderen Realserver antworten.',
      hints: [
        'Wer lehnt ab? Sieh nach, wer das Reset schickt: tcpdump.',
        'Auf welchen Ports lauschen die Webserver? ss -ltnp.',
        'Kann diese Weiterleitungsmethode einen Port ändern? Wenn nicht: Wer muss nachgeben?',
      ],
      answer:
        'Der Webserver von {server} lauschte auf Port 8099 statt {server-port}. Diese Methode lässt Ports, wie sie sind, also muss der Server selbst dort lauschen.',
    },
  },
};
