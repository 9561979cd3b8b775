import type Docker from 'dockerode';
import { LABEL } from '../../docker/labels.ts';
import { engineSubnets } from '../../docker/subnets.ts';
import { orEmbedded } from '../../host/embedded-here.ts';
import { EXIT, LabError } from '../../errors.ts';
import type { Plan } from '../../plan/types.ts';
import { freeSubnet, overlaps } from '../../topology/open-subnets.ts';
import { containerName, networkName } from './container.ts';

/**
 * Looks for what is in a lab's way on an engine: a container or network with one of its names, or a network with some
 * of its addresses.
 * @throws LabError badInput with everything that is, and the fix; nothing has been made then
 */
export async function assertFree(docker: Docker, plan: Plan): Promise<void> {
  const [containers, networks, subnets] = await Promise.all([
    docker.listContainers({ all: true }),
    docker.listNetworks(),
    engineSubnets(docker),
  ]);
  const wanted = new Set(plan.nodes.map((node) => `/${containerName(plan.name, node.name)}`));
  const names = new Set(plan.networks.map((network) => networkName(plan.name, network.name)));
  const problems = [
    ...containers
      .flatMap((c) => c.Names.map((name) => ({ name, labels: c.Labels })))
      .filter(({ name }) => wanted.has(name))
      .map(({ name, labels }) => taken('container', name.slice(1), labels)),
    ...networks.filter((n) => names.has(n.Name)).map((n) => taken('network', n.Name, n.Labels ?? {})),
    ...plan.networks.flatMap((own) =>
      own.subnets.flatMap((wanted) =>
        subnets
          .filter(({ network, subnet }) => !names.has(network.name) && overlaps(wanted, subnet))
          .map(({ network, subnet }) => inTheWay(own.name, wanted, network.name, subnet, network.labels)),
      ),
    ),
  ];
  if (problems.length === 0) return;
  const free = freeSubnet([...subnets.map((s) => s.subnet), ...plan.networks.flatMap((n) => n.subnets)]);
  throw new LabError(EXIT.badInput, problems.join('\n'), {
    fix: orEmbedded(
      `take down or rename what is in the way${free === undefined ? '' : `, or give the network another subnet, for example ${free}, or leave it open (\`auto\`)`}`,
      'on the embedded machine nothing is in the way (--machine embedded)',
    ),
  });
}

function taken(what: string, name: string, labels: Record<string, string>): string {
  const lab = labels[LABEL.lab];
  return lab === undefined
    ? `${what} ${name} is already on this engine, and not of a lab`
    : `${what} ${name} is already on this engine: lab ${lab}`;
}

function inTheWay(
  network: string,
  subnet: string,
  name: string,
  other: string,
  labels: Record<string, string>,
): string {
  const lab = labels[LABEL.lab];
  return `network ${network} (${subnet}) cannot be made: Docker network ${name}${lab === undefined ? '' : ` of lab ${lab}`} has ${other}`;
}
