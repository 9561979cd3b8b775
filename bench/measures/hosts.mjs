import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { lacking } from '../ruler.mjs';

export default {
  title: 'Plain hosts on this host’s kernel',
  about:
    'Hosts on one network, each in a namespace with an address, without services. `ip -batch` makes no more than namespaces, links and addresses; Mininet counts from after its imports, and the tool with its own start.',
  summary: [5, 50].map((hosts) => ({
    what: `${hosts} hosts on this host’s kernel, its own start included`,
    of: { race: `${hosts} `, name: 'lab up' },
    beside: [
      ['Mininet without its own', { race: `${hosts} `, name: 'Mininet' }],
      ['`ip -batch`', { race: `${hosts} `, name: 'ip -batch' }],
    ],
  })),
  measure: async (workplace) => {
    const root =
      process.getuid() === 0
        ? undefined
        : 'not measured: namespaces on this host are made by root; run it as root';
    const withoutMininet =
      root ?? lacking(['/usr/bin/python3', '-c', 'import mininet'], 'apt-get install mininet bridge-utils');
    for (const hosts of [5, 50])
      await workplace.race(`${hosts} hosts on one network`, [
        {
          name: 'ip -batch, namespaces and addresses alone',
          role: 'floor',
          lacks: root,
          ...batch(workplace, hosts),
        },
        {
          name: 'Mininet, without its own start',
          ...{ role: 'peer', lacks: withoutMininet },
          run: async () => {
            const script = join(import.meta.dirname, '../mininet_hosts.py');
            const { stdout } = await workplace.run(['/usr/bin/python3', script, String(hosts)]);
            const seconds = Number(stdout.trim().split('\n').at(-1));
            if (!(seconds > 0)) throw new Error(`it does not say how long it took: ${stdout}`);
            return seconds * 1000;
          },
        },
        {
          name: 'lab up, its own start included',
          lacks: root,
          run: () =>
            workplace.lab(
              'up',
              plain(workplace, hosts),
              '--name',
              'bench-plain',
              '--machine',
              'local',
              '--runtime',
              'netns',
            ),
          after: () => workplace.lab('down', 'bench-plain'),
        },
      ]);
  },
};

/** A topology of hosts alone. */
function plain({ folder }, hosts) {
  const file = join(folder, `plain${hosts}.yaml`);
  writeFileSync(
    file,
    `lvslab: 1\nname: plain\nnetworks: { net: 10.0.0.0/24 }\nnodes: { h: { role: client, on: net, count: ${hosts} } }\n`,
  );
  return file;
}

/** The same namespaces by as few processes as there can be. */
function batch(workplace, hosts) {
  const each = Array.from({ length: hosts }, (_, index) => `bench-h${index + 1}`);
  const links = each.map(
    (name, index) => `link add bp${index} up master bench-br type veth peer name eth0 netns ${name}`,
  );
  const inside = (index) => `link set lo up\nlink set eth0 up\naddr add 10.0.0.${index + 1}/24 dev eth0\n`;
  const remove = ['ip', '-batch', '-'];
  const gone = { input: [...each.map((name) => `netns del ${name}`), 'link del bench-br'].join('\n') };
  return {
    prepare: () =>
      workplace.later('namespaces of ip -batch', async () => {
        const { stdout } = await workplace.undo(['ip', 'netns', 'list']);
        const there = stdout
          .split('\n')
          .map((line) => line.split(' ')[0])
          .filter((name) => each.includes(name));
        for (const name of there) await workplace.undo(['ip', 'netns', 'del', name]);
        const bridges = await workplace.undo(['ip', '-brief', 'link', 'show', 'type', 'bridge']);
        if (/^bench-br\b/m.test(bridges.stdout)) await workplace.undo(['ip', 'link', 'del', 'bench-br']);
      }),
    run: async () => {
      await workplace.run(['ip', '-batch', '-'], {
        input: [
          ...each.map((name) => `netns add ${name}`),
          'link add bench-br up type bridge',
          ...links,
        ].join('\n'),
      });
      await Promise.all(
        each.map((name, index) => workplace.run(['ip', '-n', name, '-batch', '-'], { input: inside(index) })),
      );
    },
    after: () => workplace.run(remove, gone),
  };
}
