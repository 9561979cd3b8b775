import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const SERVERS = [2, 8, 16, 32, 64];

export default {
  title: 'Growth of one lab',
  about:
    'NAT with more and more real servers, clients and services: up, test, and memory before and after the test. The floor makes as many namespaces with an address on one bridge, by `ip -batch` in a guest that is there already.',
  chart: {
    title: 'NAT as its real servers grow',
    xLabel: 'real servers',
    yLabel: 'seconds; hundreds of MiB',
    series: [
      { name: 'up, s', row: (count) => [`${count} real servers`, 'up'] },
      { name: 'test, s', row: (count) => [`${count} real servers`, 'test'] },
      {
        name: 'after test, 100 MiB',
        row: (count) => [`${count} real servers`, 'after test'],
        value: (mebibytes) => mebibytes / 100,
      },
    ],
    x: SERVERS,
  },
  summary: ['up', 'test'].map((which) => ({
    what: `NAT with 64 real servers: ${which}`,
    of: { name: '64 real', figure: which },
    beside: [
      ['with 2', { name: '2 real', figure: which }],
      ...(which === 'up' ? [['64 namespaces by `ip -batch` in the guest', { name: '64 namespaces' }]] : []),
    ],
  })),
  measure: async (workplace, { kernels: [kernel] }) => {
    const { lacks } = kernel;
    const sizes = [
      ...SERVERS.map((servers) => ({
        name: `${servers} real servers`,
        servers,
        clients: 1,
        services: ['203.0.113.100'],
      })),
      { name: '50 clients', servers: 2, clients: 50, services: ['203.0.113.200'] },
      { name: '20 services on 5 VIPs', servers: 2, clients: 1, services: twenty() },
    ];
    await workplace.race(`NAT labs of many sizes, ${kernel.name}`, [
      ...SERVERS.map((servers, index) => ({
        name: `${servers} namespaces by ip -batch in the guest`,
        ...{ role: 'floor', lacks },
        prepare:
          index === 0
            ? () => workplace.labOn(kernel, 'up', 'nat', '--name', 'bench-guest', '--machine', 'embedded')
            : undefined,
        run: () => workplace.inGuest('bench-guest', 'sh -e', { input: namespaces(servers) }),
        after: () => workplace.inGuest('bench-guest', 'sh -e', { input: without(servers) }),
      })),
      ...sizes.map((size) => ({
        name: size.name,
        ...{ lacks, units: { up: 's', test: 's', 'after up': 'MiB', 'after test': 'MiB' } },
        run: () => life(workplace, kernel, topology(workplace, size)),
        after: () => workplace.lab('down', 'bench-growth'),
      })),
    ]);
  },
};

async function life(workplace, kernel, file) {
  let began = performance.now();
  await workplace.labOn(kernel, 'up', file, '--name', 'bench-growth', '--machine', 'embedded');
  const up = (performance.now() - began) / 1000;
  const before = workplace.memory('bench-growth');
  began = performance.now();
  await workplace.lab('test', 'bench-growth');
  const test = (performance.now() - began) / 1000;
  return { up, test, 'after up': before, 'after test': workplace.memory('bench-growth') };
}

/** Four ports on each of five addresses. */
function twenty() {
  const vips = [100, 101, 102, 103, 104].map((last) => `203.0.113.${last}`);
  return vips.flatMap((vip) => [80, 8080, 8081, 8082].map((port) => `${vip}:${port}`));
}

function topology({ folder }, { name, servers, clients, services }) {
  const file = join(folder, `${name.replaceAll(' ', '-')}.yaml`);
  const service = (at) => {
    const [vip, port = '80'] = at.split(':');
    return `  - { vip: ${vip}, port: ${port} }`;
  };
  writeFileSync(
    file,
    `lvslab: 1
mode: nat
networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes:
  client: { on: front, count: ${clients} }
  director: { on: [front, back] }
  rs: { on: back, count: ${servers} }
services:
${services.map(service).join('\n')}
`,
  );
  return file;
}

const names = (count) => Array.from({ length: count }, (_, index) => `g${index + 1}`);

/** A shell script that makes namespaces on one bridge by as few processes as there can be. */
function namespaces(count) {
  const links = names(count).map(
    (name) => `link add p${name} up master gbr type veth peer name eth0 netns ${name}`,
  );
  const inside = (name, index) =>
    `link set lo up\nlink set eth0 up\naddr add 10.9.0.${index + 1}/24 dev eth0`;
  return [
    here('ip -batch -', [
      ...names(count).map((name) => `netns add ${name}`),
      'link add gbr up type bridge',
      ...links,
    ]),
    ...names(count).map((name, index) => here(`ip -n ${name} -batch -`, [inside(name, index)])),
  ].join('');
}

const without = (count) =>
  here('ip -batch -', [...names(count).map((name) => `netns del ${name}`), 'link del gbr']);
const here = (command, lines) => `${command} <<'END'\n${lines.join('\n')}\nEND\n`;
