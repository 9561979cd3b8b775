import type { PlannedService } from '../../plan/types.ts';
import { endpoint } from '../../topology/endpoint.ts';
import type { Probes } from '../../traffic/probes.ts';
import type { Check } from '../check.ts';
import { listText } from '../evidence.ts';
import { oddsOfNone, RARE } from './odds.ts';
import { roundOf } from './turns.ts';
import { networkOf, prefixOf, rememberedBy, wholeOf, type Remembered } from './templates.ts';

/** Whether it cannot be told yet which templates the director went by; asking again after some seconds tells. */
export function isUndecided(service: PlannedService, probes: Probes): boolean {
  return rememberedBy(service, probes).some(({ by }) => by === 'open');
}

/**
 * Whether the director remembers each client as persistence and its netmask promise: equal clients may meet equal real
 * servers by accident, and a mask is not to be seen by them where a network has one client alone.
 * @param kept the check that passed by the real servers that were met
 */
export function judgeMemory(service: PlannedService, probes: Probes, kept: Check): Check {
  const all = rememberedBy(service, probes);
  if (all.length === 0) return kept;
  const wrong = all.filter(({ by }) => by === 'other' || by === 'none');
  const [first] = wrong;
  const evidence = all.map((one) => evidenceOf(service, one));
  if (first !== undefined)
    return {
      ...kept,
      outcome: 'fail',
      detail: `${wrongText(service, first)}${wrong.length > 1 ? `, and ${wrong.length - 1} more such` : ''}: persistence promises one template for each ${promisedText(service)}`,
      evidence,
    };
  if (all.some(({ by }) => by === 'open'))
    return {
      ...kept,
      outcome: 'unknown',
      detail: `${kept.detail}; which of several templates the director went by could not be told`,
      evidence,
    };
  const told = { ...kept, detail: `${kept.detail}; ${memoryText(service, all)}` };
  return judgeChoices(service, probes, all, told);
}

/** Whether clients that are new came to all real servers, as far as the scheduler and their number let one expect it. */
function judgeChoices(service: PlannedService, probes: Probes, all: Remembered[], kept: Check): Check {
  const chosen = new Map(
    all
      .filter((one) => one.chosen)
      .map((one) => [
        one.template,
        probes.connections.find(({ address }) => address === one.address)?.server,
      ]),
  );
  const homes = new Set(probes.connections.map(({ server }) => server));
  const without = service.servers
    .filter(({ node, weight, upper }) => weight > 0 && upper === undefined && !homes.has(node))
    .map(({ node }) => node);
  if (without.length === 0) return kept;
  const missing = `${listText(without)} got none of ${chosen.size} new client${chosen.size === 1 ? '' : 's'}`;
  const weights = service.servers.flatMap(({ weight }) => (weight > 0 ? [weight] : []));
  if (['rr', 'wrr'].includes(service.scheduler) && chosen.size > 2 * roundOf(weights))
    return {
      ...kept,
      outcome: service.health === undefined ? 'fail' : 'unknown',
      detail: `${kept.detail}; but ${missing}, and ${service.scheduler} gives each real server its turn`,
    };
  // Those that choose one real server for all, or by the VIP, leave out the others.
  const one = ['fo', 'ovf', 'dh', 'lblc', 'lblcr'].includes(service.scheduler);
  if (!one && oddsOfNone(service, chosen.size) < RARE)
    return {
      ...kept,
      outcome: 'unknown',
      detail: `${kept.detail}; but ${missing}, which ${service.scheduler} hardly ever does`,
    };
  return one ? kept : { ...kept, detail: `${kept.detail}; ${missing}: too few to judge that` };
}

function wrongText(service: PlannedService, { address, by, template }: Remembered): string {
  if (by === 'none')
    return `the director goes by no template for ${address}, so its connections are not persistent`;
  const own = networkOf(service, address).text;
  return template === address
    ? `the director remembers ${address} by its own address and not by ${own}`
    : `the director remembers ${address} by ${template ?? ''} and not by ${own}`;
}

function promisedText(service: PlannedService): string {
  const prefix = prefixOf(service);
  return prefix === wholeOf(service) ? 'client' : `client network, /${prefix}`;
}

/** What the templates show, and what of the mask the clients' addresses cannot show. */
function memoryText(service: PlannedService, all: Remembered[]): string {
  const networks = [...new Set(all.map(({ address }) => networkOf(service, address).text))];
  const sizes = networks.map(
    (network) => all.filter(({ address }) => networkOf(service, address).text === network).length,
  );
  if (prefixOf(service) === wholeOf(service))
    return `the director has a template for each${networks.length === 1 ? ' (there is one client address only)' : ''}`;
  const telling = all.some(({ address, template }) => address !== template);
  if (!telling) return 'no client’s address differs from its network’s, so the mask itself is not shown';
  const doubt = sizes.every((size) => size === 1)
    ? '; no network has two clients to compare'
    : networks.length === 1
      ? '; all clients are in one network'
      : '';
  const shown = networks.length > 4 ? [...networks.slice(0, 3), `${networks.length - 3} more`] : networks;
  return `the director has one template for each (${listText(shown)})${doubt}`;
}

function evidenceOf(service: PlannedService, { address, by, template }: Remembered): string {
  const row = template === undefined ? 'no template' : `template ${endpoint(template, 0)}`;
  return `${address} (${networkOf(service, address).text}): ${row}${by === 'open' ? ', perhaps from before' : ''}`;
}
