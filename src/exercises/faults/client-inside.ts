import type { Fault } from '../types.ts';

export const clientInside: Fault = {
  id: 'client-inside',
  difficulty: 'hard',
  modes: ['nat'],
  inject: [{ on: '{servers}', run: 'ip route del {inside-address}/32' }],
  fix: [{ on: '{servers}', run: 'ip route replace {inside-address}/32 via {director-address}' }],
  wrong: {
    what: 'answers {inside} directly, as in DR, and loses the clients outside',
    shellSteps: [
      { on: '{servers}', run: 'ip addr replace {vip}/32 dev lo' },
      {
        on: '{director}',
        run: 'ipvsadm -e -t {vip}:{port} -r {server-address}:{server-port} -g; ipvsadm -e -t {vip}:{port} -r {other-address}:{server-port} -g',
      },
    ],
  },
  texts: {
    en: {
      title: 'A client on the real servers’ own network',
      story:
        'The whole world sees our site at {vip}, only the monitoring host {inside}, which stands in the rack beside the servers, says it is down.',
      teaches:
        'In NAT a reply must pass the director. To a neighbour the real server sends it straight, from its own address, and the client has never asked that one.',
      symptom:
        'At {inside} the SYN-ACK comes from a real server’s own address instead of {vip}, and {inside} answers it with a reset. Clients outside see nothing of it.',
      hints: [
        'Capture at {inside}: does an answer come, and from whom?',
        'ip route get {inside-address} on a real server: does the way lead through the director?',
        'The real servers need a way to {inside-address} that is narrower than their own network.',
      ],
      answer:
        'The real servers had lost their host route to {inside-address} by way of the director, and answered {inside} straight, from their own addresses.',
    },
    de: {
      title: 'Ein Client im Netz der Realserver',
      story:
        'Die ganze Welt sieht unsere Seite unter {vip}, nur der Überwachungsrechner {inside}, der im Schrank neben den Servern steht, meldet sie als ausgefallen.',
      teaches:
        'Bei NAT muss eine Antwort über den Director. Einem Nachbarn schickt der Realserver sie direkt, von seiner eigenen Adresse, und die hat der Client nie gefragt.',
      symptom:
        'Bei {inside} kommt das SYN-ACK von der eigenen Adresse eines Realservers statt von {vip}, und {inside} antwortet darauf mit einem Reset. Clients draußen merken nichts davon.',
      hints: [
        'Schneide bei {inside} mit: Kommt eine Antwort, und von wem?',
        'ip route get {inside-address} auf einem Realserver: Führt der Weg über den Director?',
        'Die Realserver brauchen einen Weg zu {inside-address}, der enger ist als ihr eigenes Netz.',
      ],
      answer:
        'Die Realserver hatten ihre Hostroute zu {inside-address} über den Director verloren und antworteten {inside} direkt, von ihren eigenen Adressen.',
    },
  },
};
