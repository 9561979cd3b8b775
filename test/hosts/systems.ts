import type { Processor } from '../../src/machine/processor.ts';

/** A system that a virtual machine of this project has. */
export interface System {
  name: string;
  processor: Processor;
  /** Suite of Debian. */
  suite: string;
  packages: string[];
  /** Services that are not to start of themselves. */
  units: string[];
  emulator: string;
  /** Debian package of the emulator. */
  emulatorPackage: string;
  /** Options of the emulator that are this processor's own. */
  board: string[];
  console: string;
}

/** What every system has on board. */
const PACKAGES = [
  ...['systemd-sysv', 'dbus', 'initramfs-tools', 'kmod', 'iproute2', 'procps', 'e2fsprogs', 'util-linux'],
  ...['docker.io', 'docker-cli', 'iptables', 'nftables', 'nodejs', 'bubblewrap', 'openssh-client'],
];

const UNITS = ['docker.service', 'docker.socket', 'containerd.service'];

/** Debian's stable suite on x86-64, with the firewalls and engines that people have there. */
export const DEBIAN: System = {
  name: 'debian-amd64',
  processor: 'amd64',
  suite: 'trixie',
  packages: [
    ...PACKAGES,
    'linux-image-amd64',
    ...['firewalld', 'ufw'],
    ...['podman', 'uidmap', 'slirp4netns', 'rootlesskit', 'fuse-overlayfs', 'dbus-user-session'],
  ],
  units: [...UNITS, 'firewalld.service', 'ufw.service', 'podman.socket', 'podman.service'],
  emulator: 'qemu-system-x86_64',
  emulatorPackage: 'qemu-system-x86',
  board: ['-M', 'q35', '-cpu', 'max'],
  console: 'ttyS0',
};
