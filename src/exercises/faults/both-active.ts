import { FORGOTTEN, ONE_OWNER } from '../common.ts';
import type { ShellStep, Fault } from '../types.ts';

const HAS = "has() { ip addr show | grep -q ' {vip}/32 '; }; lacks() { ! has; }";
const WAITING =
  'waiting() { n=0; until "$@"; do n=$((n + 1)); [ $n -lt 120 ] || return 1; sleep 0.1; done; }';

/** Gives the second director's VRRP another id, and waits for what comes of it. */
function withId(from: string, to: string, until: 'has' | 'lacks'): ShellStep {
  return {
    on: '{backup}',
    run: `${HAS}
${WAITING}
sed -i 's/virtual_router_id ${from}$/virtual_router_id ${to}/' /etc/keepalived/vrrp.conf
kill -HUP "$(cat /run/vrrp.pid)"
waiting ${until}`,
  };
}

export const bothActive: Fault = {
  id: 'both-active',
  difficulty: 'hard',
  modes: [],
  parts: ['vrrp-id', 'asker'],
  inject: [withId('{vrrp-id}', '77', 'has'), FORGOTTEN],
  fix: [withId('77', '{vrrp-id}', 'lacks'), FORGOTTEN],
  wrong: {
    what: 'stops keepalived on the second director, so that nobody would take over',
    shellSteps: [
      {
        on: '{backup}',
        run: `${HAS}\n${WAITING}\nkill "$(cat /run/vrrp.pid)"; waiting lacks`,
      },
    ],
  },
  conditions: [
    ONE_OWNER,
    {
      on: '{backup}',
      // It hears nothing of the first director for a while (tc reads protocol numbers as hexadecimal), and then hears of it again.
      run: `${HAS}
${WAITING}
lacks || { sleep 4; lacks; } || exit 1
tc qdisc add dev {backup-device} clsact
for family in ip ipv6; do
  tc filter add dev {backup-device} ingress protocol $family flower ip_proto 0x70 action drop
done
waiting has; result=$?
tc qdisc del dev {backup-device} clsact
waiting lacks && [ $result -eq 0 ]`,
      right: {
        en: 'The second director takes over when nothing is heard of the first, and gives back when it is there.',
        de: 'Der zweite Director übernimmt, wenn vom ersten nichts zu hören ist, und gibt ab, wenn er da ist.',
      },
      wrong: {
        en: 'The second director does not take over and give back as it should.',
        de: 'Der zweite Director übernimmt nicht und gibt nicht ab, wie er sollte.',
      },
    },
  ],
  texts: {
    en: {
      title: 'Both directors are active',
      story:
        'Since we tested the failover, connections to {vip} break off for no reason, and monitoring reports an address conflict. Both directors’ logs say that all is well.',
      teaches:
        'Two directors are one cluster only as far as they hear each other: who does not recognise the other’s advertisements believes that it is alone, and takes the VIP.',
      symptom:
        'Both directors have {vip} in `ip addr`, arping for it gets two answers, and the VRRP advertisements of the two carry different vrid (tcpdump -n -v vrrp).',
      hints: [
        'Who has {vip}? Ask the network with arping, and each director with ip addr.',
        'Do the directors’ advertisements reach each other? tcpdump -n -v vrrp.',
        'Compare what stands in the advertisements of both, and then both configurations of keepalived: what must be the same?',
      ],
      answer:
        'On {backup} virtual_router_id was 77 instead of {vrrp-id}. It took the first director’s advertisements for those of another cluster, and became master as well.',
    },
    de: {
      title: 'Beide Directors sind aktiv',
      story:
        'Seit wir die Übernahme getestet haben, reißen Verbindungen zu {vip} grundlos ab, und die Überwachung meldet einen Adresskonflikt. In den Protokollen beider Directors steht, dass alles in Ordnung ist.',
      teaches:
        'Zwei Directors sind nur so weit ein Verbund, wie sie einander hören: Wer die Ankündigungen des anderen nicht erkennt, hält sich für allein und nimmt die VIP.',
      symptom:
        'Beide Directors haben {vip} in `ip addr`, arping danach bekommt zwei Antworten, und die VRRP-Ankündigungen der beiden tragen verschiedene vrid (tcpdump -n -v vrrp).',
      hints: [
        'Wer hat {vip}? Frage das Netz mit arping und jeden Director mit ip addr.',
        'Erreichen die Ankündigungen den jeweils anderen Director? tcpdump -n -v vrrp.',
        'Vergleiche, was in den Ankündigungen beider steht, und dann beide Konfigurationen von keepalived: Was muss gleich sein?',
      ],
      answer:
        'Auf {backup} war virtual_router_id 77 statt {vrrp-id}. Er hielt die Ankündigungen des ersten für die eines anderen Verbunds und wurde ebenfalls Master.',
    },
  },
};
