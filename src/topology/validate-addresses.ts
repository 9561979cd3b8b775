import { rangeFault } from './address-ranges.ts';
import type { DraftAttachment, DraftNode } from './draft.ts';
import { valueOf } from './given.ts';
import { addressFault, contains, reservedIn, toAddress } from './ipv4.ts';
import type { Placed, Position } from './positions.ts';
import { onLine, show, type Problems } from './problems.ts';
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
    const range = this.#references.network(network.value)?.range;
    const example = range === undefined ? '10.0.0.11' : toAddress(range.first + Math.min(11, range.size - 2));
    const fault = rangeFault(value) ?? addressFault(value, example);
    if (fault !== undefined) {
      this.#problems.add(at, `address ${show(value)} ${fault.why}`, fault.mend);
      return;
    }
    this.#place(value, at, network.value, example);
    this.#once(value, at, node.name);
  }

  #place(value: string, at: Position, network: string, example: string): void {
    const found = this.#references.network(network);
    if (found?.range === undefined) return;
    const subnet = show(valueOf(found.subnet));
    const reserved = contains(found.range, value) ? reservedIn(found.range, value) : undefined;
    if (!contains(found.range, value))
      this.#problems.add(
        at,
        `address ${show(value)} is outside network "${network}", which is ${subnet} (${onLine(found.at)})`,
        `take one inside, such as ${example}, or \`auto\``,
      );
    else if (reserved !== undefined)
      this.#problems.add(
        at,
        `address ${show(value)} is the ${reserved} of network "${network}"`,
        `no machine can have it: take another, such as ${example}, or \`auto\``,
      );
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
