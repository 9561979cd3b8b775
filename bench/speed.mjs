// What a lab costs, side by side with what it is measured against, in one run. As root, on a quiet machine, with
// Debian's packages mininet and bridge-utils (without them Mininet is left out):
//   node bench/speed.mjs [ROUNDS]
import { execa } from 'execa';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { attempt, lacking, part, race as raceOf, say } from './ruler.mjs';

const rounds = Number(process.argv[2] ?? 5);
const bin = join(import.meta.dirname, '../dist/bin.js');
const work = mkdtempSync(join(tmpdir(), 'lvslab-bench-'));
const env = { LVSLAB_STATE: join(work, 'state') };
const lab = (...argv) => execa('node', [bin, ...argv], { env });
const race = (title, contestants) => raceOf(title, rounds, contestants);

const { treeMemory } = await part(work, 'machine/memory');

const { findings } = JSON.parse((await lab('doctor', '--json')).stdout);
const root = findings.find((finding) => finding.title === 'root filesystem').detail.split(':')[0];
if (!existsSync(join(root, 'linux'))) {
  say('the root filesystem is not built yet: ./lab up nat && ./lab down nat');
  process.exit(1);
}

/** Switches the machine off by reboot(2), so that the kernel ends with 0 if it has come as far as its first process. */
const POWER_OFF = '-esyscall(169,0xfee1dead,672274793,0x4321fedc)';

await race('A NAT lab, warm cache', [
  {
    name: 'bare boot of the same kernel',
    run: () =>
      execa(
        join(root, 'linux'),
        [
          ...['mem=320M', 'seccomp=on', 'quiet', 'con=null', 'ssl=null', `ubd0r=${join(root, 'root.img')}`],
          ...['root=/dev/ubda', 'rootfstype=ext2', 'ro', `uml_dir=${work}/`, 'init=/usr/bin/perl'],
          ...['--', POWER_OFF],
        ],
        // The kernel names its dynamic linker by a path from there.
        { cwd: root, env: { TMPDIR: '/dev/shm', HOME: work }, stdin: 'ignore' },
      ),
  },
  {
    name: 'lab up nat, first requests answered',
    run: () => lab('up', 'nat'),
    after: () => lab('down', 'nat'),
  },
]);

await attempt('lab up nat', () => lab('up', 'nat'));
const control = `ControlPath=${join(env.LVSLAB_STATE, 'nat', 'ctl')}`;
await race('One command on a node', [
  { name: 'node itself, doing nothing', run: () => execa('node', ['-e', '0']) },
  {
    name: 'the guest’s share: a bare command over its line',
    run: () => execa('ssh', ['-F', '/dev/null', '-o', control, 'guest', 'true']),
  },
  { name: 'lab exec rs1 -- true', run: () => lab('exec', 'rs1', '--', 'true') },
]);
await race('Proof of a NAT lab', [{ name: 'lab test nat', run: () => lab('test', 'nat') }]);
await attempt('lab down nat', () => lab('down', 'nat'));

const guestControl = ['-F', '/dev/null', '-o', control, 'guest', 'sh -e'];
const selftest = readFileSync(join(import.meta.dirname, 'three-modes.sh'), 'utf8');
await attempt('lab up nat', () => lab('up', 'nat'));
await race('Three modes: up, every claim proven, down', [
  {
    name: 'the same modes by shell, 32 bytes each, no proof',
    run: () => execa('ssh', guestControl, { input: selftest }),
  },
  {
    name: 'nat, tun and dr, one after the other',
    run: async () => {
      for (const mode of ['nat', 'tun', 'dr']) {
        await lab('up', mode, '--name', `bench-${mode}`);
        await lab('test', `bench-${mode}`);
        await lab('down', `bench-${mode}`);
      }
    },
  },
]);

await attempt('lab down nat', () => lab('down', 'nat'));

say('\nMemory, every process and deleted file counted (PSS)');
for (const count of [1, 10])
  await attempt(`${count} labs`, async () => {
    const names = Array.from({ length: count }, (_, index) => `m${index}`);
    try {
      for (const name of names) await lab('up', 'nat', '--name', name);
      const each = names.map((name) =>
        treeMemory(Number(readFileSync(join(env.LVSLAB_STATE, name, 'holder'), 'utf8').split(' ')[0])),
      );
      // A kernel with its nodes has never had less.
      if (each.some((mebibytes) => mebibytes < 10)) throw new Error(`MiB of each: ${each.join(' ')}`);
      const mean = each.reduce((sum, mebibytes) => sum + mebibytes, 0) / count;
      say(`  ${String(count).padEnd(3)} labs: ${mean.toFixed(1)} MiB each`);
    } finally {
      await lab('down', '--all');
    }
  });

const withoutMininet = lacking(
  ['/usr/bin/python3', '-c', 'import mininet'],
  'apt-get install mininet bridge-utils',
);
for (const hosts of [5, 50]) {
  const file = join(work, `plain${hosts}.yaml`);
  writeFileSync(
    file,
    `lvslab: 1\nname: plain\nnetworks: { net: 10.0.0.0/24 }\nnodes: { h: { role: client, on: net, count: ${hosts} } }\n`,
  );
  const each = Array.from({ length: hosts }, (_, index) => `bench-h${index + 1}`);
  const links = each.map(
    (name, index) => `link add bp${index} up master bench-br type veth peer name eth0 netns ${name}`,
  );
  await race(`${hosts} hosts on one network, this host's kernel`, [
    {
      name: 'floor: ip -batch, namespaces and addresses alone',
      run: async () => {
        await execa('ip', ['-batch', '-'], {
          input: [
            ...each.map((name) => `netns add ${name}`),
            'link add bench-br up type bridge',
            ...links,
          ].join('\n'),
        });
        const inside = (index) =>
          `link set lo up\nlink set eth0 up\naddr add 10.0.0.${index + 1}/24 dev eth0\n`;
        await Promise.all(
          each.map((name, index) => execa('ip', ['-n', name, '-batch', '-'], { input: inside(index) })),
        );
      },
      after: () =>
        execa('ip', ['-batch', '-'], {
          input: [...each.map((name) => `netns del ${name}`), 'link del bench-br'].join('\n'),
        }),
    },
    {
      // It counts from after its imports to its hosts being up; taking them down again is not counted.
      name: 'mininet, without its own start',
      lacks: withoutMininet,
      run: async () => {
        const { stdout } = await execa('/usr/bin/python3', [
          join(import.meta.dirname, 'mininet_hosts.py'),
          String(hosts),
        ]);
        const seconds = Number(stdout.trim().split('\n').at(-1));
        if (!(seconds > 0)) throw new Error(`it does not say how long it took: ${stdout}`);
        return seconds * 1000;
      },
    },
    {
      name: 'lab up, its own start included',
      run: () => lab('up', file, '--machine', 'local'),
      after: () => lab('down', 'plain'),
    },
  ]);
}
await attempt('lab down --all', () => lab('down', '--all'));
rmSync(work, { recursive: true, force: true });
