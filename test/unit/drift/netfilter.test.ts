import { describe, expect, it } from 'vitest';
import { recorded, swap } from './recorded.ts';

const { look } = recorded('mark', 'director');
const VIP = '203.0.113.100';

/** What differs where tc marks nothing, and iptables and nft say this. */
function differences(iptables: string, nft = '', code = 0): string[] {
  const section = (name: string, text: string) => `\n${text}\nend-of ${code} ${name}\n`;
  return look((dump) =>
    [
      swap(
        /\n\[\{"protocol":"ip","pref":1[^\n]*\n\nend-of 0 marks eth0/,
        '\n[]\n\nend-of 0 marks eth0',
      )(dump),
      section('iptables', iptables),
      section('nft', nft),
    ].join(''),
  ).map(({ state, kind, name }) => `${state} ${kind} ${name}`);
}

const NONE = ['missing mark eth0 rule 1', 'missing mark eth0 rule 2'];
const rule = (what: string, mark = '0x1/0xffffffff') =>
  `*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING ${what} -j MARK --set-xmark ${mark}\nCOMMIT`;

describe('marks by iptables', () => {
  it.each([
    `-d ${VIP}/32 -p tcp -m multiport --dports 80,443`,
    `-d ${VIP}/32 -i eth0 -p tcp -m multiport --dports 80:90,443 -m comment --comment "it is -j x"`,
    `-d ${VIP}/32 -p tcp`,
    `-d ${VIP}/32`,
    '-i eth0',
  ])('are as good as those of the plan: %s', (what) => {
    expect(differences(rule(what))).toEqual([]);
  });

  it.each([
    `-d 203.0.113.101/32 -p tcp`,
    `-d ${VIP}/32 -p udp`,
    `-d ${VIP}/32 -p tcp -m multiport --dports 8080,8443`,
    '-i eth1',
    `! -d ${VIP}/32 -p tcp`,
    `-d ${VIP}/32 -p tcp -m conntrack --ctstate NEW`,
    `-s 203.0.113.7/32 -d ${VIP}/32`,
  ])('are not those of the plan: %s', (what) => {
    expect(differences(rule(what))).toEqual(NONE);
  });

  it('are not those of the plan with another mark, a part of one, in another chain, or alone for one port', () => {
    expect(differences(rule(`-d ${VIP}/32`, '0x2/0xffffffff'))).toEqual(NONE);
    expect(differences(rule(`-d ${VIP}/32`, '0x1/0xff'))).toEqual(NONE);
    expect(differences(rule(`-d ${VIP}/32`).replace('PREROUTING -d', 'OUTPUT -d'))).toEqual(NONE);
    expect(differences(rule(`-d ${VIP}/32 -p tcp -m tcp --dport 80`))).toEqual(NONE.slice(1));
  });

  it('are none where the kernel has none', () => {
    expect(differences(rule(`-d ${VIP}/32`), '', 4)).toEqual(NONE);
  });
});

describe('marks by nft', () => {
  it.each(['{ "nftables": [', '{ "nftables": 7 }', 'null', '{ "nftables": [ { "rule": 1 }, null ] }'])(
    'are not known from %s, and so none is missing',
    (text) => {
      // A node's root can put anything in the place of nft.
      expect(differences('', text)).toEqual([]);
    },
  );

  const ruleset = (expressions: object[], hook = 'prerouting', family = 'ip') =>
    JSON.stringify({
      nftables: [
        { metainfo: { version: '1.1.7' } },
        { table: { family, name: 'lab' } },
        { chain: { family, table: 'lab', name: 'in', type: 'filter', hook, prio: -150 } },
        { rule: { family, table: 'lab', chain: 'in', expr: expressions } },
      ],
    });
  const match = (left: object, right: unknown, op = '==') => ({ match: { op, left, right } });
  const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
  const DADDR = match(payload('ip', 'daddr'), VIP);
  const PORTS = match(payload('tcp', 'dport'), { set: [{ range: [79, 81] }, 443] });
  const MARK = { mangle: { key: { meta: { key: 'mark' } }, value: 1 } };

  it('are as good as those of the plan', () => {
    expect(differences('', ruleset([DADDR, PORTS, { counter: { packets: 1 } }, MARK]))).toEqual([]);
    const inet = [
      match({ meta: { key: 'iifname' } }, 'eth0'),
      match({ meta: { key: 'l4proto' } }, 'tcp'),
      MARK,
    ];
    expect(differences('', ruleset(inet, 'prerouting', 'inet'))).toEqual([]);
  });

  it('are not those of the plan where they are for others, or elsewhere', () => {
    const port = match(payload('tcp', 'dport'), 80);
    expect(differences('', ruleset([DADDR, port, MARK]))).toEqual(NONE.slice(1));
    for (const other of [
      ruleset([DADDR, PORTS, MARK], 'output'),
      ruleset([match(payload('ip', 'daddr'), VIP, '!='), MARK]),
      ruleset([match(payload('ip', 'saddr'), VIP), MARK]),
      ruleset([DADDR, match({ meta: { key: 'iifname' } }, 'eth1'), MARK]),
      ruleset([DADDR, match(payload('udp', 'dport'), 80), MARK]),
      ruleset([DADDR, { limit: { rate: 1 } }, MARK]),
      ruleset([DADDR, PORTS]),
    ])
      expect(differences('', other)).toEqual(NONE);
  });
});
