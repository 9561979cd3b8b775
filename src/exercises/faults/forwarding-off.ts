import type { Fault } from '../types.ts';

export const forwardingOff: Fault = {
  id: 'forwarding-off',
  difficulty: 'easy',
  modes: ['nat'],
  inject: [{ on: '{director}', run: 'sysctl -qw net.ipv4.ip_forward=0' }],
  fix: [{ on: '{director}', run: 'sysctl -qw net.ipv4.ip_forward=1' }],
  wrong: {
    what: 'lets the director forward what comes from the clients’ side only',
    shellSteps: [{ on: '{director}', run: 'sysctl -qw net.ipv4.conf.{director-device}.forwarding=1' }],
  },
  texts: {
    en: {
      title: 'The director does not forward',
      story:
        'After the director’s update {vip} does not answer at all, not one request. The table looks as ever, and the servers are up.',
      teaches:
        'In NAT the director is a router for the answers: without ip_forward they end there. DR and TUN do not need it.',
      symptom:
        'The SYN-ACK of every real server comes in at {director} and does not go out again; `ipvsadm -Lnc` shows the connections in SYN_RECV.',
      hints: [
        'How far does a request come? In which state are the connections, on the director and on the server?',
        'Do the servers’ answers reach the director? And do they leave it again?',
        'Which setting makes a Linux host a router?',
      ],
      answer:
        'net.ipv4.ip_forward was 0 on {director}: the answers of the real servers reached it and went no further.',
    },
    de: {
      title: 'Der Director leitet nicht weiter',
      story:
        'Nach dem Update des Directors antwortet {vip} überhaupt nicht mehr, auf keine einzige Anfrage. Die Tabelle sieht aus wie immer, und die Server laufen.',
      teaches:
        'Bei NAT ist der Director für die Antworten ein Router: Ohne ip_forward enden sie dort. DR und TUN brauchen es nicht.',
      symptom:
        'Das SYN-ACK jedes Realservers kommt bei {director} an und geht nicht wieder hinaus; `ipvsadm -Lnc` zeigt die Verbindungen in SYN_RECV.',
      hints: [
        'Wie weit kommt eine Anfrage? In welchem Zustand sind die Verbindungen, auf dem Director und auf dem Server?',
        'Erreichen die Antworten der Server den Director? Und verlassen sie ihn wieder?',
        'Welche Einstellung macht einen Linux-Rechner zum Router?',
      ],
      answer:
        'net.ipv4.ip_forward war auf {director} 0: Die Antworten der Realserver erreichten ihn und kamen nicht weiter.',
    },
  },
};
