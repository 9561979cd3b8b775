import { EXIT, LabError } from '../../errors.ts';
import { EMBEDDED_PROCESSOR, LIBRARIES, type Processor } from '../../host/processor.ts';

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

/** Leaves the kernel's modules where modprobe finds them, and of them those that labs can use; after `cd "$1"`. */
const TRIM_MODULES = `ln -sfn /usr/lib/uml/modules usr/lib/modules
cd usr/lib/uml/modules/*/
find kernel -name '*.ko*' | grep -vE '^kernel/(${MODULES.map((m) => m.replaceAll('.', '\\.')).join('|')})' | xargs rm -f
version=$(basename "$PWD")
cd "$1"
chroot . depmod -a "$version"
`;

/** Runs on a root while it is being made, with the root's path in $1. */
function trim(modules: string): string {
  return `set -e
cd "$1"
${modules}mkdir -p srv/www var/lib/docker
chroot . passwd -d root >/dev/null
chroot . usermod -s /bin/sh root
rm -rf usr/share/doc usr/share/man usr/share/info usr/share/locale usr/share/zoneinfo usr/share/icons var/cache/debconf var/log/* etc/nginx/sites-enabled/*
mkdir -p var/log/nginx
# The build host's name servers are nobody's business in a lab, and waiting for them would be all they do there.
: > etc/resolv.conf`;
}

const PACKAGE_VERSIONS = `chroot "$1" dpkg-query -W -f '\${Package} \${Version}\\n'`;
const VERSIONS = `{ basename "$1"/usr/lib/uml/modules/*; ${PACKAGE_VERSIONS}; }`;

/** What the guest has on board beside a node's packages where the labs are containers of an engine in it. */
const ENGINE_PACKAGES = ['docker.io'];

/** Kinds of root: for nodes that are namespaces, or containers. */
export type RootKind = 'netns' | 'docker';

/** What mmdebstrap is told to leave out wherever it works. */
export const WITHOUT_DOCUMENTS = ['doc', 'man', 'info', 'locale', 'zoneinfo'].map(
  (d) => `--dpkgopt=path-exclude=/usr/share/${d}/*`,
);

/** A path as a word of mmdebstrap's own hooks, which are read as a shell reads words. */
export function hookPath(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

/**
 * The mirror that the user names in `LVSLAB_MIRROR`, in any form that mmdebstrap(1) takes but one that would be an
 * option, or its standard input.
 * @returns undefined: Debian's own
 * @throws LabError badInput for anything else
 */
export function packageMirror(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const mirror = env['LVSLAB_MIRROR'] ?? '';
  if (mirror === '') return undefined;
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (/^([a-z][a-z0-9+.-]*:\/\/|deb |\.{0,2}\/)[^\x00-\x1f\x7f]+$/.test(mirror)) return mirror;
  throw new LabError(EXIT.badInput, `LVSLAB_MIRROR ${JSON.stringify(mirror)} is no package mirror`, {
    fix: 'set it to an address such as http://HOST/debian, a line of sources.list that begins with "deb ", or the path of such a file',
  });
}

/** The processor whose packages mmdebstrap takes. */
export function architecture(processor: Processor): string {
  return `--architectures=${processor}`;
}

function common(processor: Processor, images: string, packages: string[]): string[] {
  return [
    '--variant=minbase',
    architecture(processor),
    ...WITHOUT_DOCUMENTS,
    `--include=${packages.join(',')}`,
    '--customize-hook=mkdir -p "$1/usr/lib/lvslab"',
    ...['node-agent', 'frame-probe'].map(
      (name) => `--customize-hook=upload ${hookPath(`${images}/${name}`)} /usr/lib/lvslab/${name}`,
    ),
  ];
}

/** What is to be made, and of which suite. */
export function target(file: string, mirror: string | undefined): string[] {
  return [SUITE, file, ...(mirror === undefined ? [] : [mirror])];
}

/** By way of the root: an ordinary user's build runs under another id, which may not write where the user can. */
function takeVersions(versions: string, work: string): string[] {
  return [
    `--customize-hook=${versions} > "$1/versions"`,
    `--customize-hook=download /versions ${hookPath(`${work}/versions`)}`,
    '--customize-hook=rm "$1/versions"',
  ];
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
  const { folder, loader } = LIBRARIES[EMBEDDED_PROCESSOR];
  const engine = kind === 'docker' ? ENGINE_PACKAGES : [];
  return [
    ...common(EMBEDDED_PROCESSOR, images, ['user-mode-linux', ...packages, ...engine]),
    '--format=ext2',
    `--customize-hook=upload ${hookPath(`${images}/guest-init`)} /usr/sbin/guest-init`,
    '--customize-hook=chmod 755 "$1/usr/sbin/guest-init"',
    `--customize-hook=upload ${hookPath(`${images}/sshd.conf`)} /etc/ssh/lvslab.conf`,
    `--customize-hook=copy-out /usr/bin/linux.uml ${folder}/${loader} ${folder}/libc.so.6 ${hookPath(work)}`,
    '--customize-hook=rm "$1/usr/bin/linux.uml"',
    ...takeVersions(VERSIONS, work),
    `--customize-hook=${trim(TRIM_MODULES)}`,
    ...target(`${work}/root.img`, mirror),
  ];
}

/**
 * Arguments of mmdebstrap for the root of nodes that are namespaces of a host whose own kernel has what they need: the
 * same packages as an image in `work`, without a kernel.
 * @param images folder with what every node gets
 */
export function kernellessRecipe(
  processor: Processor,
  work: string,
  images: string,
  packages: string[],
  mirror?: string,
): string[] {
  return [
    ...common(processor, images, packages),
    '--format=ext2',
    ...takeVersions(PACKAGE_VERSIONS, work),
    `--customize-hook=${trim('')}`,
    ...target(`${work}/root.img`, mirror),
  ];
}

/** Arguments of mmdebstrap for a node's root file system as a tar archive, which a Docker engine takes as an image. */
export function nodeRecipe(
  processor: Processor,
  file: string,
  images: string,
  packages: string[],
  mirror?: string,
): string[] {
  return [
    ...common(processor, images, packages),
    '--format=tar',
    '--customize-hook=mkdir -p "$1/srv/www"; rm -rf "$1"/etc/nginx/sites-enabled/*',
    ...target(file, mirror),
  ];
}
