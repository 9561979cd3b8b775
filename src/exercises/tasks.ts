import type { Mode } from '../topology/types.ts';
import type { Text } from './types.ts';

/** A question for a handout, with what a good answer says. */
export interface HandoutTask {
  ask: Text;
  answer: Text;
}

/** Questions that go with any lab of web services; {lab}, {vip} and the like as in faults. */
export const COMMON_TASKS: readonly HandoutTask[] = [
  {
    ask: {
      en: 'Bring the lab up with `lab up {lab}` and send six requests: `lab exec {client} -- curl -s {url}`. Who answers, and in which order?',
      de: 'Starte das Lab mit `lab up {lab}` und schicke sechs Anfragen: `lab exec {client} -- curl -s {url}`. Wer antwortet, und in welcher Reihenfolge?',
    },
    answer: {
      en: 'The real servers {servers}, in the order of the scheduler, which `ipvsadm -Ln` names.',
      de: 'Die Realserver {servers}, in der Reihenfolge des Schedulers, den `ipvsadm -Ln` nennt.',
    },
  },
  {
    ask: {
      en: 'Look at the director while requests run: `lab exec {director} -- ipvsadm -Ln --stats` and `ipvsadm -Lnc`. What do ActiveConn, InActConn and the states mean?',
      de: 'Sieh dem Director zu, während Anfragen laufen: `lab exec {director} -- ipvsadm -Ln --stats` und `ipvsadm -Lnc`. Was bedeuten ActiveConn, InActConn und die Zustände?',
    },
    answer: {
      en: 'Active connections are established ones; inactive are all others, such as those that have ended and are still remembered (FIN_WAIT, TIME_WAIT).',
      de: 'Aktiv sind aufgebaute Verbindungen; inaktiv alle anderen, etwa beendete, die noch im Gedächtnis sind (FIN_WAIT, TIME_WAIT).',
    },
  },
  {
    ask: {
      en: 'Follow one connection with `lab trace {lab}`. Write down for each hop: MAC addresses, IP addresses, ports. What changes where?',
      de: 'Verfolge mit `lab trace {lab}` eine Verbindung. Notiere für jede Station: MAC-Adressen, IP-Adressen, Ports. Was ändert sich wo?',
    },
    answer: { en: '{change}', de: '{change}' },
  },
];

/** What the forwarding method changes: the answer to the question about the hops. */
export const CHANGES: Readonly<Record<Mode, Text>> = {
  nat: {
    en: 'The director writes the real server’s address and port in the place of the VIP, and in the answer the other way round. The client’s address stays.',
    de: 'Der Director schreibt Adresse und Port des Realservers an die Stelle der VIP, und in der Antwort umgekehrt. Die Adresse des Clients bleibt.',
  },
  tun: {
    en: 'Between director and real server the packet travels unchanged in another one. The answer goes straight to the client.',
    de: 'Zwischen Director und Realserver reist das Paket unverändert in einem anderen. Die Antwort geht direkt an den Client.',
  },
  dr: {
    en: 'Only the destination MAC address becomes the real server’s; addresses and ports stay. The answer goes straight to the client.',
    de: 'Nur die Ziel-MAC-Adresse wird die des Realservers; Adressen und Ports bleiben. Die Antwort geht direkt an den Client.',
  },
  proxy: {
    en: 'Nothing is changed: there are two connections. The proxy answers the client with the VIP as its address, and asks the real server from its own address; the client’s stands in the header X-Forwarded-For.',
    de: 'Nichts wird geändert: Es gibt zwei Verbindungen. Der Proxy antwortet dem Client mit der VIP als Adresse und fragt den Realserver von seiner eigenen Adresse aus; die des Clients steht im Header X-Forwarded-For.',
  },
};

/** Questions about one forwarding method. */
export const MODE_TASKS: Readonly<Record<Mode, readonly HandoutTask[]>> = {
  nat: [
    {
      ask: {
        en: 'Why must the director be the real servers’ gateway? What would a client do with an answer that came straight from {server-address}?',
        de: 'Warum muss der Director das Gateway der Realserver sein? Was täte ein Client mit einer Antwort, die direkt von {server-address} käme?',
      },
      answer: {
        en: 'Only the director can put the VIP back as the sender. The client has never asked {server-address}, and answers with a reset.',
        de: 'Nur der Director kann die VIP wieder als Absender einsetzen. Der Client hat {server-address} nie gefragt und antwortet mit einem Reset.',
      },
    },
    {
      ask: {
        en: 'Why does NAT not scale to many real servers? Measure it: `lab compare`.',
        de: 'Warum skaliert NAT nicht auf viele Realserver? Miss es: `lab compare`.',
      },
      answer: {
        en: 'All answers pass the director, and they are the large part: it carries about two bytes for each one delivered.',
        de: 'Alle Antworten gehen über den Director, und sie sind der große Teil: Er trägt etwa zwei Bytes für jedes ausgelieferte.',
      },
    },
  ],
  proxy: [
    {
      ask: {
        en: 'Whose address does {server} see as the sender of a request, and how does it learn the client’s? `lab capture {server}` shows both.',
        de: 'Wessen Adresse sieht {server} als Absender einer Anfrage, und woher erfährt er die des Clients? `lab capture {server}` zeigt beides.',
      },
      answer: {
        en: 'The proxy’s. The client’s address stands in the request itself, in the header X-Forwarded-For, which the proxy adds (option forwardfor).',
        de: 'Die des Proxys. Die Adresse des Clients steht in der Anfrage selbst, im Header X-Forwarded-For, den der Proxy einfügt (option forwardfor).',
      },
    },
  ],
  tun: [
    {
      ask: {
        en: 'What does a real server need, that it may answer a client with {vip} as the sender? And which of the routers on its way must not mind?',
        de: 'Was braucht ein Realserver, damit er einem Client mit {vip} als Absender antworten kann? Und welcher Router auf dem Weg darf sich nicht daran stören?',
      },
      answer: {
        en: 'A tunnel device that is up, the VIP on it, and rp_filter off. Its own router must let packets pass whose sender is not of its network.',
        de: 'Ein aktives Tunnelgerät, die VIP darauf und rp_filter aus. Sein eigener Router muss Pakete durchlassen, deren Absender nicht aus seinem Netz ist.',
      },
    },
    {
      ask: {
        en: 'How large may a packet from a client be, that it fits into the tunnel? Who sees to that?',
        de: 'Wie groß darf ein Paket eines Clients sein, damit es in den Tunnel passt? Wer sorgt dafür?',
      },
      answer: {
        en: 'With IPIP 1480 bytes: 20 for the outer header. The real server announces a smaller segment size (advmss); otherwise the director must answer with “fragmentation needed”.',
        de: 'Mit IPIP 1480 Bytes: 20 für den äußeren Kopf. Der Realserver kündigt eine kleinere Segmentgröße an (advmss); sonst muss der Director mit „fragmentation needed“ antworten.',
      },
    },
  ],
  dr: [
    {
      ask: {
        en: 'Director and real servers all have {vip}. Why does only one answer ARP for it, and what would happen otherwise? `lab exec {asker} -- arping -c3 -I {asker-device} {vip}` shows it.',
        de: 'Director und Realserver haben alle {vip}. Warum antwortet nur einer auf ARP danach, und was geschähe sonst? `lab exec {asker} -- arping -c3 -I {asker-device} {vip}` zeigt es.',
      },
      answer: {
        en: 'arp_ignore and arp_announce keep the real servers silent. Otherwise a client could take a real server for the VIP, and go past the director.',
        de: 'arp_ignore und arp_announce halten die Realserver still. Sonst könnte ein Client einen Realserver für die VIP halten und am Director vorbeigehen.',
      },
    },
    {
      ask: {
        en: 'Why can DR not send to another port, and why must director and real servers share a segment?',
        de: 'Warum kann DR nicht an einen anderen Port schicken, und warum müssen Director und Realserver im selben Segment sein?',
      },
      answer: {
        en: 'The packet stays as it is; the real server is chosen by the frame’s MAC address alone, and that reaches only as far as the segment.',
        de: 'Das Paket bleibt, wie es ist; den Realserver wählt allein die MAC-Adresse des Rahmens, und die reicht nur bis zum Ende des Segments.',
      },
    },
  ],
};
