import type { Fault } from '../types.ts';

export const wrongGateway: Fault = {
  id: 'wrong-gateway',
  difficulty: 'medium',
  modes: ['nat'],
  inject: [{ on: '{server}', run: 'ip route replace default via {other-address}' }],
  fix: [{ on: '{server}', run: 'ip route replace default via {director-address}' }],
  wrong: {
    what: 'lets the other real server pass the answers on',
    shellSteps: [
      {
        on: '{other}',
        run: 'sysctl -qw net.ipv4.ip_forward=1; sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0; for f in /proc/sys/net/ipv4/conf/*/send_redirects; do echo 0 >$f; done',
      },
    ],
  },
  texts: {
    en: {
      title: 'A real server has the wrong gateway',
      story:
        'Since the network was renumbered, some of the requests to {vip} hang until they time out. From the director every server can be pinged.',
      teaches:
        'In NAT the answers must come back through the director, which gives them the VIP as their sender: the real server’s gateway is the director.',
      symptom:
        'The SYN-ACK of {server} leaves to the MAC address of {other} instead of the director’s (tcpdump -e); `ipvsadm -Lnc` has its connections in SYN_RECV.',
      hints: [
        'In which state are the connections on the director? ipvsadm -Lnc.',
        'Does the real server answer? tcpdump there, and look at where the answer is sent to (-e).',
        'ip route get, with the client’s address, on every real server.',
      ],
      answer:
        'The default gateway of {server} was {other-address} instead of the director’s {director-address}, so its answers never came back to the director.',
    },
    de: {
      title: 'Ein Realserver hat das falsche Gateway',
      story:
        'Seit das Netz umnummeriert wurde, hängen manche Anfragen an {vip} bis zur Zeitüberschreitung. Vom Director aus lässt sich jeder Server anpingen.',
      teaches:
        'Bei NAT müssen die Antworten über den Director zurück, der ihnen die VIP als Absender gibt: Das Gateway des Realservers ist der Director.',
      symptom:
        'Das SYN-ACK von {server} geht an die MAC-Adresse von {other} statt an die des Directors (tcpdump -e); `ipvsadm -Lnc` zeigt seine Verbindungen in SYN_RECV.',
      hints: [
        'In welchem Zustand sind die Verbindungen auf dem Director? ipvsadm -Lnc.',
        'Antwortet der Realserver? tcpdump dort, und sieh nach, wohin die Antwort geht (-e).',
        'ip route get, mit der Adresse des Clients, auf jedem Realserver.',
      ],
      answer:
        'Das Standardgateway von {server} war {other-address} statt {director-address}, dem Director; seine Antworten kamen nie dorthin zurück.',
    },
  },
};
