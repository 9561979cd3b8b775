// Times the NAT lab on a Docker engine against the same containers and networks by docker-compose on the same engine,
// side by side in one run, and 2 against 16 real servers.
// usage: node bench/docker.mjs      (DOCKER_HOST names the engine; docker-compose must be installed: apt-get install docker-compose)
import process from 'node:process';
import { performance } from 'node:perf_hooks';
import { execaSync } from 'execa';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const lab = join(import.meta.dirname, '../lab');
const say = (text) => process.stdout.write(`${text}\n`);
const folder = mkdtempSync(join(tmpdir(), 'lvslab-bench-'));
const env = { LVSLAB_STATE: join(folder, 'state') };

/** The nodes of NAT without its virtual service, which an engine without ip_vs cannot have. */
function topology(servers) {
  const file = join(folder, `nat${servers}.yaml`);
  writeFileSync(
    file,
    `lvslab: 1
mode: nat
networks: { front: 10.91.0.0/24, back: 10.92.0.0/24 }
nodes:
  client: { on: front }
  director: { role: router, on: [front, back] }
  rs: { on: back, count: ${servers} }
`,
  );
  return file;
}

function compose(servers, image) {
  const file = join(folder, `compose${servers}.yaml`);
  const service = (networks) => ({
    image,
    command: ['perl', '/usr/lib/lvslab/node-agent', 'stay'],
    cap_add: ['NET_ADMIN'],
    stop_signal: 'SIGKILL',
    networks,
  });
  const at = (address) => ({ ipv4_address: address });
  const services = {
    client: service({ front: at('10.93.0.101') }),
    director: service({ front: at('10.93.0.2'), back: at('10.94.0.2') }),
    ...Object.fromEntries(
      Array.from({ length: servers }, (_, i) => [`rs${i + 1}`, service({ back: at(`10.94.0.${11 + i}`) })]),
    ),
  };
  const network = (subnet) => ({ driver: 'bridge', ipam: { config: [{ subnet }] } });
  // JSON is YAML.
  writeFileSync(
    file,
    JSON.stringify({
      version: '3.5',
      services,
      networks: { front: network('10.93.0.0/24'), back: network('10.94.0.0/24') },
    }),
  );
  return file;
}

function seconds(argv) {
  const began = performance.now();
  execaSync(argv[0], argv.slice(1), { env });
  return (performance.now() - began) / 1000;
}

function report(name, samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const text = (value) => value.toFixed(2).padStart(6);
  say(
    `${name.padEnd(44)} ${text(sorted[0])} ${text(sorted[Math.floor(sorted.length / 2)])} ${text(sorted.at(-1))}`,
  );
}

try {
  const { image } = JSON.parse(execaSync(lab, ['image', 'build', '--json'], { env }).stdout);
  say(`${'seconds'.padEnd(44)}    min median    max   (${ROUNDS} rounds)`);
  for (const servers of [2, 16]) {
    const ours = topology(servers);
    const theirs = ['docker-compose', '-p', 'lvslabbench', '-f', compose(servers, image)];
    const times = { up: [], composeUp: [], down: [], composeDown: [] };
    // In turn, so that whatever else the machine does meets both.
    for (let round = 0; round < ROUNDS; round += 1) {
      times.up.push(seconds([lab, 'up', ours, '--runtime', 'docker', '--machine', 'local']));
      times.down.push(seconds([lab, 'down', `nat${servers}`]));
      times.composeUp.push(seconds([...theirs, 'up', '-d']));
      times.composeDown.push(seconds([...theirs, 'down', '-t', '0']));
    }
    report(`lab up, ${servers} real servers, configured, checked`, times.up);
    report(`docker-compose up, the same containers`, times.composeUp);
    report(`lab down`, times.down);
    report(`docker-compose down`, times.composeDown);
  }
} finally {
  execaSync(lab, ['down', '--all'], { env });
  rmSync(folder, { recursive: true, force: true });
}
