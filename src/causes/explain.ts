import type { Difference } from '../drift/compare.ts';
import type { FactKind } from '../drift/facts.ts';
import type { Plan } from '../plan/types.ts';
import { listText } from '../proof/evidence.ts';
import type { Duty, Loss } from '../proof/loss.ts';
import type { Explanation } from '../proof/summary.ts';
import type { CauseCandidate } from './candidate.ts';
import { reasons } from './duties.ts';
import { wasRead, type NodeLook } from './state.ts';

/** Candidates that are told in full; more than that help nobody. */
const TOLD = 3;

/**
 * What explains a loss by the settings of its node, most likely first: what differs from the plan before what is as
 * planned, and among these what the packet meets first.
 */
export function candidates(plan: Plan, loss: Loss, state: NodeLook): CauseCandidate[] {
  const found = reasons(plan, loss, state).filter(
    (one, index, all) => all.findIndex((other) => other.text === one.text) === index,
  );
  const changed = (one: CauseCandidate) => state.differences.some((d) => isAbout(one, d));
  return [...found.filter(changed), ...found.filter((one) => !changed(one))];
}

function isAbout({ facts }: CauseCandidate, { kind, name }: Difference): boolean {
  return facts.includes(kind) || facts.includes(`${kind} ${name}`);
}

/** What the settings of the nodes where a connection was lost say of it. @param states by node, of those that were read */
export function explain(plan: Plan, losses: Loss[], states: Map<string, NodeLook>): Explanation | undefined {
  if (losses.length === 0) return undefined;
  const known = losses.flatMap((loss) => {
    const state = states.get(loss.node);
    return state === undefined || !wasRead(state) ? [] : [{ loss, state }];
  });
  if (known.length === 0)
    return { key: '', text: `${listText(unique(losses.map((l) => l.node)))} could not be asked why` };
  const all = known.map(({ loss, state }) => ({ loss, found: candidates(plan, loss, state) }));
  const found = withoutStandby(all);
  if (found.length > 0) {
    const told = found.slice(0, TOLD).map((one) => one.text);
    const more = found.length - told.length;
    return {
      key: found.map((one) => one.id).join(' '),
      text: `${told.join('; besides, ')}${more > 0 ? `; and ${more} more such` : ''}`,
    };
  }
  const asked = unique(known.map(({ state }) => state));
  const differences = asked.flatMap((state) =>
    state.differences.filter((d) => !HARMLESS.includes(d.kind)).map((d) => differenceText(state, d)),
  );
  if (differences.length > 0) {
    const told = differences.slice(0, TOLD);
    const more = differences.length - told.length;
    return {
      key: 'difference',
      text: `not as planned: ${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
    };
  }
  const first = known[0];
  const looked = first === undefined ? '' : LOOKED[first.loss.duty];
  const nodes = listText(unique(known.map(({ loss }) => loss.node)));
  return looked === ''
    ? undefined
    : { key: '', text: `no setting of ${nodes} explains it: ${looked} were looked at and are in order` };
}

/** Of several directors one has the VIP: that the others lack it is as it should be. */
function withoutStandby(all: { loss: Loss; found: CauseCandidate[] }[]): CauseCandidate[] {
  const owners = all.filter(({ loss }) => loss.duty === 'own');
  const isThere = owners.some(({ found }) => found.every((one) => one.id !== 'no-vip'));
  return all.flatMap(({ loss, found }) =>
    loss.duty === 'own' && isThere ? found.filter((one) => one.id !== 'no-vip') : found,
  );
}

/**
 * What may differ from the plan and loses no packet. Of all else it may be so, though nothing says that it lost this one.
 */
const HARMLESS: FactKind[] = ['timeouts', 'file', 'certificate', 'sync daemon', 'leftover'];

function differenceText({ node }: NodeLook, { kind, name, state, changes }: Difference): string {
  const what = `${kind} ${name} on ${node}`;
  if (state === 'missing') return `${what} is missing`;
  if (state === 'extra') return `${what} is there`;
  const texts = changes.map(
    ({ attribute, planned, found }) =>
      `${attribute === 'value' ? '' : `${attribute} `}${found ?? 'none'} instead of ${planned ?? 'none'}`,
  );
  return `${what}: ${texts.join(', ')}`;
}

/** What was looked at where nothing was found. */
const LOOKED: Record<Duty, string> = {
  forward: 'forwarding, rp_filter, accept_local, routes, neighbours and packet filters',
  schedule: "the VIP, the director's table, rp_filter, routes, neighbours and packet filters",
  answer: 'the VIP, the tunnel, rp_filter, routes, neighbours and packet filters',
  listen: 'sockets and packet filters',
  transmit: '',
  receive: 'its interface and packet filters',
  route: '',
  'keep silent': 'arp_ignore, arp_announce, proxy_arp and the place of the VIP',
  own: 'its address, its interface, arp_ignore and packet filters',
};

function unique<T>(items: T[]): T[] {
  return [...new Set(items)];
}
