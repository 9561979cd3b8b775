import { EXIT, LabError } from '../errors.ts';
import { labNames } from '../records/lab.ts';
import { linkQuality } from '../plan/link-quality.ts';
import type { Command } from '../plan/command.ts';
import { fixScript } from '../plan/script.ts';
import type { PlannedInterface, PlannedNode } from '../plan/types.ts';
import { QUALITY_KEYS, parseMeasure, qualityFault } from '../topology/fields/quality.ts';
import type { Quality } from '../topology/types.ts';
import { inspect, type Inspection } from '../lifecycle/differences.ts';
import { findLab, findScope, type RunningLab } from '../lifecycle/existing.ts';

export interface LinkRequest {
  /** Measures to change; zero takes one away. */
  quality: Quality;
  /** Forget what was set before. */
  clear: boolean;
  /** Undefined: leave it as it is. */
  state: 'up' | 'down' | undefined;
}

export interface LinkReport {
  node: string;
  device: string;
  network: string;
  state: string;
  /** Measures in words; empty for a plain link. */
  quality: Record<string, string>;
}

interface Port {
  node: PlannedNode;
  own: PlannedInterface;
}

/**
 * Shows how interfaces send, after changing it where something is asked for.
 * @param reference `NODE`, `NODE:eth1`, `NETWORK`, each with `LAB/` before it where several labs are up; or `LAB`
 */
export async function link(
  reference: string | undefined,
  request: LinkRequest,
): Promise<{ lab: string; links: LinkReport[] }> {
  const { lab, ports } = await findPorts(reference);
  const nodes = [...new Set(ports.map((port) => port.node))];
  let inspections = await inspect(lab, nodes);
  const { quality, clear, state } = request;
  if (clear || state !== undefined || Object.keys(quality).length > 0) {
    await change(lab, ports, inspections, request);
    inspections = await inspect(lab, nodes);
    if (state === 'up') {
      await restoreRoutes(lab, inspections);
      inspections = await inspect(lab, nodes);
    }
  }
  return { lab: lab.record.name, links: ports.map((port) => report(port, inspections)) };
}

async function findPorts(reference: string | undefined): Promise<{ lab: RunningLab; ports: Port[] }> {
  const [name, device] = reference?.split(':') ?? [];
  const network = await networkOf(name);
  const lab = network ?? (await findScope(name, undefined));
  const ports = lab.record.plan.nodes
    .filter((node) => lab.node === undefined || node.name === lab.node)
    .flatMap((node) => node.interfaces.map((own) => ({ node, own })))
    .filter(({ own }) => network === undefined || own.network === network.network);
  if (device === undefined) return { lab, ports };
  const chosen = ports.filter(({ own }) => own.name === device);
  if (lab.node === undefined || chosen.length === 0)
    throw new LabError(EXIT.badInput, `${name ?? ''} has no interface ${device}`, {
      fix:
        lab.node === undefined
          ? 'an interface is NODE:eth0'
          : `its interfaces: ${ports.map(({ own }) => `${own.name} (on ${own.network})`).join(', ')}`,
    });
  return { lab, ports: chosen };
}

/** A lab's network of this name; a node or a lab that bears the name comes first. */
async function networkOf(
  name: string | undefined,
): Promise<(RunningLab & { node: undefined; network: string }) | undefined> {
  const [first = '', second] = name?.split('/') ?? [];
  const names = labNames();
  const only = second === undefined ? (names.length === 1 ? names[0] : undefined) : first;
  if (only === undefined || !names.includes(only) || names.includes(name ?? '')) return undefined;
  const lab = await findLab(only);
  const network = second ?? first;
  const { nodes, networks } = lab.record.plan;
  if (nodes.some((n) => n.name === network) || !networks.some((n) => n.name === network)) return undefined;
  return { ...lab, node: undefined, network };
}

async function change(
  lab: RunningLab,
  ports: Port[],
  inspections: Inspection[],
  { quality, clear, state }: LinkRequest,
): Promise<void> {
  const commands = ports.map((port): Command[] => {
    const before = clear ? {} : qualityNow(port, inspections);
    const wanted = { ...before, ...quality };
    const fault = qualityFault(wanted);
    if (fault !== undefined)
      throw new LabError(EXIT.badInput, `${port.node.name}:${port.own.name}: ${fault.why}`, {
        fix: fault.fix,
      });
    const device = port.own.name;
    return [
      ...(clear || Object.keys(quality).length > 0
        ? linkQuality({ kind: 'link-quality', device, ...wanted })
        : []),
      ...(state === undefined ? [] : [{ argv: ['ip', 'link', 'set', device, state] }]),
    ];
  });
  const results = await lab.runtime.exec(
    ports.map(({ node }, index) => ({
      node: node.name,
      argv: ['sh'],
      input: fixScript(commands[index] ?? []),
    })),
  );
  const failures = results.flatMap((result, index) => {
    const said = result.stderr.trim();
    return said === '' ? [] : [`${ports[index]?.node.name ?? ''}: ${said}`];
  });
  if (failures.length > 0) throw new LabError(EXIT.labFailed, failures.join('\n'));
}

/** A link that goes down takes its routes with it; up again, it is given back those of the plan. */
async function restoreRoutes({ runtime }: RunningLab, inspections: Inspection[]): Promise<void> {
  await runtime.exec(
    inspections.map(({ node, differences }) => ({
      node: node.name,
      argv: ['sh'],
      input: fixScript(
        differences
          .filter((d) => d.state === 'missing' && (d.kind === 'route' || d.kind === 'address'))
          .flatMap((d) => d.fix),
      ),
    })),
  );
}

function factOf(port: Port, inspections: Inspection[], kind: string): Record<string, string> {
  const inspection = inspections.find((i) => i.node === port.node);
  return inspection?.found.facts.find((f) => f.kind === kind && f.name === port.own.name)?.attributes ?? {};
}

function qualityNow(port: Port, inspections: Inspection[]): Quality {
  const said = factOf(port, inspections, 'link quality');
  const quality: Quality = {};
  for (const key of QUALITY_KEYS) {
    const value = parseMeasure(key, said[key] ?? '');
    if (value !== undefined) quality[key] = value;
  }
  return quality;
}

function report(port: Port, inspections: Inspection[]): LinkReport {
  const { discipline, ...quality } = factOf(port, inspections, 'link quality');
  return {
    node: port.node.name,
    device: port.own.name,
    network: port.own.network,
    state: factOf(port, inspections, 'link')['state'] ?? 'unknown',
    quality: discipline === undefined || discipline === 'netem' ? quality : { discipline },
  };
}
