import type { Text } from './types.ts';

/** What a command of a plan is for; the first rule that fits counts. */
const RULES: readonly (readonly [RegExp, Text])[] = [
  [
    /^sysctl .*ip_forward=1$/,
    {
      en: 'This node passes packets on that are for others, as a router does.',
      de: 'Dieser Knoten leitet Pakete weiter, die für andere sind, wie ein Router.',
    },
  ],
  [
    /^sysctl .*ip_forward=0$/,
    {
      en: 'This node passes nothing on: it is no router.',
      de: 'Dieser Knoten leitet nichts weiter: Er ist kein Router.',
    },
  ],
  [
    /^sysctl .*arp_ignore=/,
    {
      en: 'Answer ARP only for addresses of the interface by which the question comes in: not for the VIP on another device.',
      de: 'Auf ARP nur nach Adressen der Schnittstelle antworten, über die die Frage kommt: nicht nach der VIP auf einem anderen Gerät.',
    },
  ],
  [
    /^sysctl .*arp_announce=/,
    {
      en: 'Never ask by ARP with the VIP as the sender: whoever hears that would learn it.',
      de: 'Nie mit der VIP als Absender per ARP fragen: Wer das hört, würde es lernen.',
    },
  ],
  [
    /^sysctl .*rp_filter=/,
    {
      en: 'Do not drop packets whose answer would leave by another device, such as those that come out of a tunnel or have the VIP as their source.',
      de: 'Keine Pakete verwerfen, deren Antwort über ein anderes Gerät hinausginge, etwa solche, die aus einem Tunnel kommen oder die VIP als Absender tragen.',
    },
  ],
  [
    /^sysctl .*accept_local=1/,
    {
      en: 'Accept packets whose source is an address of its own: replies of the real servers, which have the VIP as their source.',
      de: 'Pakete annehmen, deren Absender eine eigene Adresse ist: Antworten der Realserver mit der VIP als Absender.',
    },
  ],
  [
    /^sysctl .*send_redirects=/,
    {
      en: 'Do not tell neighbours of a shorter way.',
      de: 'Nachbarn keinen kürzeren Weg verraten.',
    },
  ],
  [
    /^sysctl .*accept_redirects=0/,
    {
      en: 'Ignore what a router says of a shorter way (ICMP redirect).',
      de: 'Nicht beachten, was ein Router von einem kürzeren Weg sagt (ICMP-Redirect).',
    },
  ],
  [/^sysctl /, { en: 'A setting of the kernel.', de: 'Eine Einstellung des Kernels.' }],
  [
    /^ip addr replace \S+\/(32|128) dev lo/,
    {
      en: 'The VIP, on a device that is on no network: this node accepts packets for it, and nobody sees that it has it.',
      de: 'Die VIP, auf einem Gerät an keinem Netz: Der Knoten nimmt Pakete dafür an, und niemand sieht, dass er sie hat.',
    },
  ],
  [
    /^ip addr replace \S+\/(32|128) dev (tunl|ip6tnl|sit|gre)/,
    {
      en: 'The VIP, on the device at which packets come out of the tunnel.',
      de: 'Die VIP, auf dem Gerät, an dem Pakete aus dem Tunnel kommen.',
    },
  ],
  [
    /^ip addr replace \S+\/(32|128) dev/,
    {
      en: 'The VIP: by it clients reach the service, so this node answers for it.',
      de: 'Die VIP: Unter ihr erreichen Clients den Dienst, also antwortet dieser Knoten für sie.',
    },
  ],
  [/^ip addr replace /, { en: 'Its own address.', de: 'Seine eigene Adresse.' }],
  [
    /ip link add .* type (ipip|gre|sit|ip6tnl)/,
    {
      en: 'The device that unpacks what comes through the tunnel, where it is not there yet.',
      de: 'Das Gerät, das auspackt, was durch den Tunnel kommt, falls es noch fehlt.',
    },
  ],
  [
    /ip fou add/,
    {
      en: 'The UDP port at which the tunnel’s packets arrive (GUE).',
      de: 'Der UDP-Port, an dem die Pakete des Tunnels ankommen (GUE).',
    },
  ],
  [/^ip link set /, { en: 'The device is switched on.', de: 'Das Gerät wird eingeschaltet.' }],
  [
    /^ip route replace default .*advmss/,
    {
      en: 'The way to everybody else; TCP segments are agreed upon so small that they fit into the tunnel.',
      de: 'Der Weg zu allen anderen; TCP-Segmente werden so klein vereinbart, dass sie in den Tunnel passen.',
    },
  ],
  [/^ip route replace default/, { en: 'The way to everybody else.', de: 'Der Weg zu allen anderen.' }],
  [
    /^ip route replace .*advmss/,
    {
      en: 'The same segment size for neighbours.',
      de: 'Dieselbe Segmentgröße für Nachbarn.',
    },
  ],
  [
    /^ip (-6 )?route replace /,
    { en: 'The way to one network or node.', de: 'Der Weg zu einem Netz oder Knoten.' },
  ],
  [
    /^ipvsadm --set /,
    {
      en: 'Seconds after which the director forgets a connection that nothing passes: TCP, TCP that a side has closed, UDP.',
      de: 'Sekunden, nach denen der Director eine Verbindung vergisst, über die nichts mehr kommt: TCP, von einer Seite geschlossenes TCP, UDP.',
    },
  ],
  [
    /ipvsadm --start-daemon/,
    {
      en: 'The sync daemon: a master tells of its connections by multicast, a backup learns those that have its sync id.',
      de: 'Der Sync-Daemon: Ein Master erzählt per Multicast von seinen Verbindungen, ein Backup lernt die mit seiner Sync-ID.',
    },
  ],
  [
    /^ipvsadm -A /,
    {
      en: 'A virtual service: protocol, VIP and port, and the scheduler (-s) that chooses a real server for each connection.',
      de: 'Ein virtueller Dienst: Protokoll, VIP und Port, und der Scheduler (-s), der für jede Verbindung einen Realserver wählt.',
    },
  ],
  [
    /^ipvsadm -a .* -m( |$)/,
    {
      en: 'A real server by masquerading (-m): its address and port take the VIP’s place in the packet. -w is its weight.',
      de: 'Ein Realserver mit Masquerading (-m): Seine Adresse und sein Port treten im Paket an die Stelle der VIP. -w ist sein Gewicht.',
    },
  ],
  [
    /^ipvsadm -a .* -i( |$)/,
    {
      en: 'A real server by tunnel (-i): the packet is sent to it in another packet, unchanged. -w is its weight.',
      de: 'Ein Realserver über einen Tunnel (-i): Das Paket wird ihm unverändert in einem anderen geschickt. -w ist sein Gewicht.',
    },
  ],
  [
    /^ipvsadm -a .* -g( |$)/,
    {
      en: 'A real server by direct routing (-g): only the frame’s MAC address becomes the server’s. -w is its weight.',
      de: 'Ein Realserver mit Direct Routing (-g): Nur die MAC-Adresse des Rahmens wird die des Servers. -w ist sein Gewicht.',
    },
  ],
  [
    /^tc /,
    {
      en: 'What is done with packets as they come in or go out.',
      de: 'Was mit Paketen beim Herein- oder Hinausgehen geschieht.',
    },
  ],
  [/nginx/, { en: 'The web server, which says who it is.', de: 'Der Webserver; er sagt, wer er ist.' }],
  [
    /haproxy/,
    {
      en: 'HAProxy: answers clients on the VIP itself, and asks real servers by connections of its own.',
      de: 'HAProxy: antwortet Clients unter der VIP selbst und fragt Realserver über eigene Verbindungen.',
    },
  ],
  [
    /ldirectord/,
    {
      en: 'ldirectord: takes real servers that do not answer out of the table, and puts them back.',
      de: 'ldirectord: nimmt Realserver, die nicht antworten, aus der Tabelle und wieder hinein.',
    },
  ],
  [
    /keepalived/,
    {
      en: 'keepalived: watches over real servers, or over the other director.',
      de: 'keepalived: wacht über die Realserver oder über den anderen Director.',
    },
  ],
  [/start-stop-daemon/, { en: 'A daemon is started.', de: 'Ein Dienstprogramm wird gestartet.' }],
];

/** What a command is for; undefined for one that explains itself or is not known. */
export function explainCommand(command: string): Text | undefined {
  return RULES.find(([pattern]) => pattern.test(command))?.[1];
}
