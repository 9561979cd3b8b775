/** What a node's kernel says of sizes, and of the ICMP messages about them. */
export interface NodeMtu {
  node: string;
  /** Of each of its interfaces, bytes. */
  devices: { device: string; mtu: number }[];
  /** Routes that have an MTU of their own, as `ip route` shows them. */
  routes: { text: string; device: string; mtu: number }[];
  /** "Destination unreachable" and "packet too big" messages so far: made here, and taken in. */
  made: number;
  taken: number;
}

/** Prints what `readNodeMtu` reads. */
export const NODE_MTU_SCRIPT =
  'ip -o link; echo; ip route show table all; ip -6 route show table all 2>/dev/null; echo; cat /proc/net/snmp /proc/net/snmp6 2>/dev/null';

/** Reads what `NODE_MTU_SCRIPT` printed on a node. */
export function readNodeMtu(node: string, output: string): NodeMtu {
  const [links = '', routes = '', ...counters] = output.split('\n\n');
  const numbers = counters.join('\n');
  return {
    node,
    devices: Array.from(links.matchAll(/^\d+: ([^:@\s]+)[^\n]*? mtu (\d+)/gm), ([, device = '', mtu]) => ({
      device,
      mtu: Number(mtu),
    })),
    routes: routes.split('\n').flatMap((text) => {
      const mtu = /\bmtu (?:lock )?(\d+)/.exec(text)?.[1];
      const device = /\bdev (\S+)/.exec(text)?.[1];
      return mtu === undefined || device === undefined
        ? []
        : [{ text: text.trim(), device, mtu: Number(mtu) }];
    }),
    made: column(numbers, 'OutDestUnreachs') + single(numbers, 'Icmp6OutPktTooBigs'),
    taken: column(numbers, 'InDestUnreachs') + single(numbers, 'Icmp6InPktTooBigs'),
  };
}

/** What a node made and took in between two readings. */
export function since(before: NodeMtu | undefined, after: NodeMtu): NodeMtu {
  return {
    ...after,
    made: after.made - (before?.made ?? after.made),
    taken: after.taken - (before?.taken ?? after.taken),
  };
}

/** /proc/net/snmp has a line of names and one of values for each protocol. */
function column(text: string, name: string): number {
  const [names = '', values = ''] = text.split('\n').filter((line) => line.startsWith('Icmp: '));
  return Number(values.split(' ')[names.split(' ').indexOf(name)] ?? 0) || 0;
}

function single(text: string, name: string): number {
  return Number(new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}
