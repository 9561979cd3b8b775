import type { Plan } from '../../plan/types.ts';
import type { Role } from '../../topology/types.ts';
import { visibleLine } from '../../terminal/visible.ts';
import { ROLE_COLOURS, ROLE_NAMES } from './theme.ts';
import { ownedVips } from './vips.ts';

const CLASSES: Record<Role, string> = {
  client: 'client',
  director: 'director',
  router: 'router',
  proxy: 'proxy',
  dns: 'dns',
  'real-server': 'server',
};

/** A lab as a Mermaid flowchart, for README files and wikis that draw these. */
export function diagramMermaid(plan: Plan): string {
  const lines = ['flowchart LR'];
  plan.networks.forEach((network, n) => {
    const mtu = network.mtu === 1500 ? '' : `<br/>MTU ${network.mtu}`;
    lines.push(
      `  net${n}(["${escape(network.name)}<br/>${network.subnets.map(escape).join('<br/>')}${mtu}"]):::network`,
    );
  });
  plan.nodes.forEach((node, n) => {
    const vips = ownedVips(node, plan).map(
      ({ vip, device, quiet }) =>
        `<br/>VIP ${escape(vip)} on ${escape(device)}${quiet === undefined ? '' : `, ${quiet}`}`,
    );
    const names = node.role === 'dns' ? (plan.names ?? []).map((each) => `<br/>${escape(each.name)}`) : [];
    const name = `<b>${escape(node.name)}</b><br/>${ROLE_NAMES[node.role]}${[...vips, ...names].join('')}`;
    lines.push(`  node${n}["${name}"]:::${CLASSES[node.role]}`);
  });
  const place = new Map(plan.networks.map((network, n) => [network.name, n]));
  plan.nodes.forEach((node, n) => {
    node.interfaces.forEach((i, index) => {
      const network = place.get(i.network);
      if (network === undefined) return;
      const label = `|"${escape(i.name)}<br/>${i.addresses.map((a) => escape(a.address)).join('<br/>')}"|`;
      // The order of the ends is what Mermaid ranks from left to right by.
      const behind =
        node.role === 'real-server' || (node.role !== 'client' && index === 0 && node.interfaces.length > 1);
      lines.push(behind ? `  net${network} ---${label} node${n}` : `  node${n} ---${label} net${network}`);
    });
  });
  for (const [role, { fill, edge }] of Object.entries(ROLE_COLOURS))
    lines.push(`  classDef ${CLASSES[role as Role]} fill:${fill},stroke:${edge},color:#1b2430`);
  lines.push('  classDef network fill:#dfe5ec,stroke:#a9b4c0,color:#1b2430');
  return `${lines.join('\n')}\n`;
}

/** Mermaid reads markup in labels, and has its own entities: `#` and a code, ended by `;`. */
function escape(text: string): string {
  return visibleLine(text).replaceAll(/["#&;<>`\\]/g, (c) => `#${c.charCodeAt(0)};`);
}
