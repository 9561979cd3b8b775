import type { ShellStep, Fault } from '../types.ts';

/** Starts the second director's sync daemon anew. */
function syncing(role: 'master' | 'backup', id: string): ShellStep {
  return {
    on: '{backup}',
    run: `ipvsadm --stop-daemon backup; ipvsadm --start-daemon ${role} --mcast-interface {backup-device} --syncid ${id}`,
  };
}

export const syncMismatch: Fault = {
  id: 'sync-mismatch',
  difficulty: 'medium',
  modes: [],
  parts: ['sync-id'],
  inject: [syncing('backup', '77')],
  fix: [syncing('backup', '{sync-id}')],
  wrong: { what: 'lets both send, and nobody listen', shellSteps: [syncing('master', '{sync-id}')] },
  texts: {
    en: {
      title: 'The sync ids do not match',
      story:
        'Whenever we move {vip} to the second director for maintenance, every open connection breaks off. We were promised that it would not be noticed. New connections work at once.',
      teaches:
        'The sync daemon tells of connections by multicast. A backup listens only to its own sync id, and says nothing if it hears nothing.',
      symptom:
        'Everything answers; only the row about the sync daemon is red: `ipvsadm -Lnc` on {backup} lacks the connections of {director}. The multicast arrives there (tcpdump udp port 8848), and `ipvsadm -l --daemon` shows another sync id.',
      hints: [
        'Does {backup} know of the connections that {director} has? ipvsadm -Lnc on both, while some are open.',
        'Is the sync daemon’s multicast sent, and does it arrive? tcpdump -n udp port 8848.',
        'ipvsadm -L --daemon on both: compare all that it says.',
      ],
      answer:
        'On {backup} the sync daemon ran with sync id 77, while {director} sends with {sync-id}: it threw away all that it was told.',
    },
    de: {
      title: 'Die Sync-IDs passen nicht zusammen',
      story:
        'Immer wenn wir {vip} zur Wartung auf den zweiten Director legen, reißt jede offene Verbindung ab. Versprochen war, dass niemand etwas merkt. Neue Verbindungen gehen sofort.',
      teaches:
        'Der Sync-Daemon erzählt per Multicast von Verbindungen. Ein Backup hört nur auf seine eigene Sync-ID und sagt nichts, wenn es nichts hört.',
      symptom:
        'Alles antwortet; rot ist nur die Zeile über den Sync-Daemon: `ipvsadm -Lnc` auf {backup} kennt die Verbindungen von {director} nicht. Das Multicast kommt dort an (tcpdump udp port 8848), und `ipvsadm -l --daemon` zeigt eine andere Sync-ID.',
      hints: [
        'Kennt {backup} die Verbindungen, die {director} hat? ipvsadm -Lnc auf beiden, während welche offen sind.',
        'Wird das Multicast des Sync-Daemons gesendet, und kommt es an? tcpdump -n udp port 8848.',
        'ipvsadm -L --daemon auf beiden: Vergleiche alles, was dort steht.',
      ],
      answer:
        'Auf {backup} lief der Sync-Daemon mit der Sync-ID 77, während {director} mit {sync-id} sendet: Er verwarf alles, was ihm erzählt wurde.',
    },
  },
};
