import type { Claim } from './claims.ts';
import { finding, listText, type Finding } from './evidence.ts';
import type { Loss } from './loss.ts';

/** A finding and the real server that its connection went to. */
export interface Judged extends Finding {
  server: string | undefined;
  /** It is about everything that was captured, not about one connection. */
  whole?: true;
}

/** What settings say of a failure. */
export interface Explanation {
  /** Equal where the reason is the same, whichever node it lies in. */
  key: string;
  /** A clause to follow a colon. */
  text: string;
}
export type Explain = (losses: Loss[]) => Explanation | undefined;

/** What all connections together say about a claim, or those that broke it in one way. */
export interface Summary extends Finding {
  id: string;
  /** Connections of the same kind whose packets are not among the evidence. */
  more: number;
}

/** Connections of a kind whose packets are shown. */
const SHOWN = 3;

/** One conclusion, or one for each way in which connections broke the promise. */
export function summarise(claim: Claim, judged: Judged[], explain: Explain): Summary[] {
  const failed = judged.filter((j) => j.outcome === 'fail');
  if (failed.length > 0) return failures(claim, failed, judged.length, explain);
  const unknown = judged.filter((j) => j.outcome === 'unknown');
  if (unknown.length > 0) {
    // What could not be measured is no failure, and no setting explains it.
    const groups = grouped(claim, unknown, () => undefined);
    const why = groups.map((group) => whyOf(claim, group, judged.length)).join('; ');
    const shown = groups.flatMap(({ members }) => members.slice(0, SHOWN));
    return [
      {
        ...finding(
          'unknown',
          why,
          shown.flatMap((j) => j.evidence),
        ),
        id: claim.id,
        more: unknown.length - shown.length,
      },
    ];
  }
  return [{ ...kept(claim, judged), id: claim.id, more: 0 }];
}

/** Connections that broke a promise in the same way, for the same reason as far as that is known. */
interface Group {
  cause: string;
  explanation: Explanation | undefined;
  members: Judged[];
}

function failures(claim: Claim, failed: Judged[], all: number, explain: Explain): Summary[] {
  const taken = new Set<string>();
  return grouped(claim, failed, explain).map((group, index): Summary => {
    const name = slug(group.cause);
    const server = group.members.find((j) => j.server !== undefined)?.server;
    const names =
      index === 0 ? [claim.id] : [`${claim.id}/${name}`, `${claim.id}/${name}-${server ?? 'none'}`];
    const id = names.find((one) => !taken.has(one)) ?? `${claim.id}/${name}-${index}`;
    taken.add(id);
    const shown = group.members.slice(0, SHOWN);
    return {
      ...finding(
        'fail',
        whyOf(claim, group, all),
        shown.flatMap((j) => j.evidence),
      ),
      id,
      cause: group.cause,
      more: group.members.length - shown.length,
    };
  });
}

/** In the order of the plan's real servers, so that the same faults always make the same rows. */
function grouped({ servers }: Claim, judged: Judged[], explain: Explain): Group[] {
  const groups = new Map<string, Group>();
  for (const one of judged) {
    const cause = one.cause ?? one.why.replaceAll(/\d+/g, '#');
    const explanation = one.losses === undefined ? undefined : explain(one.losses);
    const key = `${cause} ${explanation?.key ?? ''}`;
    const group = groups.get(key) ?? { cause, explanation, members: [] };
    groups.set(key, group);
    group.members.push(one);
  }
  const place = ({ members }: Group) =>
    Math.min(...members.map((j) => servers.findIndex((s) => s.node === j.server)));
  return [...groups.values()].sort((a, b) => place(a) - place(b));
}

function whyOf({ service }: Claim, { members, explanation }: Group, all: number): string {
  const [first] = members;
  if (first === undefined) return '';
  const joint = first.why.includes(': ') ? '; ' : ': ';
  const told = explanation === undefined ? first.why : `${first.why}${joint}${explanation.text}`;
  if (first.whole === true) return told;
  const counts = new Map<string, number>();
  for (const { server } of members)
    if (server !== undefined) counts.set(server, (counts.get(server) ?? 0) + 1);
  const [only, ...others] = counts.keys();
  const to =
    only === undefined
      ? ''
      : others.length === 0
        ? `, to ${only}`
        : `, ${listText([...counts].map(([node, count]) => `${count} to ${node}`))}`;
  return `${told} (${members.length} of ${countText(all, service.protocol)}${to})`;
}

/** Words of a cause as a part of an id. */
function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);
}

function kept({ servers, service }: Claim, judged: Judged[]): Finding {
  const [first] = judged;
  if (first?.whole === true) return first;
  const counted = countText(judged.length, service.protocol);
  const names = [...new Set(servers.map((s) => s.node))];
  const missing = names.filter((server) => !judged.some((j) => j.server === server));
  const samples = names.flatMap((server) => judged.find((j) => j.server === server) ?? []);
  const evidence = samples.flatMap((j) => j.evidence);
  if (missing.length > 0)
    return finding('unknown', `${counted} kept it, but none went to ${listText(missing)}`, evidence);
  return finding('pass', `${samples[0]?.why ?? ''} (${counted}, to ${listText(names)})`, evidence);
}

/** One connection, or one datagram. */
export function unitOf(protocol: Claim['service']['protocol']): string {
  return protocol === 'tcp' ? 'connection' : 'datagram';
}

/** So many of them. */
export function countText(number: number, protocol: Claim['service']['protocol']): string {
  return `${number} ${unitOf(protocol)}${number === 1 ? '' : 's'}`;
}
