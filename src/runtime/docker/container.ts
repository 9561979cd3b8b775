import type { ContainerCreateOptions } from 'dockerode';
import type { Engine } from '../../docker/engine.ts';
import { LABEL } from '../../docker/labels.ts';
import { labelsOf } from './record-labels.ts';
import { engineSecurity } from '../../docker/security.ts';
import type { LabRecord } from '../../records/lab.ts';
import type { PlannedInterface, PlannedNode } from '../../plan/types.ts';
import type { Family } from '../../topology/types.ts';
import { NODE_CAPABILITIES } from '../capabilities.ts';

/** What a container of a lab is called: `lvslab-nat-rs1`. */
export function containerName(lab: string, node: string): string {
  return `lvslab-${lab}-${node}`;
}

/** What a network of a lab is called: `lvslab-nat-front`. */
export function networkName(lab: string, network: string): string {
  return `lvslab-${lab}-${network}`;
}

/**
 * /proc paths that stay read-only: Docker's own list, but of /proc/sys all except `net`, so that a student can break
 * and fix a node's ARP settings. Those under `net` are the node's own, not the engine's.
 */
const SYSCTLS = ['abi', 'crypto', 'debug', 'dev', 'fs', 'kernel', 'sunrpc', 'user', 'vm', 'xen'].map(
  (d) => `/proc/sys/${d}`,
);
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sysrq-trigger', ...SYSCTLS];

/**
 * How an engine is to confine a node, beyond the paths above.
 * @param appArmor whether it confines containers by AppArmor, whose profile for them denies every write to
 *   /proc/sys/net, capabilities or not
 */
export function confinement(product: Engine['product'], appArmor: boolean): string[] {
  return [
    ...(appArmor ? ['apparmor=unconfined'] : []),
    // It does not heed the paths that a client names, and makes the whole of /proc/sys read-only; what it can do is to hide
    // parts of it.
    ...(product === 'Podman' ? ['unmask=/proc/sys', `mask=${SYSCTLS.join(':')}`] : []),
  ];
}

/** How this engine is to. */
export async function confinementOn({
  docker,
  product,
}: Pick<Engine, 'docker' | 'product'>): Promise<string[]> {
  return confinement(product, (await engineSecurity(docker)).appArmor);
}

/**
 * A node's container, with the name and the labels of its lab.
 * @param security what `confinement` says of the engine
 */
export function containerOptions(
  record: LabRecord,
  node: PlannedNode,
  image: string,
  security: string[],
): ContainerCreateOptions {
  const [first] = node.interfaces;
  const network = first && networkName(record.name, first.network);
  return {
    ...nodeContainer({ node, image, security, network }),
    name: containerName(record.name, node.name),
    Labels: { ...labelsOf(record), [LABEL.node]: node.name },
  };
}

/** What makes a container a node, whatever it is called and belongs to. */
interface NodeContainer {
  node: Pick<PlannedNode, 'name' | 'interfaces' | 'hosts'>;
  /** Of a node. */
  image: string;
  /** What `confinement` says of the engine. */
  security: string[];
  /** The Docker network of its first interface; undefined where it has none. */
  network: string | undefined;
}

/**
 * A node as a container. Not privileged: NET_ADMIN for ip, ipvsadm, tc and the network's sysctls, NET_RAW for
 * tcpdump, ping and arping, and what else a Debian system's daemons take.
 */
export function nodeContainer({ node, image, security, network }: NodeContainer): ContainerCreateOptions {
  const [first] = node.interfaces;
  return {
    Image: image,
    Hostname: node.name,
    Cmd: ['perl', '/usr/lib/lvslab/node-agent', 'stay'],
    // Who makes it has its first requests carried out by its first process: no command need be started in it for them.
    ...{ OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true },
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8'],
    WorkingDir: '/root',
    // Its first process is one that stays, and has nothing to finish.
    StopSignal: 'SIGKILL',
    HostConfig: {
      NetworkMode: network ?? 'none',
      CapDrop: ['ALL'],
      CapAdd: Object.keys(NODE_CAPABILITIES).map((name) => name.toUpperCase()),
      SecurityOpt: security,
      ReadonlyPaths: READ_ONLY,
      ExtraHosts: node.hosts
        .filter(({ name }) => name !== node.name)
        .map(({ address, name }) => `${name}:${address}`),
      // Where processes leave their numbers: after a restart they name others.
      Tmpfs: { '/run': 'mode=755,size=8m' },
      RestartPolicy: { Name: 'no' },
      // What it answers is for whoever asked.
      LogConfig: { Type: 'none', Config: {} },
    },
    ...(first === undefined || network === undefined
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [network]: networkEndpoint(first) } } }),
  };
}

/** How a container is attached to a network: Docker's own address management knows the addresses too. */
export function networkEndpoint({ addresses }: PlannedInterface): {
  IPAMConfig: { IPv4Address?: string; IPv6Address?: string };
} {
  const first = (family: Family) => addresses.find((a) => a.family === family)?.address;
  const [v4, v6] = [first(4), first(6)];
  return {
    IPAMConfig: {
      ...(v4 === undefined ? {} : { IPv4Address: v4 }),
      ...(v6 === undefined ? {} : { IPv6Address: v6 }),
    },
  };
}
