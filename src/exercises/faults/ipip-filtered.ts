import type { Fault } from '../types.ts';

/** The kernel that comes along has no netfilter tables; tc is there everywhere, and filters as well. */
const FILTER =
  'tc qdisc add dev {router-device} clsact; tc filter add dev {router-device} ingress protocol ip pref 10 flower ip_proto 4 action drop';

export const ipipFiltered: Fault = {
  id: 'ipip-filtered',
  difficulty: 'medium',
  modes: ['tun'],
  inject: [{ on: '{router}', run: FILTER }],
  fix: [{ on: '{router}', run: 'tc qdisc del dev {router-device} clsact' }],
  wrong: {
    what: 'does without the tunnel',
    shellSteps: [
      {
        on: '{director}',
        run: 'ipvsadm -e -t {vip}:{port} -r {server-address}:{server-port} -m; ipvsadm -e -t {vip}:{port} -r {other-address}:{server-port} -m',
      },
    ],
  },
  parts: ['ipip'],
  texts: {
    en: {
      title: 'Somebody on the way drops IPIP',
      story:
        'The carrier has put in a new router between us and the other data centre. Since then {vip} is dead, although every server there can be pinged and even opened in a browser by its own address.',
      teaches:
        'IPIP is a protocol of its own, number 4, beside TCP and UDP. Who lets only those pass drops every tunnel.',
      symptom:
        'The IPIP packet of a request comes in at {router} and does not leave it (tcpdump proto 4 on both sides), while TCP to the real servers’ own addresses passes; tc -s filter there counts what it dropped.',
      hints: [
        'How far does the tunnelled packet come? tcpdump proto 4, hop by hop.',
        'It reaches {router} and does not leave it. What can drop a packet there? There is more than iptables.',
        'tc qdisc show, and tc -s filter show dev DEVICE ingress.',
      ],
      answer:
        'On {router} a tc filter at the ingress of {router-device} dropped IP protocol 4, and with it everything in the tunnel.',
    },
    de: {
      title: 'Jemand auf dem Weg verwirft IPIP',
      story:
        'Der Anbieter hat zwischen uns und dem anderen Rechenzentrum einen neuen Router eingebaut. Seitdem ist {vip} tot, obwohl sich dort jeder Server anpingen und unter seiner eigenen Adresse sogar im Browser öffnen lässt.',
      teaches:
        'IPIP ist ein eigenes Protokoll, Nummer 4, neben TCP und UDP. Wer nur diese durchlässt, verwirft jeden Tunnel.',
      symptom:
        'Das IPIP-Paket einer Anfrage kommt bei {router} an und verlässt ihn nicht (tcpdump proto 4 auf beiden Seiten), während TCP an die eigenen Adressen der Realserver durchkommt; tc -s filter zählt dort, was verworfen wurde.',
      hints: [
        'Wie weit kommt das getunnelte Paket? tcpdump proto 4, Station für Station.',
        'Es erreicht {router} und verlässt ihn nicht. Was kann dort ein Paket verwerfen? Es gibt mehr als iptables.',
        'tc qdisc show, und tc -s filter show dev GERÄT ingress.',
      ],
      answer:
        'Auf {router} verwarf ein tc-Filter am Eingang von {router-device} das IP-Protokoll 4 und damit alles im Tunnel.',
    },
  },
};
