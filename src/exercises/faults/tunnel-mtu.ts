import type { Fault } from '../types.ts';

export const tunnelMtu: Fault = {
  id: 'tunnel-mtu',
  difficulty: 'hard',
  modes: ['tun'],
  parts: ['ipip'],
  inject: [
    {
      on: '{servers}',
      run: `ip route show | grep ' advmss ' | while read -r route; do ip route change $(echo "$route" | sed 's/ advmss [0-9]*//'); done`,
    },
    {
      on: '{director}',
      run: 'tc qdisc add dev {director-device} clsact; tc filter add dev {director-device} egress protocol ip pref 10 flower ip_proto icmp type 3 code 4 action drop',
    },
  ],
  fix: [
    {
      on: '{servers}',
      run: 'ip route show | while read -r route; do ip route change $route advmss 1440; done',
    },
    { on: '{director}', run: 'tc qdisc del dev {director-device} clsact' },
  ],
  wrong: {
    what: 'makes the packets of one client smaller',
    shellSteps: [{ on: '{client}', run: 'ip link set eth0 mtu 1400' }],
  },
  conditions: [
    {
      on: '{client}',
      run: '[ "$(cat /sys/class/net/eth0/mtu)" -ge 1500 ] && [ "$(sysctl -n net.ipv4.tcp_mtu_probing)" -eq 0 ] && ! ip route show | grep -q "mtu\\|advmss"',
      right: {
        en: 'The clients are as they were: nobody had to change anything there.',
        de: 'Die Clients sind, wie sie waren: Dort musste niemand etwas ändern.',
      },
      wrong: {
        en: 'A client was changed. There are thousands of them, and they are not yours.',
        de: 'Ein Client wurde geändert. Davon gibt es Tausende, und sie gehören nicht dir.',
      },
    },
  ],
  texts: {
    en: {
      title: 'The tunnel’s MTU is a black hole',
      story:
        'Our site at {vip} opens fine, but whoever sends a form with a photo waits for ever. Small forms work. It is the same with all servers.',
      teaches:
        'The tunnel’s header takes 20 bytes. Who is not told so, because the director’s ICMP message gets lost, sends full packets into nothing; smaller segments (MSS) are agreed upon in good time.',
      symptom:
        'Small requests are answered, and a large upload stands still: at {client} a full-size segment is sent again and again, {director} drops it as too large for the tunnel, and its ICMP “fragmentation needed” never arrives.',
      hints: [
        'Try uploads of 1 kB, 10 kB and 100 kB. Which direction hangs?',
        'How large is the packet that is sent again and again, and how large may it be to fit the tunnel? What should {director} say to its sender, and does that arrive?',
        'Either the message “fragmentation needed” gets through again, or the real servers announce a smaller segment size: ip route … advmss.',
      ],
      answer:
        'The real servers’ routes had lost their advmss, and {director} had a tc filter that dropped its own “fragmentation needed” on {director-device}. Each alone would have been bearable; fixing either is enough.',
    },
    de: {
      title: 'Die MTU des Tunnels ist ein schwarzes Loch',
      story:
        'Unsere Seite unter {vip} öffnet sich gut, aber wer ein Formular mit Foto abschickt, wartet ewig. Kleine Formulare gehen. Bei allen Servern ist es gleich.',
      teaches:
        'Der Kopf des Tunnels kostet 20 Bytes. Wer das nicht erfährt, weil die ICMP-Meldung des Directors verloren geht, sendet volle Pakete ins Nichts; kleinere Segmente (MSS) werden rechtzeitig vereinbart.',
      symptom:
        'Kleine Anfragen werden beantwortet, ein großer Upload bleibt stehen: {client} sendet ein Segment voller Größe immer wieder, {director} verwirft es als zu groß für den Tunnel, und seine ICMP-Meldung „fragmentation needed“ kommt nie an.',
      hints: [
        'Versuche Uploads von 1 kB, 10 kB und 100 kB. Welche Richtung hängt?',
        'Wie groß ist das Paket, das immer wieder gesendet wird, und wie groß darf es sein, damit es in den Tunnel passt? Was müsste {director} dem Absender melden, und kommt das an?',
        'Entweder kommt die Meldung „fragmentation needed“ wieder durch, oder die Realserver kündigen kleinere Segmente an: ip route … advmss.',
      ],
      answer:
        'Die Routen der Realserver hatten ihr advmss verloren, und {director} verwarf mit einem tc-Filter auf {director-device} seine eigene Meldung „fragmentation needed“. Eines allein wäre zu verschmerzen; eines zu beheben genügt.',
    },
  },
};
