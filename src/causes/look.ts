import { partFunction, partOf, readDump, type Section } from '../drift/dump.ts';
import { addressFamily } from '../plan/addresses.ts';
import { quote } from '../plan/script.ts';
import type { PlannedNode, PlannedService } from '../plan/types.ts';
import type { Loss } from '../proof/loss.ts';
import { innermost } from '../proof/packet.ts';
import { netfilterRules, nftRules, tcFilters, type PacketFilter } from './filters.ts';
import type { NodeLook, RouteAnswer, Socket } from './state.ts';

/** The arguments of `ip route get` for a question; `from` and `iif` ask as for a packet that came in. */
export function routeQuestion(to: string, { from, iif }: { from?: string; iif?: string } = {}): string {
  return [to, ...(from === undefined ? [] : ['from', from]), ...(iif === undefined ? [] : ['iif', iif])].join(
    ' ',
  );
}

/** What the kernel of a node is asked about the routes of a packet that was lost there. */
export function questionsFor(loss: Loss, services: PlannedService[]): string[] {
  const ip = loss.packet === undefined ? undefined : innermost(loss.packet);
  const outer = loss.packet?.ip;
  const { vip } = loss.service;
  const servers = services.find((s) => s.vip === vip && s.port === loss.service.port)?.servers ?? [];
  const both =
    ip === undefined
      ? []
      : [
          routeQuestion(ip.destination),
          routeQuestion(ip.source),
          routeQuestion(ip.source, { from: ip.destination }),
          ...(loss.device === undefined
            ? []
            : [routeQuestion(ip.destination, { from: ip.source, iif: loss.device })]),
        ];
  return [
    ...new Set([
      ...both,
      ...(outer === undefined || outer === ip ? [] : [routeQuestion(outer.source)]),
      ...(loss.duty === 'route' && ip !== undefined
        ? [routeQuestion(ip.destination, { from: ip.source })]
        : []),
      ...(loss.duty === 'schedule' ? servers.map((s) => routeQuestion(s.address)) : []),
      routeQuestion(vip),
    ]),
  ];
}

/** Devices of a node that packets come in and go out by. */
function devicesOf({ interfaces, steps }: PlannedNode): string[] {
  const tunnels = steps.flatMap((s) => (s.kind === 'tunnel' ? [s.device] : []));
  return [...new Set([...interfaces.map((i) => i.name), ...tunnels, 'lo'])];
}

/**
 * The script by which a node says what drift does not ask it: what drops packets there, who listens, and what its
 * kernel says of routes. It changes nothing.
 * @param marker ends each part, as of `dumpScript`
 */
export function lookScript(node: PlannedNode, questions: string[], marker: string): string {
  return [
    partFunction(marker),
    ...devicesOf(node).flatMap((device) => [
      partOf(`in ${device}`, `tc -s -json filter show dev ${device} ingress`),
      partOf(`out ${device}`, `tc -s -json filter show dev ${device} egress`),
    ]),
    partOf('iptables', 'iptables-save -c'),
    partOf('ip6tables', 'ip6tables-save -c'),
    partOf('nft', 'nft -j list ruleset'),
    partOf('tcp', 'ss -Hltn'),
    partOf('udp', 'ss -Hlun'),
    ...questions.map((question) => {
      const family = addressFamily(question.split(' ')[0] ?? '') === 6 ? '-6 ' : '';
      return partOf(`route ${question}`, `sh -c ${quote(`ip ${family}-json route get ${question} 2>&1`)}`);
    }),
  ].join('\n');
}

/** Reads what that script printed. */
export function readLook(output: string, marker: string): Pick<NodeLook, 'filters' | 'sockets' | 'routes'> {
  const sections = readDump(output, marker);
  const filters = [...sections].flatMap(([name, section]): PacketFilter[] => {
    const [hook = '', device = ''] = name.split(' ');
    try {
      if (hook === 'in' || hook === 'out')
        return section.code === 0 ? tcFilters(hook, device, section.text) : [];
      if (hook === 'iptables' || hook === 'ip6tables') return netfilterRules(section.text);
      // The same rules as of iptables, where that writes them by nft.
      if (hook === 'nft' && section.code === 0 && !/^\*/m.test(sections.get('iptables')?.text ?? ''))
        return nftRules(section.text);
    } catch {
      // What a tool says in a form that nobody knows explains nothing.
    }
    return [];
  });
  const routes = [...sections].flatMap(([name, section]): [string, RouteAnswer][] =>
    name.startsWith('route ') ? [[name.slice('route '.length), routeAnswer(section)]] : [],
  );
  const tcp = sections.get('tcp');
  const udp = sections.get('udp');
  return {
    filters,
    sockets:
      tcp?.code === 0 && udp?.code === 0
        ? [...socketsOf('tcp', tcp.text), ...socketsOf('udp', udp.text)]
        : undefined,
    routes: new Map(routes),
  };
}

function routeAnswer({ text, code }: Section): RouteAnswer {
  const error = text.trim().replace(/^RTNETLINK answers: /, '');
  if (code !== 0) return { error };
  try {
    const [row = {}] = JSON.parse(text) as { dev?: string; gateway?: string; type?: string }[];
    return {
      ...(row.dev === undefined ? {} : { device: row.dev }),
      ...(row.gateway === undefined ? {} : { gateway: row.gateway }),
      ...(row.type === undefined ? {} : { type: row.type }),
    };
  } catch {
    return { error };
  }
}

function socketsOf(protocol: Socket['protocol'], text: string): Socket[] {
  return text.split('\n').flatMap((line): Socket[] => {
    const [, address = '', port = ''] = /^\S+ +\d+ +\d+ +(\S+):(\d+) /.exec(line) ?? [];
    return port === ''
      ? []
      : [{ protocol, address: address.replaceAll(/[[\]]|%.*$/g, ''), port: Number(port) }];
  });
}
