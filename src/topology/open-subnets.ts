import { OPEN } from './reading/given.ts';
import type { DraftNetwork } from './fields/draft.ts';
import { block, overlap, parseCidr, toCidr, type Range } from './ip.ts';

/**
 * Gives every network whose subnet is left open an IPv4 one of its own, the same each time.
 * @param taken subnets of others, which are not to be had
 */
export function fillOpen(networks: DraftNetwork[], taken: string[]): DraftNetwork[] {
  const used = [
    ...networks.flatMap(({ subnets }) => subnets.flatMap(({ range }) => range ?? [])),
    ...ranges(taken),
  ];
  return networks.map((network) => {
    const subnets = network.subnets.map((subnet) => {
      const free = subnet.text.value === OPEN ? firstFree(used) : undefined;
      if (free === undefined) return subnet;
      used.push(free);
      return { text: { value: toCidr(free), at: subnet.text.at }, range: free };
    });
    const known = subnets.every(({ range }) => range !== undefined);
    return { ...network, subnets, subnetsKnown: network.subnetsKnown && known };
  });
}

/** An IPv4 /24 that overlaps with none of these CIDRs; undefined where 10.0.0.0/8 has none. */
export function freeSubnet(taken: string[]): string | undefined {
  const free = firstFree(ranges(taken));
  return free === undefined ? undefined : toCidr(free);
}

/** Whether two CIDRs have an address in common. */
export function overlaps(one: string, other: string): boolean {
  const [a, b] = ranges([one, other]);
  return a !== undefined && b !== undefined && overlap(a, b);
}

function firstFree(used: Range[]): Range | undefined {
  for (let second = 10; second < 256; second += 1)
    for (let third = 0; third < 256; third += 1) {
      const range = block(`10.${second}.${third}.0`, 24);
      if (!used.some((other) => overlap(range, other))) return range;
    }
  return undefined;
}

function ranges(cidrs: string[]): Range[] {
  return cidrs.flatMap((cidr) => {
    const parsed = parseCidr(cidr);
    return parsed === undefined ? [] : [block(parsed.address, parsed.prefix)];
  });
}
