import { rangeFault } from './address-ranges.ts';
import { type DraftAttachment, type DraftNode } from '../fields/draft.ts';
import { contains, familyOf, reservedIn, toAddress, usable } from '../ip.ts';
import { addressFault } from './ip-faults.ts';
import type { Placed, Position } from '../reading/positions.ts';
import { onLine, show, type Problems } from '../reading/problems.ts';
import type { References } from './references.ts';

/** The fixed addresses so far, to find those that are given twice. */
export class AddressBook {
  readonly #references: References;
  readonly #problems: Problems;
  readonly #owners = new Map<string, { node: string; at: Position }>();
  readonly #vips = new Map<string, Position>();

  constructor(references: References, problems: Problems) {
    this.#references = references;
    this.#problems = problems;
    for (const { vip } of references.draft.services)
      if (typeof vip === 'object' && !this.#vips.has(vip.value)) this.#vips.set(vip.value, vip.at);
  }

  /** Checks one attachment's fixed addresses. */
  check(node: DraftNode, { network, addresses }: DraftAttachment): void {
    let faulty: Position | undefined;
    for (const address of addresses) {
      // Of a range, the first address that cannot be stands for all.
      if (address.at === faulty) continue;
      const before = this.#problems.count;
      this.#checkOne(node, network, address);
      if (this.#problems.count > before) faulty = address.at;
    }
  }

  #checkOne(node: DraftNode, network: Placed<string>, { value, at }: Placed<string>): void {
    if (node.count !== undefined) {
      this.#problems.add(
        at,
        `address ${show(value)} cannot belong to every node that a count makes`,
        `write \`auto\`, or write the nodes out instead of \`count\``,
      );
      return;
    }
    const example = this.#example(network.value, value);
    const fault = rangeFault(value) ?? addressFault(value, example);
    if (fault !== undefined) {
      this.#problems.add(at, `address ${show(value)} ${fault.why}`, fault.fix);
      return;
    }
    this.#place(value, at, network.value, example);
    this.#once(value, at, node.name);
  }

  #place(value: string, at: Position, network: string, example: string): void {
    const found = this.#references.network(network);
    if (found === undefined || !found.subnetsKnown) return;
    const subnets = found.subnets.map(({ text }) => show(text.value)).join(' and ');
    const range = found.subnets.find((s) => s.range !== undefined && contains(s.range, value))?.range;
    const reserved = range === undefined ? undefined : reservedIn(range, value);
    if (range === undefined)
      this.#problems.add(
        at,
        `address ${show(value)} is outside network "${network}", which is ${subnets} (${onLine(found.at)})`,
        `take one inside, such as ${example}, or \`auto\``,
      );
    else if (reserved !== undefined)
      this.#problems.add(
        at,
        `address ${show(value)} is the ${reserved} of network "${network}"`,
        `no machine can have it: take another, such as ${example}, or \`auto\``,
      );
  }

  /** An address of the network, of the family that was meant where it has both. */
  #example(network: string, value: string): string {
    const ranges = (this.#references.network(network)?.subnets ?? []).flatMap(({ range }) => range ?? []);
    const family = familyOf(value) ?? (value.includes(':') ? 6 : 4);
    const range = ranges.find((r) => r.family === family) ?? ranges[0];
    if (range === undefined) return '10.0.0.11';
    const { last } = usable(range);
    const eleventh = range.first + (range.family === 4 ? 11n : 0x11n);
    return toAddress(range.family, eleventh < last ? eleventh : last);
  }

  #once(value: string, at: Position, node: string): void {
    const owner = this.#owners.get(value);
    const vip = this.#vips.get(value);
    if (owner !== undefined)
      this.#problems.add(
        at,
        `address ${show(value)} is used twice: "${owner.node}" has it on ${onLine(owner.at)}`,
        'take another, or `auto`',
      );
    else if (vip !== undefined)
      this.#problems.add(
        at,
        `address ${show(value)} is the VIP of a service on ${onLine(vip)}`,
        'a VIP belongs to its service alone: take another address, or `auto`',
      );
    if (owner === undefined) this.#owners.set(value, { node, at });
  }
}
