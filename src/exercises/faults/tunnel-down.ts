import { SERVER_REMOVED } from '../common.ts';
import type { Fault } from '../types.ts';

export const tunnelDown: Fault = {
  id: 'tunnel-down',
  difficulty: 'easy',
  modes: ['tun'],
  inject: [{ on: '{server}', run: 'ip link set {vip-device} down' }],
  fix: [{ on: '{server}', run: 'ip link set {vip-device} up' }],
  wrong: { what: 'takes the real server out of the table', shellSteps: [SERVER_REMOVED] },
  texts: {
    en: {
      title: 'The tunnel device is down',
      story:
        'One of the servers in the other data centre was rebooted. It is back, it answers a ping, its web server runs; but visitors of {vip} get an error every other time.',
      teaches:
        'What comes through the tunnel needs a device that is up to unpack it, even if no packet ever leaves by it.',
      symptom:
        '{server} answers the tunnelled packet with ICMP “protocol 4 unreachable”, and `ip link` there shows {vip-device} as down.',
      hints: [
        'Do the tunnelled packets reach the real server? tcpdump proto 4.',
        'What does the real server answer to them? Look for ICMP.',
        'Compare the real servers’ tunnel devices: ip link.',
      ],
      answer:
        '{vip-device} was down on {server}: nobody unpacked what came for it, and the kernel said “protocol 4 unreachable”.',
    },
    de: {
      title: 'Das Tunnelgerät ist nicht aktiv',
      story:
        'Einer der Server im anderen Rechenzentrum wurde neu gestartet. Er ist wieder da, er antwortet auf ping, sein Webserver läuft; aber die Besucher von {vip} bekommen jedes zweite Mal einen Fehler.',
      teaches:
        'Was durch den Tunnel kommt, braucht ein aktives Gerät, das es auspackt, auch wenn nie ein Paket darüber hinausgeht.',
      symptom:
        '{server} beantwortet das getunnelte Paket mit ICMP „protocol 4 unreachable“, und `ip link` zeigt dort {vip-device} ohne UP.',
      hints: [
        'Erreichen die getunnelten Pakete den Realserver? tcpdump proto 4.',
        'Was antwortet der Realserver darauf? Suche nach ICMP.',
        'Vergleiche die Tunnelgeräte der Realserver: ip link.',
      ],
      answer:
        '{vip-device} war auf {server} nicht aktiv: Niemand packte aus, was für ihn kam, und der Kernel meldete „protocol 4 unreachable“.',
    },
  },
};
