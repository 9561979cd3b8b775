import { type DraftName, valueOf } from '../fields/draft.ts';
import type { Placed } from '../reading/positions.ts';
import { onLine, show, type Problems } from '../reading/problems.ts';
import type { References } from './references.ts';
import { didYouMean } from '../reading/suggest.ts';

/** RFC 1035: bytes of a label, and of a whole name as text. */
const LONGEST_LABEL = 63;
const LONGEST_NAME = 253;
const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** Checks the DNS names: each leads to VIPs that a director carries, and somebody resolves them. */
export function checkDnsNames(references: References, problems: Problems): void {
  const { names, nodes } = references.draft;
  const servers = references.ofRole('dns');
  for (const name of names) {
    checkSpelling(name, problems);
    checkAddresses(name, references, problems);
  }
  const [first] = names;
  // A node whose role cannot be read may be the one.
  if (first !== undefined && servers.length === 0 && nodes.every(({ role }) => typeof role === 'object'))
    problems.add(
      first.at,
      `nobody resolves name ${show(first.name)}: the lab has no node of role dns`,
      'add one on the clients’ network, such as `dns: { on: front }`',
    );
  const [server] = servers;
  if (server !== undefined && names.length === 0 && references.draft.namesKnown)
    problems.add(
      server.node.at,
      `node "${server.node.name}" has role dns, and the file states no names`,
      'add them, such as `names: { www.lab.test: [192.0.2.201, 192.0.2.202] }`, or take the node out',
    );
}

function checkSpelling({ name, at }: DraftName, problems: Problems): void {
  const labels = name.split('.');
  const bad = labels.find((label) => !LABEL.test(label) || label.length > LONGEST_LABEL);
  if (labels.length < 2)
    problems.add(at, `name ${show(name)} has no dot`, 'take one with a domain, such as "www.lab.test"');
  else if (bad !== undefined)
    problems.add(
      at,
      `name ${show(name)} is no DNS name: ${show(bad)} is not made of 1 to ${LONGEST_LABEL} lower-case letters, digits and dashes`,
      'such as "www.lab.test"',
    );
  else if (name.length > LONGEST_NAME)
    problems.add(
      at,
      `name ${show(name)} is ${name.length} characters long, and the limit is ${LONGEST_NAME}`,
      'take a shorter name',
    );
}

function checkAddresses(
  { name, at, addresses }: DraftName,
  references: References,
  problems: Problems,
): void {
  const stated = valueOf(addresses);
  if (stated?.length === 0)
    problems.add(at, `name ${show(name)} has no address`, 'give it the VIPs of services');
  const seen = new Map<string, Placed<string>>();
  for (const address of stated ?? []) {
    const before = seen.get(address.value);
    if (before !== undefined)
      problems.add(
        address.at,
        `name ${show(name)} has address ${show(address.value)} twice (${onLine(before.at)})`,
        'a DNS server gives an address once: leave one of them out',
      );
    else checkCarried(name, address, references, problems);
    seen.set(address.value, address);
  }
}

function checkCarried(
  name: string,
  { value, at }: Placed<string>,
  { draft: { services } }: References,
  problems: Problems,
): void {
  const vips = services.map(({ vip }) => vip);
  if (vips.includes('unreadable') || vips.some((vip) => valueOf(vip) === value)) return;
  problems.add(
    at,
    `name ${show(name)} leads to ${show(value)}, which is no service’s VIP: no director is there`,
    didYouMean(value, [...new Set(vips.flatMap((vip) => valueOf(vip) ?? []))]),
  );
}
