import type { Fault } from '../types.ts';

export const tunnelRpFilter: Fault = {
  id: 'tunnel-rp-filter',
  difficulty: 'hard',
  modes: ['tun'],
  inject: [
    {
      on: '{server}',
      run: 'sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.{vip-device}.rp_filter=1',
    },
  ],
  fix: [
    {
      on: '{server}',
      run: 'sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.{vip-device}.rp_filter=0',
    },
  ],
  wrong: {
    what: 'sets it for the tunnel only, where the larger of both counts',
    shellSteps: [{ on: '{server}', run: 'sysctl -qw net.ipv4.conf.{vip-device}.rp_filter=0' }],
  },
  texts: {
    en: {
      title: 'The reverse path filter drops what comes out of the tunnel',
      story:
        'After the distribution upgrade one server no longer answers visitors of {vip}. tcpdump on it shows that everything arrives, and yet the web server never sees a connection.',
      teaches:
        'By rp_filter a packet must come in where an answer would go out. Out of a tunnel it never does. The larger value of `all` and the device counts.',
      symptom:
        'The SYN reaches {server} out of the tunnel and no answer leaves it, while TcpExtIPReversePathFilter rises there (nstat -az).',
      hints: [
        'The packet arrives, and nobody gets it: who may drop it in between?',
        'The kernel counts what it drops: nstat -az TcpExtIPReversePathFilter, on every real server.',
        'Read rp_filter for all, for the tunnel and for the interface. Which value counts?',
      ],
      answer:
        'On {server} rp_filter was 1 for all and for {vip-device}: the way back to the client leads out elsewhere, so the unpacked packet was dropped.',
    },
    de: {
      title: 'Der Rückwegfilter verwirft, was aus dem Tunnel kommt',
      story:
        'Nach dem Upgrade der Distribution antwortet ein Server den Besuchern von {vip} nicht mehr. tcpdump zeigt dort, dass alles ankommt, und doch sieht der Webserver nie eine Verbindung.',
      teaches:
        'Nach rp_filter muss ein Paket dort hereinkommen, wo die Antwort hinausginge. Aus einem Tunnel tut es das nie. Es zählt der größere Wert von `all` und Gerät.',
      symptom:
        'Das SYN erreicht {server} aus dem Tunnel, und keine Antwort verlässt ihn; dabei steigt dort TcpExtIPReversePathFilter (nstat -az).',
      hints: [
        'Das Paket kommt an, und niemand bekommt es: Wer kann es dazwischen verwerfen?',
        'Der Kernel zählt, was er verwirft: nstat -az TcpExtIPReversePathFilter, auf jedem Realserver.',
        'Lies rp_filter für all, für den Tunnel und für die Schnittstelle. Welcher Wert zählt?',
      ],
      answer:
        'Auf {server} war rp_filter für all und für {vip-device} 1: Der Rückweg zum Client führt woanders hinaus, also wurde das ausgepackte Paket verworfen.',
    },
  },
};
