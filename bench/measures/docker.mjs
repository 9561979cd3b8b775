import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { lacking } from '../ruler.mjs';
import { bin } from '../workplace.mjs';

/** Exit code of `lab` where this machine cannot do what is asked. */
const CANNOT = 3;

export default {
  title: 'On a Docker engine',
  about:
    'The nodes of NAT as containers, configured, with what LVS would send tried in every network; beside it docker-compose makes the same containers and networks on the same engine, and no more.',
  summary: [2, 16].map((servers) => ({
    what: `NAT with ${servers} real servers on Docker`,
    of: { race: `${servers} real servers, up`, name: 'lab up' },
    beside: [
      [
        'docker-compose, the same containers',
        { race: `${servers} real servers, up`, name: 'docker-compose' },
      ],
    ],
  })),
  measure: async (workplace) => {
    const engine = await nodeImage(workplace);
    const withoutCompose =
      engine.lacks ?? lacking(['docker-compose', 'version'], 'apt-get install docker-compose');
    for (const servers of [2, 16]) {
      const name = `bench-nat${servers}`;
      const ours = topology(workplace, servers);
      const theirs = engine.image === undefined ? [] : compose(workplace, servers, engine.image);
      const up = () => workplace.lab('up', ours, '--name', name, '--runtime', 'docker', '--machine', 'local');
      const composeUp = () => workplace.run([...theirs, 'up', '-d']);
      const composeDown = (run = workplace.run) => run([...theirs, 'down', '-t', '0']);
      const down = () => workplace.lab('down', name);
      const lab = {
        lacks: engine.lacks,
        prepare: () => workplace.later(`down ${name}`, () => workplace.undo(['node', bin, 'down', name])),
      };
      const peer = {
        role: 'peer',
        lacks: withoutCompose,
        prepare: () => workplace.later('docker-compose down', () => composeDown(workplace.undo)),
      };
      await workplace.race(`${servers} real servers, up`, [
        { name: 'lab up, configured, checked', ...lab, run: up, after: down },
        {
          name: 'docker-compose up, the same containers',
          ...peer,
          run: composeUp,
          after: () => composeDown(),
        },
      ]);
      await workplace.race(`${servers} real servers, down`, [
        { name: 'lab down', ...lab, before: up, run: down },
        { name: 'docker-compose down', ...peer, before: composeUp, run: () => composeDown() },
      ]);
    }
  },
};

/** The image of a node on the engine that labs would be on, built where it is not there. */
async function nodeImage(workplace) {
  try {
    const { stdout } = await workplace.lab('image', 'build', '--json');
    return { image: JSON.parse(stdout).image };
  } catch (error) {
    const named = ['DOCKER_HOST', 'DOCKER_CONTEXT'].some((name) => (process.env[name] ?? '') !== '');
    // One that is named and does not work has failed.
    if (error.exitCode !== CANNOT || named) throw error;
    const why =
      error.stderr.split('\n').find((line) => line.startsWith('error: ')) ?? 'no Docker engine answers';
    return { lacks: `not measured: ${why.replace('error: ', '')}; start one, or name one with DOCKER_HOST` };
  }
}

/** The nodes of NAT without its virtual service, which an engine without ip_vs cannot have. */
function topology({ folder }, servers) {
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

/** @returns the command that makes the same containers, but for its verb */
function compose({ folder }, servers, image) {
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
  return ['docker-compose', '-p', 'lvslabbench', '-f', file];
}
