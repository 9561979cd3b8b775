import { valueOf, type DraftService } from '../fields/draft.ts';
import { onLine, type Problems } from '../reading/problems.ts';
import type { References } from './references.ts';
import { portsOf } from '../service-ports.ts';

/**
 * Reports services that would keep a client on one port, but not by one protocol as by the other: what a director
 * remembers of a client is remembered of one protocol.
 */
export function checkAcrossProtocols({ draft }: References, problems: Problems): void {
  const lasting = draft.services.filter((s) => typeof s.persistence === 'object' && s.mark === undefined);
  for (const service of lasting) {
    const [own] = portsOf(service) ?? [];
    const other = lasting.find((s) => s !== service && samePort(s, service));
    if (own?.value.protocol !== 'udp' || other === undefined || typeof service.persistence !== 'object')
      continue;
    problems.add(
      service.persistence.at,
      `persistence of port ${own.value.port} over udp does not reach the tcp service on ${onLine(other.at)}: a client may stay with one real server by udp and with another by tcp`,
      `group both by a mark: \`mark: 1\` with \`ports: [${own.value.port}/udp, ${own.value.port}/tcp]\`; or leave one persistence out`,
    );
  }
}

function samePort(a: DraftService, b: DraftService): boolean {
  const [one] = portsOf(a) ?? [];
  const [two] = portsOf(b) ?? [];
  return (
    one?.value.port === two?.value.port &&
    one?.value.protocol !== two?.value.protocol &&
    valueOf(a.vip) !== undefined &&
    valueOf(a.vip) === valueOf(b.vip)
  );
}
