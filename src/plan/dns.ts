import type { Step } from './steps.ts';

/** The name that every DNS server of a lab answers with its own: `drill @VIP whoami txt`. */
export const WHOAMI = 'whoami';

/**
 * The DNS server of a real server, on one port, for UDP and TCP alike. It says who answered: as a text, and as the
 * real server's own address. It logs who asked.
 * @param addresses what it listens on. Not on every address: a UDP server that is bound to none answers from the
 * address of the interface, not from the VIP that was asked.
 * @param own the real server's own address
 */
export function dnsServer(node: string, own: string, port: number, addresses: string[]): Step[] {
  const name = port === 53 ? 'dns' : `dns-${port}`;
  return dnsmasq(name, `The DNS server of ${node}: says who answered, and logs who asked.`, port, addresses, [
    'local-ttl=0',
    `txt-record=${WHOAMI},${node}`,
    `host-record=${WHOAMI},${own}`,
  ]);
}

/**
 * dnsmasq with what it answers, and nothing that it would find elsewhere.
 * @param name of the daemon, its files after it
 * @param purpose the first line of its configuration, for whoever reads that
 * @param answers lines of the configuration
 */
export function dnsmasq(
  name: string,
  purpose: string,
  port: number,
  addresses: string[],
  answers: string[],
): Step[] {
  const config = `# ${purpose}
user=root
port=${port}
bind-interfaces
${addresses.map((address) => `listen-address=${address}`).join('\n')}
no-hosts
no-resolv
${answers.join('\n')}
log-queries=extra
log-facility=/var/log/${name}.log
pid-file=/run/${name}.pid
`;
  return [
    { kind: 'file', path: `/etc/${name}.conf`, content: config },
    {
      kind: 'daemon',
      name,
      argv: ['/usr/sbin/dnsmasq', '-C', `/etc/${name}.conf`],
      pidfile: `/run/${name}.pid`,
      logs: [`/var/log/${name}.log`],
    },
  ];
}
