import { orEmbedded } from '../../host/embedded-here.ts';
import { EXIT, LabError } from '../../errors.ts';
import type { Suspect } from './host-rules.ts';
import { wasEaten, type Missing } from './preflight.ts';

/** What the engine's host has in the way of packets. */
export interface Blamed {
  /** Rules and policies whose counters rose by what was eaten. */
  counted: string[];
  /** Rules and policies without a counter that may have dropped it. */
  suspects: Suspect[];
}

/** The error that names what was eaten, and by which rules. */
export function eatenError(missing: Missing[], blamed: Blamed): LabError {
  const text = `the engine's networks do not carry what LVS sends:\n${rows(missing)}\n${byWhat(blamed)}`;
  return new LabError(EXIT.machineCannot, text, { fix: wayOut(blamed) });
}

/** The error where hardly any packet came, and no rule is known to have eaten them. */
export function unmeasuredError(missing: Missing[], blamed: Blamed): LabError {
  const text = `whether the engine's networks carry what LVS sends could not be measured:\n${rows(missing)}`;
  const { suspects } = blamed;
  return new LabError(EXIT.testUnknown, suspects.length === 0 ? text : `${text}\n${byWhat(blamed)}`, {
    fix:
      suspects.length === 0 ? orEmbedded('try again once the engine’s host has less to do') : wayOut(blamed),
  });
}

function rows(missing: Missing[]): string {
  return missing
    .map((one) => {
      const foreign = wasEaten(one) ? one.missing : one.missing.filter((packet) => packet !== one.ordinary);
      const some = foreign.slice(0, 3).map(arrow).join(' or ');
      const more = foreign.length > 3 ? ` or ${foreign.length - 3} more` : '';
      const ordinary = wasEaten(one)
        ? ''
        : `, ${one.heard === 0 ? 'and not even' : 'and hardly'} an ordinary one (${arrow(one.ordinary)})`;
      const [came] = one.rewritten;
      const as = came === undefined ? '' : `; what was sent came as ${arrow(came)}`;
      return `  network ${one.network}: from ${one.from} to ${one.to} no packet ${some}${more}${ordinary}${as}`;
    })
    .join('\n');
}

function arrow(packet: string): string {
  return packet.replace(',', ' > ');
}

function byWhat({ counted, suspects }: Blamed): string {
  if (counted.length > 0) return `eaten by:\n  ${counted.join('\n  ')}`;
  const none = 'no rule of the engine host that has a counter counted them';
  if (suspects.length === 0) return none;
  return `${none}; these have none, and it may be one of them:\n  ${suspects.map((s) => s.rule).join('\n  ')}`;
}

/** Has the rules for routed packets leave bridged ones alone: all but those of the family `bridge`. */
const LEAVE_ALONE = 'sysctl -w net.bridge.bridge-nf-call-iptables=0';

/** What to run on the engine's host, each a way past one of the rules; no rule of anybody's is removed. */
function wayOut({ counted, suspects }: Blamed): string {
  const bases =
    counted.length > 0 ? counted.flatMap(bridgeChain) : suspects.flatMap(({ base }) => bridgeChain(base));
  const routed = counted.length > 0 ? counted : suspects.map(({ base }) => base);
  const commands = [
    ...(routed.some((rule) => bridgeChain(rule).length === 0) ? [LEAVE_ALONE] : []),
    // The MACs of every lab's nodes begin so, and no other container's do.
    ...[...new Set(bases)].map(
      (base) => `nft 'insert rule ${base} ether saddr & ff:ff:00:00:00:00 == 02:00:00:00:00:00 accept'`,
    ),
  ];
  return commands.length === 0
    ? orEmbedded("look at the engine host's firewall (nft list ruleset)")
    : orEmbedded(`have it leave the lab's packets alone, on the engine's host:\n  ${commands.join('\n  ')}`);
}

/** The chain of the family `bridge` that a rule is in. */
function bridgeChain(rule: string): string[] {
  const chain = /^(?:nftables )?(bridge \S+ [^\s:]+)/.exec(rule)?.[1];
  return chain === undefined ? [] : [chain];
}
