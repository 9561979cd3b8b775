import type { DraftService } from '../fields/draft.ts';
import type { Problems } from '../reading/problems.ts';
import type { References } from './references.ts';
import { portsOf } from '../service-ports.ts';

/** One-packet scheduling keeps no entry: that leaves out what needs one. */
export function checkOnePacket(service: DraftService, references: References, problems: Problems): void {
  const onePacket = service['one-packet'];
  if (typeof onePacket !== 'object' || !onePacket.value) return;
  if (portsOf(service)?.some(({ value }) => value.protocol === 'tcp') === true)
    problems.add(
      onePacket.at,
      'one-packet scheduling is for udp: the packets of one tcp connection would go to several real servers',
      'add `protocol: udp`, or leave `one-packet` out',
    );
  const nat = references.serversOf(service).find(({ entry }) => references.modeOf(service, entry) === 'nat');
  if (nat === undefined) return;
  problems.add(
    typeof nat.entry?.mode === 'object' ? nat.entry.mode.at : onePacket.at,
    `one-packet scheduling with mode nat: the director keeps no entry by which to put the VIP back into the replies of "${nat.referent.node.name}", and the client would get them from an address that it never asked`,
    'use mode dr or tun, or leave `one-packet` out',
  );
}
