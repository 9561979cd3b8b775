import type { Plan, PlannedNode } from '../../plan/types.ts';
import type { Role } from '../../topology/types.ts';

/** Networks from left to right, and each node's columns between them: column 0 is left of the first network. */
export interface Arrangement {
  networks: string[];
  nodes: ArrangedNode[];
}

export interface ArrangedNode {
  node: PlannedNode;
  /** Where the node stands. */
  column: number;
  /** The last column that one of its wires crosses, or `column`. */
  through: number;
}

const ROLE_ORDER: Role[] = ['client', 'dns', 'director', 'proxy', 'router', 'real-server'];

/**
 * Networks by their distance from the clients; a node of several networks behind the first of them, one of a single
 * network in front of it, and a real server behind it. So requests are read from left to right.
 * Nodes come in the order in which they are stacked: those whose wires cross other columns first.
 */
export function arrange(plan: Plan): Arrangement {
  const networks = networkOrder(plan);
  const nodes = plan.nodes.map((node): ArrangedNode => {
    const bars = node.interfaces.map((i) => networks.indexOf(i.network)).filter((bar) => bar >= 0);
    const first = bars.length === 0 ? 0 : Math.min(...bars);
    const last = bars.length === 0 ? 0 : Math.max(...bars);
    if (first === last) {
      const column = node.role === 'real-server' ? first + 1 : first;
      return { node, column, through: column };
    }
    return { node, column: first + 1, through: last };
  });
  const crossing = (n: ArrangedNode) => n.through - n.column;
  return {
    networks,
    nodes: nodes.sort(
      (a, b) =>
        crossing(b) - crossing(a) || ROLE_ORDER.indexOf(a.node.role) - ROLE_ORDER.indexOf(b.node.role),
    ),
  };
}

function networkOrder(plan: Plan): string[] {
  const names = plan.networks.map((network) => network.name);
  const reached: string[] = [];
  const reach = (network: string) => {
    if (names.includes(network) && !reached.includes(network)) reached.push(network);
  };
  const starts = plan.nodes.filter((node) => node.role === 'client');
  for (const node of starts) for (const i of node.interfaces) reach(i.network);
  for (;;) {
    // `reached` grows while it is walked: breadth first.
    for (const network of reached)
      for (const node of plan.nodes)
        if (node.interfaces.some((i) => i.network === network))
          for (const i of node.interfaces) reach(i.network);
    const left = names.find((name) => !reached.includes(name));
    if (left === undefined) return reached;
    reach(left);
  }
}
