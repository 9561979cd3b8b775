import { parseRulesWithLimits } from '../ipvs/limits.ts';
import type { IpvsRule } from '../ipvs/rule.ts';
import { parseSyncDaemons } from '../ipvs/sync.ts';
import type { PlannedNode } from '../plan/types.ts';
import { asks, type Section } from './dump.ts';
import type { FactKind, Found, FoundFact } from './facts.ts';
import { addressFacts, linkFacts, neighbourFacts, type IpLink, type IpNeighbour } from './found-links.ts';
import { hookFacts, markFacts } from './found-marks.ts';
import { NETFILTER_PROGRAMS, netfilterMarkFacts } from './found-netfilter.ts';
import { qualityFacts, type Qdisc } from './found-quality.ts';
import { routeFacts, ruleFacts, type IpRoute, type IpRule } from './found-routes.ts';
import { leftoverFacts } from './leftovers.ts';
import { syncName, tunnelPort } from './fact-names.ts';
import { stopSync } from './planned-cluster.ts';
import { readSettings } from './settings.ts';

/** Reads what a node says of itself into facts. What it does not say is `unread`, never missing. */
export function foundFacts(node: PlannedNode, dump: Map<string, Section>): Found {
  const found: Found = { facts: [], unread: [] };
  const read = (name: string, kinds: FactKind[], facts: (text: string) => FoundFact[], codes = [0]): void => {
    const section = dump.get(name);
    try {
      if (section === undefined) throw new Error('it was not asked');
      if (!codes.includes(section.code)) throw new Error(`exit code ${section.code}`);
      found.facts.push(...facts(section.text));
    } catch (error) {
      found.unread.push({ kinds, why: `${name}: ${(error as Error).message}` });
    }
  };
  read('ip', ['link', 'address', 'route', 'rule', 'neighbour'], ipFacts);
  read('tc', ['link quality', 'filter'], (text) => {
    const qdiscs = JSON.parse(text) as Qdisc[];
    return [...qualityFacts(qdiscs), ...hookFacts(qdiscs, asks(node).marks)];
  });
  // grep also fails where some of the files are not there, as without IPv6.
  read('settings', ['sysctl'], settingFacts, [0, 2]);
  read('daemons', ['daemon'], daemonFacts);
  read('leftovers', ['leftover'], leftoverFacts);
  if (asks(node).fou) read('fou', ['tunnel port'], fouFacts);
  if (asks(node).ipvs) {
    read('ipvs', ['service', 'real server'], (text) => parseRulesWithLimits(text).map(ruleFact));
    read('timeouts', ['timeouts'], timeoutFacts);
    read('sync', ['sync daemon'], syncFacts);
  }
  for (const device of asks(node).marks)
    // Without a hook there are no rules, and tc fails.
    read(`marks ${device}`, ['mark', 'filter'], (text) => markFacts(device, text), [0, 1, 2]);
  for (const program of NETFILTER_PROGRAMS)
    // A kernel without netfilter's tables, and a node without the program, have no such marks.
    if (asks(node).marks.length > 0 && dump.get(program)?.code === 0)
      read(program, ['mark'], (text) => otherMarks(netfilterMarkFacts(node.steps, program, text), found));
  for (const step of node.steps)
    if (step.kind === 'certificate') {
      const name = step.certificateFile;
      const there: FoundFact[] =
        dump.get(`certificate ${name}`)?.code === 0
          ? [{ kind: 'certificate', name, attributes: {}, remove: [] }]
          : [];
      read(`certificate ${name}`, ['certificate'], () => there, [0, 1, 2]);
    }
  for (const step of node.steps)
    if (step.kind === 'file')
      // A file that is not there cannot be read either: that is a fact.
      read(
        `file ${step.path}`,
        ['file'],
        (content) =>
          dump.get(`file ${step.path}`)?.code === 0
            ? [{ kind: 'file', name: step.path, attributes: { content }, remove: [] }]
            : [],
        [0, 1],
      );
  return found;
}

/** Marks that were not found so far: each counts once. */
function otherMarks(marks: FoundFact[], { facts }: Found): FoundFact[] {
  return marks.filter(({ name }) => !facts.some((fact) => fact.kind === 'mark' && fact.name === name));
}

function ipFacts(text: string): FoundFact[] {
  const answers = text
    .split('\n')
    .filter((row) => row.trim() !== '')
    .map((row) => JSON.parse(row) as unknown[]);
  if (answers.length !== 4) throw new Error('ip did not answer every question');
  const [links, routes, rules, neighbours] = answers as [IpLink[], IpRoute[], IpRule[], IpNeighbour[]];
  return [
    ...linkFacts(links),
    ...addressFacts(links),
    ...routeFacts(routes),
    ...ruleFacts(rules),
    ...neighbourFacts(neighbours),
  ];
}

function settingFacts(text: string): FoundFact[] {
  return Object.entries(readSettings(text)).map(([name, value]) => ({
    kind: 'sysctl',
    name,
    attributes: { value },
    expected: true,
    remove: [],
  }));
}

function daemonFacts(text: string): FoundFact[] {
  return Array.from(text.matchAll(/^(\S+) up$/gm), ([, name = '']) => ({
    kind: 'daemon',
    name,
    attributes: { state: 'running' },
    remove: [],
  }));
}

function fouFacts(text: string): FoundFact[] {
  return Array.from(text.matchAll(/^port (\d+) (.*)$/gm), ([, port = '', rest = '']): FoundFact => {
    const ipv6 = / -6\b/.test(rest);
    return {
      kind: 'tunnel port',
      name: tunnelPort(port, ipv6 ? 6 : 4),
      attributes: {},
      remove: [{ argv: ['ip', ...(ipv6 ? ['-6'] : []), 'fou', 'del', 'port', port] }],
    };
  });
}

function timeoutFacts(text: string): FoundFact[] {
  const [, tcp, tcpfin, udp] = /: (\d+) (\d+) (\d+)/.exec(text) ?? [];
  if (tcp === undefined || tcpfin === undefined || udp === undefined) throw new Error('no timeouts in it');
  return [{ kind: 'timeouts', name: 'ipvs', attributes: { tcp, tcpfin, udp }, remove: [] }];
}

/** Both roles at once are one fact: a director that is master alone has no second one to take away. */
function syncFacts(text: string): FoundFact[] {
  const daemons = parseSyncDaemons(text);
  return [...new Set(daemons.map(({ id }) => id))].map((id) => {
    const own = daemons.filter((daemon) => daemon.id === id);
    return {
      kind: 'sync daemon',
      name: syncName(id),
      attributes: {
        role: own.map(({ role }) => role).join(' and '),
        interface: [...new Set(own.map((daemon) => daemon.interface))].join(' and '),
      },
      incidental: ['role'],
      remove: own.flatMap(({ role }) => stopSync(role)),
    };
  });
}

function ruleFact({ kind, service, server, options, target }: IpvsRule): FoundFact {
  return {
    kind: kind === 'service' ? 'service' : 'real server',
    name: server === undefined ? service : `${service} → ${server}`,
    attributes: options,
    remove: [
      {
        argv:
          server === undefined ? ['ipvsadm', '-D', ...target] : ['ipvsadm', '-d', ...target, '-r', server],
      },
    ],
  };
}
