// What a lab costs, side by side with what it is measured against, in one run. As root, on a quiet machine, with
// Debian's packages mininet and bridge-utils:
//   node bench/speed.mjs [ROUNDS]
import { execa } from 'execa';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const rounds = Number(process.argv[2] ?? 5);
const bin = join(import.meta.dirname, '../dist/bin.js');
const work = mkdtempSync(join(tmpdir(), 'lvslab-bench-'));
const env = { LVSLAB_STATE: join(work, 'state') };
const lab = (...argv) => execa('node', [bin, ...argv], { env });
const say = (text = '') => process.stdout.write(`${text}\n`);

/** Milliseconds that something takes, by its own account where it gives one. */
async function time(run) {
  const began = performance.now();
  const own = await run();
  return typeof own === 'number' ? own : performance.now() - began;
}

/** Runs the contestants in turn, round after round, so that a busy moment hits them all alike. */
async function race(title, contestants) {
  const times = new Map(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const { name, run, after } of contestants) {
      times.get(name).push(await time(run));
      await after?.();
    }
  say(`\n${title}`);
  for (const [name, list] of times) {
    const [least, middle, most] = [0, Math.floor(list.length / 2), list.length - 1].map(
      (at) => list.sort((a, b) => a - b)[at] / 1000,
    );
    say(`  ${name.padEnd(46)} ${middle.toFixed(3)} s  (${least.toFixed(3)} to ${most.toFixed(3)})`);
  }
}

/** MiB of physical memory of processes, shared pages counted in part (PSS), and of the files they deleted but hold. */
function memory(pids) {
  return pids
    .map((pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0))
    .reduce((sum, kilobytes) => sum + kilobytes / 1024, 0);
}

/** The holder of a lab's line and everything it started. */
function processTree(root) {
  const parents = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return [[pid, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]]];
      } catch {
        return [];
      }
    });
  const tree = [root];
  for (const parent of tree) tree.push(...parents.filter(([, of]) => of === parent).map(([pid]) => pid));
  return tree;
}

const { findings } = JSON.parse((await lab('doctor', '--json')).stdout);
const root = findings.find((finding) => finding.title === 'root filesystem').detail.split(':')[0];

await race('A NAT lab, warm cache', [
  {
    name: 'bare boot of the same kernel',
    run: () =>
      execa(
        join(root, 'linux'),
        [
          ...['mem=512M', 'seccomp=on', 'quiet', 'con=null', 'ssl=null', `ubd0r=${join(root, 'root.img')}`],
          // The first process ends at once, and with it the kernel.
          ...['root=/dev/ubda', 'rootfstype=ext2', 'ro', 'init=/bin/true', `uml_dir=${work}/`],
        ],
        { env: { TMPDIR: '/dev/shm', HOME: work }, reject: false, stdio: 'ignore' },
      ),
  },
  {
    name: 'lab up nat, first requests answered',
    run: () => lab('up', 'nat'),
    after: () => lab('down', 'nat'),
  },
]);

await lab('up', 'nat');
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
await lab('down', 'nat');

const guestControl = ['-F', '/dev/null', '-o', control, 'guest', 'sh -e'];
const selftest = readFileSync(join(import.meta.dirname, 'three-modes.sh'), 'utf8');
await lab('up', 'nat');
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

await lab('down', 'nat');

say('\nMemory, every process and deleted file counted (PSS)');
for (const count of [1, 10]) {
  const names = Array.from({ length: count }, (_, index) => `m${index}`);
  for (const name of names) await lab('up', 'nat', '--name', name);
  const pids = names.flatMap((name) =>
    processTree(readFileSync(join(env.LVSLAB_STATE, name, 'holder'), 'utf8').split(' ')[0]),
  );
  say(`  ${String(count).padEnd(3)} labs: ${(memory(pids) / count).toFixed(1)} MiB each`);
  await lab('down', '--all');
}

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
      run: async () => {
        const { stdout } = await execa('/usr/bin/python3', [
          join(import.meta.dirname, 'mininet_hosts.py'),
          String(hosts),
        ]);
        return Number(stdout.trim().split('\n').at(-1)) * 1000;
      },
    },
    {
      name: 'lab up, its own start included',
      run: () => lab('up', file, '--machine', 'local'),
      after: () => lab('down', 'plain'),
    },
  ]);
}
rmSync(work, { recursive: true, force: true });
