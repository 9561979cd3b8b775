import { endpoint } from '../../topology/endpoint.ts';
import type { Plan, PlannedService } from '../../plan/types.ts';
import { visibleLine } from '../../terminal/visible.ts';
import { ROLE_NAMES } from './theme.ts';
import { nameTexts, ownedVips, serviceText } from './vips.ts';

/** A lab for a terminal: what hangs on each network, then the virtual services and their real servers. */
export function diagramText(plan: Plan): string {
  const rows = plan.networks.map((network) =>
    plan.nodes.flatMap((node) => {
      const owned = ownedVips(node, plan);
      return node.interfaces
        .filter((i) => i.network === network.name)
        .map((i) => [
          node.name,
          ROLE_NAMES[node.role],
          i.name,
          i.addresses.map((a) => `${a.address}/${a.prefix}`).join(' '),
          owned
            .filter((vip) => vip.device === i.name || !vip.outside)
            .map(
              ({ vip, device, quiet }) =>
                `VIP ${vip} on ${device}${quiet === undefined ? '' : ` (${quiet})`}`,
            )
            .join(', '),
        ]);
    }),
  );
  const widths = columnWidths(rows.flat());
  return [
    visibleLine(plan.title),
    ...plan.networks.flatMap((network, n) => [
      '',
      `${network.name}  ${network.subnets.join(' ')}${network.mtu === 1500 ? '' : `  MTU ${network.mtu}`}`,
      ...tree(rows[n] ?? [], widths),
    ]),
    ...plan.services.flatMap((service) => ['', ...serviceLines(service)]),
    ...nameTexts(plan).flatMap(({ head, how }) => ['', `${head}  ${how}`]),
    '',
  ].join('\n');
}

function serviceLines(service: PlannedService): string[] {
  const { head, how } = serviceText(service);
  const by = service.directors.length === 0 ? '' : `, by ${service.directors.join(', ')}`;
  const rows = service.servers.map((server) => [
    server.node,
    endpoint(server.address, server.port),
    server.mode.toUpperCase(),
    `weight ${server.weight}`,
  ]);
  return [`${head}  ${how}${by}`, ...tree(rows, columnWidths(rows))];
}

function tree(rows: string[][], widths: number[]): string[] {
  return rows.map((row, index) => {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
    return `${index === rows.length - 1 ? '└─' : '├─'} ${cells}`.trimEnd();
  });
}

function columnWidths(rows: string[][]): number[] {
  return (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
}
