import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/errors.ts';
import { rulesThatCounted, uncountedDrops } from '../../../src/runtime/docker/host-rules.ts';
import { eatenError, unmeasuredError } from '../../../src/runtime/docker/preflight-errors.ts';
import { crossings, type Missing } from '../../../src/runtime/docker/preflight.ts';
import { shipped } from '../plan/labs.ts';

const plan = shipped('nat');

describe('the rules of an engine’s host', () => {
  it('names the rules and policies that counted what was eaten', () => {
    const dump = (drop: number, policy: number, accepted: number) => `# Generated
*filter
:FORWARD DROP [${policy}:10]
[${accepted}:5] -A FORWARD -i br0 -j ACCEPT
[${drop}:5] -A FORWARD -s 10.0.0.11/32 -j DROP
COMMIT
*raw
:PREROUTING ACCEPT [9:9]
[${drop}:7] -A PREROUTING -d 10.0.0.11/32 ! -i br1 -j DROP
`;
    expect(rulesThatCounted(dump(0, 0, 0), dump(10, 3, 99), 5)).toEqual([
      'iptables -t filter -A FORWARD -s 10.0.0.11/32 -j DROP',
      'iptables -t raw -A PREROUTING -d 10.0.0.11/32 ! -i br1 -j DROP',
    ]);
    expect(rulesThatCounted(dump(7, 0, 0), dump(7, 10, 99), 5)).toEqual([
      'iptables -t filter: chain FORWARD policy DROP',
    ]);
  });

  const rules = (nft: string, counted = 0, legacy = '') => `== iptables
*filter
:FORWARD ACCEPT [0:0]
== iptables-legacy
${legacy}
== nft
table ip filter { # handle 1
\tchain FORWARD { # handle 1
\t\ttype filter hook forward priority filter; policy drop;
\t\tcounter packets 9 bytes 9 drop # handle 2
\t}
}
table inet wall { # handle 2
\tset ports {
\t\ttype inet_service
\t\telements = { 1, 2,
\t\t\t     3 }
\t}

\tchain way { # handle 1
\t\ttype filter hook forward priority filter + 10; policy accept;
\t\tct state { established, related } accept # handle 3
\t\tct state invalid drop # handle 4
\t\tiifname vmap { "eth1" : jump other } # handle 5
\t\tudp dport 9 counter packets ${counted} bytes 77 drop # handle 6
\t}

\tchain other { # handle 7
\t\treject with icmpx admin-prohibited # handle 8
\t}

\tchain own { # handle 9
\t\ttype filter hook input priority filter; policy drop;
\t}
}
${nft}
== bridged
1
`;

  it('are those of nftables too, each by its table and chain', () => {
    expect(rulesThatCounted(rules(''), rules('', 40), 30)).toEqual([
      'nftables inet wall way: udp dport 9 counter drop # handle 6',
    ]);
    expect(rulesThatCounted(rules(''), rules('', 20), 30)).toEqual([]);
  });

  it('are told from those of iptables-legacy', () => {
    const legacy = (count: number) =>
      `*filter\n:FORWARD ACCEPT [0:0]\n[${count}:0] -A FORWARD -j DROP\nCOMMIT`;
    expect(rulesThatCounted(rules('', 0, legacy(0)), rules('', 0, legacy(30)), 30)).toEqual([
      'iptables-legacy -t filter -A FORWARD -j DROP',
    ]);
  });

  it('that rewrite have seen one packet of a flow, and count where something was rewritten', () => {
    const dump = (count: number) => `*nat\n[${count}:0] -A POSTROUTING -j MASQUERADE\n`;
    expect(rulesThatCounted(dump(0), dump(3), 30)).toEqual([]);
    expect(rulesThatCounted(dump(0), dump(3), 30, 1)).toEqual([
      'iptables -t nat -A POSTROUTING -j MASQUERADE',
    ]);
  });

  it('that have no counter may drop what comes to them, by a policy or in a chain that one leads to', () => {
    expect(uncountedDrops(rules('')).map((s) => s.rule)).toEqual([
      'nftables inet wall other: reject with icmpx admin-prohibited # handle 8',
    ]);
    const bridge =
      'table bridge b {\n\tchain f {\n\t\ttype filter hook forward priority 0; policy drop;\n\t}\n}';
    expect(uncountedDrops(rules(bridge)).at(-1)).toEqual({
      rule: 'nftables bridge b f: policy drop',
      base: 'bridge b f',
    });
  });

  it('are not those for routed packets where bridged ones do not meet them', () => {
    expect(uncountedDrops(rules('').replace('bridged\n1', 'bridged\n0'))).toEqual([]);
  });
});

describe('what the preflight says', () => {
  const [crossing] = crossings(plan);
  if (crossing === undefined) throw new Error('no crossing');
  const one: Missing = { ...crossing, missing: crossing.packets, rewritten: [], heard: 30, sent: 40 };
  const nothing = { counted: [], suspects: [] };

  it('says which packets were eaten, and where to look', () => {
    const error = eatenError([one], nothing);
    expect(error.message).toContain('network front: from client to director no packet ');
    expect(error.fix).toContain('nft list ruleset');
    expect(eatenError([one], { ...nothing, counted: ['iptables -t filter -A X'] }).message).toContain(
      'eaten by:\n  iptables -t filter -A X',
    );
  });

  it('says that nothing was measured where not even ordinary packets came', () => {
    const error = unmeasuredError([{ ...one, heard: 0 }], nothing);
    expect(error.exitCode).toBe(EXIT.testUnknown);
    expect(error.message).toContain('could not be measured');
    expect(error.message).toContain('and not even an ordinary one (203.0.113.101 > 203.0.113.1)');
    expect(`${error.message}${error.fix ?? ''}`).not.toMatch(/firewall|rule/);
  });

  it('names as what it may be what has no counter, with a way past its chain', () => {
    const suspects = [
      { rule: 'nftables bridge b f: policy drop', base: 'bridge b f' },
      { rule: 'nftables inet wall way: policy drop', base: 'inet wall way' },
    ];
    const { message, fix } = unmeasuredError([{ ...one, heard: 0 }], { ...nothing, suspects });
    expect(message).toContain(
      'it may be one of them:\n  nftables bridge b f: policy drop\n  nftables inet wall way: policy drop',
    );
    expect(fix).toContain('sysctl -w net.bridge.bridge-nf-call-iptables=0');
    expect(fix).toContain(
      "nft 'insert rule bridge b f ether saddr & ff:ff:00:00:00:00 == 02:00:00:00:00:00 accept'",
    );
  });
});
