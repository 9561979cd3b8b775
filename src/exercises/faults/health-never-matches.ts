import type { ShellStep, Fault } from '../types.ts';

/** Tries the check itself: the director cannot reach a real server for a while, and then can again. */
const TRIAL = `listed() { ipvsadm -Ln | grep -q '{server-address}:{server-port} '; }
waiting() { n=0; until "$@"; do n=$((n + 1)); [ $n -lt 100 ] || return 1; sleep 0.1; done; }
gone() { ! listed; }
waiting listed || exit 1
ip route add unreachable {server-address}/32
waiting gone; result=$?
ip route del unreachable {server-address}/32
[ $result -eq 0 ] && waiting listed`;

/** Changes the configuration, and waits until ldirectord has acted on it. */
function configured(change: string, until: string): ShellStep {
  return {
    on: '{director}',
    run: `sed -i '${change}' {watched}
kill -HUP "$(cat /run/ldirectord.ldirectord.cf.pid)"
n=0; until ${until}; do n=$((n + 1)); [ $n -lt 150 ] || exit 1; sleep 0.1; done`,
  };
}

const LISTED = `ipvsadm -Ln | grep -q '{server-address}:{server-port} '`;

export const healthNeverMatches: Fault = {
  id: 'health-never-matches',
  difficulty: 'medium',
  modes: [],
  parts: ['watched'],
  inject: [
    configured('s/^\\treceive="/&all is /', `! ${LISTED} && ! ipvsadm -Ln | grep -q '{other-address}:'`),
  ],
  fix: [configured('s/^\\treceive="all is /\\treceive="/', LISTED)],
  wrong: {
    what: 'does without the check',
    shellSteps: [configured('s/^\\tchecktype=.*/\\tchecktype=on/', LISTED)],
  },
  conditions: [
    {
      on: '{director}',
      run: TRIAL,
      right: {
        en: 'A real server that cannot be reached is taken out, and comes back when it can.',
        de: 'Ein Realserver, der nicht erreichbar ist, wird herausgenommen und kommt wieder, wenn er es ist.',
      },
      wrong: {
        en: 'The real servers are not taken out and put back as they go and come.',
        de: 'Die Realserver werden nicht herausgenommen und wieder aufgenommen, wie sie gehen und kommen.',
      },
    },
  ],
  texts: {
    en: {
      title: 'The health check never matches',
      story:
        'Everybody who comes to {vip} sees the page that says we are sorry. But the servers are up! Each of them answers in a browser, quickly and correctly.',
      teaches:
        'A check that compares answers takes every server out whose answer it does not recognise. It must expect what the servers really say.',
      symptom:
        'In the director’s table stands the fallback alone, though each real server answers when asked directly; ldirectord’s log says which real servers it deleted, and `receive` in {watched} is not what they answer.',
      hints: [
        'Which real servers are in the director’s table? Who takes them out and puts them in?',
        'What does ldirectord say about them? lab logs {director} ldirectord, or its log file on the director.',
        'Ask a server yourself for what ldirectord asks, and compare the answer with what {watched} expects.',
      ],
      answer:
        'In {watched} `receive` said something that no real server ever answers, so ldirectord took them all out and left the fallback.',
    },
    de: {
      title: 'Die Zustandsprüfung passt nie',
      story:
        'Wer {vip} aufruft, sieht nur noch die Seite, dass es uns leid tut. Dabei laufen die Server! Jeder antwortet im Browser, schnell und richtig.',
      teaches:
        'Eine Prüfung, die Antworten vergleicht, nimmt jeden Server heraus, dessen Antwort sie nicht erkennt. Sie muss erwarten, was die Server wirklich sagen.',
      symptom:
        'In der Tabelle des Directors steht nur der Ersatzserver, obwohl jeder Realserver auf direkte Fragen antwortet; in ldirectords Protokoll steht, welche Realserver er herausnahm, und `receive` in {watched} ist nicht, was sie antworten.',
      hints: [
        'Welche Realserver stehen in der Tabelle des Directors? Wer nimmt sie heraus und herein?',
        'Was sagt ldirectord über sie? lab logs {director} ldirectord, oder seine Protokolldatei auf dem Director.',
        'Frage einen Server selbst, was ldirectord fragt, und vergleiche die Antwort mit dem, was {watched} erwartet.',
      ],
      answer:
        'In {watched} stand bei `receive` etwas, das kein Realserver je antwortet; also nahm ldirectord alle heraus und ließ den Ersatzserver.',
    },
  },
};
