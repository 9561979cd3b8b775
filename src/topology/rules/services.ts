import type { Given } from '../reading/given.ts';
import type { DraftService } from '../fields/draft.ts';
import { endpoint } from '../endpoint.ts';
import { contains, familyOf, reservedIn } from '../ip.ts';
import { addressFault } from './ip-faults.ts';
import type { Position } from '../reading/positions.ts';
import { onLine, show, type Problems } from '../reading/problems.ts';
import type { References } from './references.ts';
import { portsOf } from '../service-ports.ts';
import { checkFamilies } from './families.ts';
import { checkApplications, checkMarks, checkPorts } from './ports.ts';
import { checkAcrossProtocols } from './protocols.ts';
import { checkHealth } from './health.ts';
import { checkOnePacket } from './one-packet.ts';
import { checkFlags, checkPersistence } from './options.ts';
import { checkPages } from './pages.ts';
import { checkProxy } from './proxy.ts';
import { checkNamed, checkServers } from './servers.ts';

/** Checks the virtual services: VIPs, directors, real servers and how requests reach them. */
export function checkServices(references: References, problems: Problems): void {
  const { services, servicesAt, nodes, nodesAt } = references.draft;
  if (services.length === 0) return;
  // A node whose role is not known might be the director.
  const rolesKnown = nodesAt !== undefined && nodes.every((node) => typeof node.role === 'object');
  for (const role of new Set(services.map((service) => references.carrierOf(service))))
    if (rolesKnown && references.ofRole(role).length === 0)
      problems.add(
        servicesAt,
        `there are services but no ${role}`,
        `add a node that forwards requests, such as \`${role}: { on: [front, back] }\``,
      );
  checkModes(references, problems);
  const seen = new Map<string, Position>();
  for (const service of services) {
    checkVip(service, references, problems);
    checkOnce(service, seen, problems);
    checkDirectors(service, references, problems);
    checkPorts(service, problems);
    checkOnePacket(service, references, problems);
    checkServers(service, references, problems);
    checkTunnel(service, references, problems);
    checkFlags(service, problems);
    checkHealth(service, references, problems);
    checkPersistence(service, problems);
    checkFamilies(service, references, problems);
    checkProxy(service, references, problems);
  }
  checkMarks(references, problems);
  checkAcrossProtocols(references, problems);
  checkApplications(references, problems);
  checkPages(references, problems);
}

/** Reported once: a mode at the top of the file fixes every service. */
function checkModes({ draft }: References, problems: Problems): void {
  if (draft.mode !== undefined) return;
  const lacking = draft.services.find(
    ({ mode, servers }) =>
      mode === undefined &&
      (servers === undefined ||
        (typeof servers === 'object' && servers.value.some((entry) => entry.mode === undefined))),
  );
  if (lacking !== undefined)
    problems.add(
      lacking.at,
      'nothing says how requests are forwarded: neither this service nor the file has a mode',
      'add `mode: nat`, `mode: tun`, `mode: dr` or `mode: proxy` at the top of the file',
    );
}

function checkVip({ vip }: DraftService, { draft }: References, problems: Problems): void {
  if (typeof vip !== 'object') return;
  const fault = addressFault(vip.value, '203.0.113.100');
  if (fault !== undefined) {
    problems.add(vip.at, `VIP ${show(vip.value)} ${fault.why}`, fault.fix);
    return;
  }
  for (const { name, subnets } of draft.networks) {
    const range = subnets.find((s) => s.range !== undefined && contains(s.range, vip.value))?.range;
    const reserved = range === undefined ? undefined : reservedIn(range, vip.value);
    if (reserved !== undefined)
      problems.add(
        vip.at,
        `VIP ${show(vip.value)} is the ${reserved} of network ${show(name)}`,
        'take another address of that network, or one outside every network',
      );
  }
}

function checkOnce(service: DraftService, seen: Map<string, Position>, problems: Problems): void {
  const { vip, ports } = service;
  if (typeof vip !== 'object' || familyOf(vip.value) === undefined) return;
  for (const { value, at: written } of portsOf(service) ?? []) {
    const at = ports === undefined ? vip.at : written;
    const name = `${endpoint(vip.value, value.port)} ${value.protocol}`;
    const first = seen.get(name);
    if (first === undefined) seen.set(name, at);
    else
      problems.add(
        at,
        `service ${name} is here twice: it is on ${onLine(first)} already`,
        'give one of them another VIP or port, or put the servers together',
      );
  }
}

function checkDirectors(service: DraftService, references: References, problems: Problems): void {
  if (typeof service.directors !== 'object') return;
  const { value: directors, at } = service.directors;
  if (directors.length === 0)
    problems.add(
      at,
      'a service without any director',
      'leave `directors` out to have every director carry it',
    );
  const seen = new Set<string>();
  for (const director of directors) {
    if (seen.has(director.value))
      problems.add(director.at, `director ${show(director.value)} is named twice`, 'name it once');
    seen.add(director.value);
    checkNamed(references.carrierOf(service), director, references, problems);
  }
}

function checkTunnel(service: DraftService, references: References, problems: Problems): void {
  if (typeof service.tunnel !== 'object') return;
  const modes: Given<string>[] = references
    .serversOf(service)
    .map(({ entry }) => entry?.mode ?? service.mode ?? references.draft.mode);
  const known = modes.filter((mode) => typeof mode === 'object');
  if (known.length === 0 || known.length < modes.length || known.some((mode) => mode.value === 'tun')) return;
  problems.add(
    service.tunnel.at,
    `tunnel ${show(service.tunnel.value)} without mode tun: nothing of this service goes through a tunnel`,
    'add `mode: tun`, or leave `tunnel` out',
  );
}
