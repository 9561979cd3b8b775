/** Debian suite whose kernel runs as a process here; its predecessors' crash on CPUs with large register state. */
const SUITE = 'forky';

/** The package list without comments. */
export function packageList(text: string): string[] {
  return text
    .split('\n')
    .map((row) => row.replace(/#.*/, '').trim())
    .filter((row) => row !== '');
}

/** Kernel modules that labs can use; what is not under one of these folders is left out of the image. */
const MODULES = [
  'net/netfilter',
  'net/ipv4',
  'net/ipv6',
  'net/sched',
  'net/bridge',
  'net/llc',
  'net/802',
  'net/8021q',
  'net/core',
  'net/xfrm',
  'net/unix',
  'drivers/net/veth.ko',
  'drivers/net/dummy.ko',
  'drivers/net/ifb.ko',
  'drivers/net/macvlan.ko',
  'drivers/net/vxlan',
  'drivers/net/tun.ko',
  'drivers/block/loop.ko',
  'fs/overlayfs',
  'fs/fuse',
  'crypto',
  'lib',
];

/** Runs on the root while it is being made, with the root's path in $1. */
const TRIM = `set -e
cd "$1"
ln -sfn /usr/lib/uml/modules usr/lib/modules
cd usr/lib/uml/modules/*/
find kernel -name '*.ko*' | grep -vE '^kernel/(${MODULES.map((m) => m.replaceAll('.', '\\.')).join('|')})' | xargs rm -f
version=$(basename "$PWD")
cd "$1"
chroot . depmod -a "$version"
mkdir -p srv/www var/lib/docker
chroot . passwd -d root >/dev/null
chroot . usermod -s /bin/sh root
rm -rf usr/share/doc usr/share/man usr/share/info usr/share/locale usr/share/zoneinfo usr/share/icons var/cache/debconf var/log/* etc/nginx/sites-enabled/*
mkdir -p var/log/nginx
# The build host's name servers are nobody's business in a lab, and waiting for them would be all they do there.
: > etc/resolv.conf`;

const VERSIONS = `{ basename "$1"/usr/lib/uml/modules/*; chroot "$1" dpkg-query -W -f '\${Package} \${Version}\\n'; }`;

/** What the guest has on board beside a node's packages where the labs are containers of an engine in it. */
const ENGINE_PACKAGES = ['docker.io'];

/** Kinds of root: for nodes that are namespaces, or containers. */
export type RootKind = 'netns' | 'docker';

/** What mmdebstrap is told to leave out wherever it works. */
export const WITHOUT_DOCUMENTS = ['doc', 'man', 'info', 'locale', 'zoneinfo'].map(
  (d) => `--dpkgopt=path-exclude=/usr/share/${d}/*`,
);

/** A path as one word of a hook, which mmdebstrap splits as a shell does. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

function common(images: string, packages: string[]): string[] {
  return [
    '--variant=minbase',
    '--architectures=amd64',
    ...WITHOUT_DOCUMENTS,
    `--include=${packages.join(',')}`,
    '--customize-hook=mkdir -p "$1/usr/lib/lvslab"',
    ...['node-agent', 'frame-probe'].map(
      (name) => `--customize-hook=upload ${quoted(`${images}/${name}`)} /usr/lib/lvslab/${name}`,
    ),
  ];
}

/** What is to be made, and of which suite. */
export function target(file: string, mirror: string | undefined): string[] {
  return [SUITE, file, ...(mirror === undefined ? [] : [mirror])];
}

/**
 * Arguments of mmdebstrap for an embedded machine: the image with the kernel's modules in it, and the kernel with its
 * libc beside it in `work`.
 * @param images folder with guest-init, sshd.conf and what every node gets
 */
export function machineRecipe(
  kind: RootKind,
  work: string,
  images: string,
  packages: string[],
  mirror?: string,
): string[] {
  const libraries = '/usr/lib/x86_64-linux-gnu';
  const engine = kind === 'docker' ? ENGINE_PACKAGES : [];
  return [
    ...common(images, ['user-mode-linux', ...packages, ...engine]),
    '--format=ext2',
    `--customize-hook=upload ${quoted(`${images}/guest-init`)} /usr/sbin/guest-init`,
    '--customize-hook=chmod 755 "$1/usr/sbin/guest-init"',
    `--customize-hook=upload ${quoted(`${images}/sshd.conf`)} /etc/ssh/lvslab.conf`,
    `--customize-hook=copy-out /usr/bin/linux.uml ${libraries}/ld-linux-x86-64.so.2 ${libraries}/libc.so.6 ${quoted(work)}`,
    '--customize-hook=rm "$1/usr/bin/linux.uml"',
    // By way of the root: an ordinary user's build runs under another id, which may not write where the user can.
    `--customize-hook=${VERSIONS} > "$1/versions"`,
    `--customize-hook=download /versions ${quoted(`${work}/versions`)}`,
    '--customize-hook=rm "$1/versions"',
    `--customize-hook=${TRIM}`,
    ...target(`${work}/root.img`, mirror),
  ];
}

/** Arguments of mmdebstrap for a node's root file system as a tar archive, which a Docker engine takes as an image. */
export function nodeRecipe(file: string, images: string, packages: string[], mirror?: string): string[] {
  return [
    ...common(images, packages),
    '--format=tar',
    '--customize-hook=mkdir -p "$1/srv/www"; rm -rf "$1"/etc/nginx/sites-enabled/*',
    ...target(file, mirror),
  ];
}
