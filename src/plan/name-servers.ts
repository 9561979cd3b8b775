import type { DnsName } from '../topology/types.ts';
import { mainAddress } from './addresses.ts';
import { dnsmasq } from './dns.ts';
import type { Hop } from './routes.ts';
import type { Step } from './steps.ts';

/** The DNS server of a node of role dns, for the names of the file. It gives a name's addresses in turns. */
export function nameServerSteps({ name, role, interfaces }: Hop, names: DnsName[]): Step[] {
  if (role !== 'dns') return [];
  const addresses = interfaces.flatMap((i) => i.addresses.map(({ address }) => address));
  const purpose = `The DNS server of ${name}: several addresses of a name come in another order each time.`;
  return dnsmasq('names', purpose, 53, addresses, [
    '# Nobody keeps an answer: each question is a turn.',
    'local-ttl=0',
    ...names.map((each) => `local=/${each.name}/`),
    ...names.flatMap((each) => each.addresses.map((address) => `host-record=${each.name},${address}`)),
  ]);
}

/** Tells a client which DNS servers the lab has; where it has none, its resolver is left alone. */
export function resolverSteps({ role }: Hop, hops: Hop[]): Step[] {
  const servers = hops.filter((hop) => hop.role === 'dns');
  const addresses = servers.flatMap(({ interfaces: [first] }) =>
    first === undefined ? [] : [mainAddress(first)],
  );
  if (role !== 'client' || addresses.length === 0) return [];
  const lines = [
    '# The lab’s DNS servers, which are near: who waits longer waits in vain.',
    'options timeout:1 attempts:2',
    ...addresses.map((address) => `nameserver ${address}`),
  ];
  return [{ kind: 'file', path: '/etc/resolv.conf', content: `${lines.join('\n')}\n` }];
}
