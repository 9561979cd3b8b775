import { addressFamily, hostPrefix } from './addresses.ts';
import { configBlock, keepalivedConfig, type Part } from './keepalived-config.ts';
import type { Hop } from './routes.ts';
import type { DaemonStep, Step } from './steps.ts';
import type { PlannedCluster, PlannedNode } from './types.ts';

const CONFIG = '/etc/keepalived/vrrp.conf';
const LOG = '/var/log/vrrp.log';

/** keepalived, VRRP alone: `-P`; it could check real servers as well. */
export const VRRP_DAEMON: DaemonStep = {
  kind: 'daemon',
  name: 'vrrp',
  argv: [
    '/usr/sbin/keepalived',
    '-P',
    '-D',
    `--log-file=${LOG}`,
    '--flush-log-file',
    ...['-f', CONFIG, '-p', '/run/vrrp.pid', '-r', '/run/vrrp-child.pid'],
  ],
  pidfile: '/run/vrrp.pid',
  // Its child, which does the work, logs to a file of its own.
  logs: [LOG, LOG.replace('.log', '_vrrp.log')],
};

type Vrrp = NonNullable<PlannedCluster['vrrp']>;

/** A director's priority in VRRP: the first one's is the highest. */
export function priorityOf({ directors }: PlannedCluster, node: string): number {
  return 200 - 10 * directors.indexOf(node);
}

/**
 * After how many milliseconds without a word from the master a director takes over: three intervals, and the longer
 * the lower its priority, so that not all do so at once (RFC 5798, 6.1: Master_Down_Interval).
 */
export function masterDownInterval({ interval }: Vrrp, priority: number): number {
  return 3 * interval + ((256 - priority) * interval) / 256;
}

/** VRRP on one network, for the addresses of one family. */
interface Instance {
  name: string;
  device: string;
  family: 4 | 6;
  addresses: { address: string; device: string }[];
}

/** One for each network and family on which it is spoken. */
function instancesOf(cluster: PlannedCluster, vrrp: Vrrp, hop: Hop): Instance[] {
  const instances = new Map<string, Instance>();
  for (const { address, network } of cluster.addresses) {
    const family = addressFamily(address);
    const on = vrrp.on ?? network;
    const name = `${cluster.name}-${on}-${family}`;
    const instance = instances.get(name) ?? { name, device: deviceOn(hop, on), family, addresses: [] };
    instance.addresses.push({ address, device: deviceOn(hop, network) });
    instances.set(name, instance);
  }
  return [...instances.values()];
}

/** The interface by which a node is on a network. */
export function deviceOn({ interfaces }: Pick<PlannedNode, 'interfaces'>, network: string): string {
  return interfaces.find((i) => i.network === network)?.name ?? '';
}

/** keepalived's configuration on a director, and keepalived. */
export function vrrpSteps(cluster: PlannedCluster, hop: Hop): Step[] {
  const { vrrp, sync } = cluster;
  if (vrrp === undefined) return [];
  const instances = instancesOf(cluster, vrrp, hop);
  const [leading] = instances;
  const parts = [
    configBlock(
      'global_defs',
      `router_id ${hop.name}`,
      'vrrp_version 3',
      ...(sync === undefined || leading === undefined
        ? []
        : [`lvs_sync_daemon ${deviceOn(hop, sync.on)} ${leading.name} id ${sync.id}`]),
    ),
    ...(instances.length < 2
      ? []
      : [
          configBlock(
            `vrrp_sync_group ${cluster.name}`,
            configBlock('group', ...instances.map(({ name }) => name)),
          ),
        ]),
    ...instances.map((instance) => vrrpInstance(instance, vrrp, priorityOf(cluster, hop.name))),
  ];
  const comment = `VRRP of ${hop.name}: of cluster ${cluster.name}, who lives and has the highest priority has the addresses.`;
  return [{ kind: 'file', path: CONFIG, content: keepalivedConfig(comment, parts) }, VRRP_DAEMON];
}

/** Who begins, begins as backup, and so hears of a master's connections before it takes over. */
function vrrpInstance(
  { name, device, family, addresses }: Instance,
  { id, interval }: Vrrp,
  priority: number,
): Part {
  return configBlock(
    `vrrp_instance ${name}`,
    'state BACKUP',
    `interface ${device}`,
    `virtual_router_id ${id}`,
    `priority ${priority}`,
    `advert_int ${interval / 1000}`,
    // Announced at once, and again after two seconds, for those who did not hear it.
    'garp_master_repeat 3',
    'garp_master_delay 2',
    configBlock(
      'virtual_ipaddress',
      // IPv6 wants a link-local address first (RFC 5798, 5.2.9): that of VRRP's own MAC.
      ...(family === 6 ? [`fe80::200:5eff:fe00:2${id.toString(16).padStart(2, '0')}/64 dev ${device}`] : []),
      ...addresses.map((a) => `${a.address}/${hostPrefix(a.address)} dev ${a.device}`),
    ),
  );
}
