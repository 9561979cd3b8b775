import type { Processor } from '../../src/host/processor.ts';

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
  /** Its packages are only extracted, not installed: a quick way to a system of another processor. */
  extracted: boolean;
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
  extracted: false,
};

/** Debian's next suite on x86-64: a newer Docker, which filters what reaches a container's address, and a newer kernel. */
export const FORKY: System = {
  ...DEBIAN,
  name: 'forky-amd64',
  suite: 'forky',
  packages: [...PACKAGES, 'linux-image-amd64'],
  units: UNITS,
};

/**
 * Debian's stable suite on arm64. To install its packages takes an emulated processor a quarter of an hour; extracted, with an
 * init of its own (`guest/init`), they are there in two minutes and boot in ten seconds.
 */
export const DEBIAN_ARM64: System = {
  name: 'debian-arm64',
  processor: 'arm64',
  suite: 'trixie',
  packages: [
    ...['linux-image-arm64', 'busybox-static', 'kmod', 'iproute2', 'procps', 'util-linux', 'mount', 'passwd'],
    ...[
      'docker.io',
      'docker-cli',
      'iptables',
      'nftables',
      'ipvsadm',
      'nodejs',
      'bubblewrap',
      'openssh-client',
    ],
  ],
  units: [],
  emulator: 'qemu-system-aarch64',
  emulatorPackage: 'qemu-system-arm',
  // A processor without pointer authentication, whose emulation is slow.
  board: ['-M', 'virt', '-cpu', 'cortex-a57'],
  console: 'ttyAMA0',
  extracted: true,
};
