import { quote } from '../../plan/script.ts';
import { EMBEDDED_PROCESSOR } from '../../host/processor.ts';
import { WITHOUT_DOCUMENTS, architecture, hookPath, target } from './recipe.ts';

/** What builds a kernel, and its source; of the suite that roots are of, as its tools fit it. */
const PACKAGES = [
  ...['gcc', 'libc6-dev', 'make', 'flex', 'bison', 'bc', 'perl-base'],
  ...['xz-utils', 'kmod', 'linux-source'],
];

/** Processors whose part of the source is not compiled; `um` builds on that of `x86`. */
const OTHER_PROCESSORS = [
  ...['alpha', 'arc', 'arm', 'arm64', 'csky', 'hexagon', 'loongarch', 'm68k', 'microblaze', 'mips', 'nios2'],
  ...['openrisc', 'parisc', 'powerpc', 'riscv', 's390', 'sh', 'sparc', 'xtensa'],
];

/** Drivers of hardware that a process does not have. */
const OTHER_DRIVERS = `accel acpi ata clk comedi crypto dma firmware gpu hid hwmon i2c iio
   infiniband input md media mfd misc mmc mtd net/ethernet net/wireless nvme pci phy
   pinctrl platform power regulator s390 scsi spi staging usb`.split(/\s+/);

/** What is not unpacked of the source: of 1.7 GB a fifth is left. The description of options is read whole, from everywhere. */
const NOT_UNPACKED = [
  ...OTHER_PROCESSORS.flatMap((name) => [`*/arch/${name}/*.[chS]`, `*/arch/${name}/*.dts*`]),
  ...OTHER_DRIVERS.map((name) => `*/drivers/${name}/*.[chS]`),
  ...[
    '*/Documentation/*/*',
    '*/samples/*.[chS]',
    '*/sound/*.[ch]',
    '*/rust/*.rs',
    '*/tools/perf',
    '*/tools/testing',
  ],
];

/** How the lines begin that tell of options of images/kernel.config which are not in force. */
export const NOT_IN_FORCE = 'not in force: ';

/** How the lines begin that tell how many files are compiled. */
export const COMPILED = 'compiled ';

/** What the build says as it begins to read the configuration. */
export const CONFIGURING = 'configuring';

/** In the tool root, with the number of processors in $1. What is written is in /made afterwards. */
const BUILD = `set -e
export LC_ALL=C XZ_DEFAULTS=-T0
echo "I: unpacking the source"
mkdir /build /made
tar -xf /usr/src/linux-source-*.tar.xz -C /build --strip-components=1 ${NOT_UNPACKED.map((p) => `--exclude='${p}'`).join(' ')}
cd /build
echo "I: ${CONFIGURING}"
make -s ARCH=um KCONFIG_ALLCONFIG=/kernel.config allnoconfig >&2
if grep '^CONFIG_' /kernel.config | grep -vxFf .config >/lacking; then sed 's/^/${NOT_IN_FORCE}/' /lacking; exit 1; fi
release=$(make -s ARCH=um kernelrelease)
{ make ARCH=um -j"$1" linux 2>&1 || echo failed >/failed; } |
  awk '/^  (CC|AS) /{ if (++n % 10 == 0) { print "I: ${COMPILED}" n; fflush() } next } /^  [A-Z]+ /{ next } { print }'
test ! -e /failed
strip -o /made/linux linux
cp .config /made/config
modules=/lib/modules/$release
mkdir -p "$modules"
cp modules.builtin modules.builtin.modinfo "$modules"
: >"$modules/modules.order"
depmod "$release"
mkdir /made/modules
cp -a "$modules" /made/modules/
echo "$release" >/made/release
dpkg-query -W -f '\${source:Package} \${source:Version}\\n' "$(dpkg-query -W -f '\${Depends}' linux-source | sed 's/ .*//')" >/made/source
`;

/**
 * Arguments of mmdebstrap for a root with a compiler in it, which builds the kernel and is thrown away. What it has made
 * is in `work` then: `linux`, `config`, `modules`, `release`, `source`.
 * @param images folder with kernel.config
 * @param jobs files that are compiled at once
 */
export function kernelRecipe(work: string, images: string, jobs: number, mirror?: string): string[] {
  return [
    '--variant=minbase',
    architecture(EMBEDDED_PROCESSOR),
    ...WITHOUT_DOCUMENTS,
    `--include=${PACKAGES.join(',')}`,
    '--format=null',
    `--customize-hook=upload ${hookPath(`${images}/kernel.config`)} /kernel.config`,
    `--customize-hook=chroot "$1" sh -c ${quote(BUILD)} sh ${jobs}`,
    `--customize-hook=sync-out /made ${hookPath(work)}`,
    ...target('-', mirror),
  ];
}

/** What a made kernel is made of, beside images/kernel.config. */
export const KERNEL_RECIPE = [...PACKAGES, BUILD];
