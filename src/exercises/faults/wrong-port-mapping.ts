import { SERVER_REMOVED } from '../common.ts';
import type { Fault } from '../types.ts';

const MAPPED = 'ipvsadm -a -t {vip}:{port} -r {server-address}:8099 -m -w {weight}';
const UNMAPPED = 'ipvsadm -d -t {vip}:{port} -r {server-address}:8099';

export const wrongPortMapping: Fault = {
  id: 'wrong-port-mapping',
  difficulty: 'easy',
  modes: ['nat'],
  inject: [SERVER_REMOVED, { on: '{director}', run: MAPPED }],
  fix: [
    {
      on: '{director}',
      run: `${UNMAPPED}; ipvsadm -a -t {vip}:{port} -r {server-address}:{server-port} -m -w {weight}`,
    },
  ],
  wrong: {
    what: 'takes the real server out of the table',
    shellSteps: [{ on: '{director}', run: UNMAPPED }],
  },
  texts: {
    en: {
      title: 'A port is mapped to where nobody listens',
      story:
        'Every other visitor of {vip} reads “connection refused”. The web servers run, I have asked each of them myself.',
      teaches: 'In NAT each real server has a port of its own, and it need not be the service’s.',
      symptom:
        '{server} answers a SYN for port 8099 with a reset; `ipvsadm -Ln` has that port in its row, and `ss -ltn` there does not.',
      hints: [
        'Who refuses, and on which port was he asked? tcpdump at the real servers.',
        'On which port do the web servers listen? ss -ltn.',
        'Compare that with the real servers’ ports in ipvsadm -Ln.',
      ],
      answer:
        'The director sent the requests for {server} to port 8099, where nobody listens, instead of {server-port}.',
    },
    de: {
      title: 'Ein Port führt dorthin, wo niemand lauscht',
      story:
        'Jeder zweite Besucher von {vip} liest „Verbindung abgelehnt“. Die Webserver laufen, ich habe jeden selbst gefragt.',
      teaches: 'Bei NAT hat jeder Realserver einen eigenen Port, und der muss nicht der des Dienstes sein.',
      symptom:
        '{server} beantwortet ein SYN für Port 8099 mit einem Reset; `ipvsadm -Ln` hat diesen Port in seiner Zeile, `ss -ltn` auf dem Server nicht.',
      hints: [
        'Wer lehnt ab, und auf welchem Port wurde er gefragt? tcpdump bei den Realservern.',
        'Auf welchem Port lauschen die Webserver? ss -ltn.',
        'Vergleiche das mit den Ports der Realserver in ipvsadm -Ln.',
      ],
      answer:
        'Der Director schickte die Anfragen für {server} an Port 8099, wo niemand lauscht, statt an {server-port}.',
    },
  },
};
