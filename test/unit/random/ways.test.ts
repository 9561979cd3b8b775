import fc from 'fast-check';
import { isIPv6 } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseSound } from '../../../src/files/sound-topology.ts';
import { TopologyError } from '../../../src/errors.ts';
import { makePlan } from '../../../src/plan/plan.ts';
import type { Plan, PlannedNode, PlannedService } from '../../../src/plan/types.ts';
import { claimsFor } from '../../../src/proof/promises.ts';
import { Forwarding, sysctl } from './forwarding.ts';
import { CASES, TIME } from './labs.ts';
import { smallLab } from './small.ts';

const MOST_REFUSED = 0.9;

describe('a small topology, whatever it is,', () => {
  it(
    'is refused with reason and place, or every packet takes the way that is promised',
    () => {
      let tried = 0;
      let refused = 0;
      fc.assert(
        fc.property(smallLab, (text) => {
          tried += 1;
          const plan = planOrProblems(text);
          if (Array.isArray(plan)) {
            refused += 1;
            expect(plan.length).toBeGreaterThan(0);
            for (const { line, column, message, fix } of plan) {
              expect(line * column).toBeGreaterThan(0);
              expect(message).not.toMatch(/undefined|\[object/);
              expect(fix).toMatch(/\w/);
            }
            return;
          }
          expect(problemsOf(plan)).toEqual([]);
        }),
        { ...CASES, numRuns: CASES.numRuns * 4 },
      );
      // Where all were refused, nothing was shown.
      expect(refused / tried).toBeLessThan(MOST_REFUSED);
    },
    TIME * 4,
  );
});

function planOrProblems(text: string): Plan | TopologyError['problems'] {
  try {
    return makePlan(parseSound(text, 'lab.yaml', 'lab'));
  } catch (error) {
    if (error instanceof TopologyError) return error.problems;
    throw error;
  }
}

function problemsOf(plan: Plan): string[] {
  const forwarding = new Forwarding(plan);
  return plan.services.flatMap((service) =>
    plan.nodes
      .filter(
        (n) =>
          n.role === 'client' &&
          n.interfaces.some((i) => i.addresses.some((a) => isIPv6(a.address) === isIPv6(service.vip))),
      )
      .flatMap((client) => clientProblems(plan, forwarding, service, client)),
  );
}

function clientProblems(
  plan: Plan,
  forwarding: Forwarding,
  service: PlannedService,
  client: PlannedNode,
): string[] {
  const request = forwarding.walk(client.name, service.vip);
  if (!Array.isArray(request)) return [`request: ${request.why}`];
  if (request.at(-1) !== 'director') return [`request goes ${request.join(' → ')}`];
  const source = sourceOf(plan, forwarding, client, service.vip);
  return service.servers.flatMap((server) => {
    const to = forwarding.walk('director', server.address);
    if (!Array.isArray(to)) return [`forwarded request: ${to.why}`];
    if (server.mode === 'dr' && to.length !== 2) return [`DR over ${to.join(' → ')}`];
    const stops = forwarding.stops(server.node, source);
    if (!Array.isArray(stops)) return [`reply: ${stops.why}`];
    const way = [server.node, ...stops.map((stop) => stop.node)];
    if (way.at(-1) !== client.name) return [`reply goes ${way.join(' → ')}`];
    const passes = way.slice(0, -1).includes('director');
    const promised = promiseOf(plan, service, server.node, client.name);
    return [
      ...(passes === promised
        ? []
        : [`reply goes ${way.join(' → ')}, promised ${promised ? 'by' : 'past'} the director`]),
      ...(server.mode === 'nat' && !passes ? [`NAT reply goes ${way.join(' → ')}`] : []),
      ...settingProblems(plan, stops, server, source),
    ];
  });
}

/** The address that the client asks from: of the interface by which its request leaves. */
function sourceOf(plan: Plan, forwarding: Forwarding, client: PlannedNode, vip: string): string {
  const [first] = forwarding.stops(client.name, vip) as { node: string; device: string }[];
  const network = plan.nodes
    .find((n) => n.name === first?.node)
    ?.interfaces.find((i) => i.name === first?.device)?.network;
  const own = client.interfaces.find((i) => i.network === network);
  return own?.addresses.find((a) => isIPv6(a.address) === isIPv6(vip))?.address ?? '';
}

/** Whether replies of a server to a client are said to pass the director; exactly one claim must say it. */
function promiseOf(plan: Plan, service: PlannedService, server: string, client: string): boolean | undefined {
  const about = claimsFor(plan).filter(
    (claim) =>
      claim.service.vip === service.vip &&
      claim.servers.some((s) => s.node === server && (s.clients?.includes(client) ?? true)) &&
      ['replies-pass-director', 'replies-bypass-director'].includes(claim.kind),
  );
  return about.length === 1 ? about[0]?.kind === 'replies-pass-director' : undefined;
}

/** Replies that pass the director: it must take its own VIP as their source, and tell nobody of a shorter way. */
function settingProblems(
  plan: Plan,
  stops: { node: string; device: string }[],
  server: PlannedService['servers'][number],
  source: string,
): string[] {
  const at = stops.findIndex(({ node }) => node === 'director');
  const director = plan.nodes.find((n) => n.name === 'director');
  const next = stops[at + 1];
  const { device } = stops[at] ?? {};
  if (at < 0 || director === undefined || next === undefined || device === undefined) return [];
  const conf = (key: string, value: string) =>
    sysctl(director, `net.ipv4.conf.${key}`) === value ? [] : [`${key} is not ${value} on the director`];
  const networkOf = (stop: { node: string; device: string }) =>
    plan.nodes.find((n) => n.name === stop.node)?.interfaces.find((i) => i.name === stop.device)?.network;
  const turns = networkOf(next) === networkOf({ node: 'director', device });
  const sender = plan.nodes.find((n) => n.name === server.node);
  if (isIPv6(source))
    return turns && at === 0 && server.mode === 'nat'
      ? (sender?.interfaces ?? [])
          .filter((i) => i.network === networkOf({ node: 'director', device }))
          .filter((i) => sysctl(sender as PlannedNode, `net.ipv6.conf.${i.name}.accept_redirects`) !== '0')
          .map((i) => `${server.node} ${i.name} lets itself be told of a shorter way`)
      : [];
  return [
    ...(server.mode === 'nat'
      ? []
      : [
          ...conf(`${device}.accept_local`, '1'),
          ...conf('all.rp_filter', '0'),
          ...conf(`${device}.rp_filter`, '0'),
        ]),
    ...(turns ? [...conf('all.send_redirects', '0'), ...conf(`${device}.send_redirects`, '0')] : []),
  ];
}
