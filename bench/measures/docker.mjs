import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findEngine } from '../engine.mjs';
import { lacking } from '../ruler.mjs';
import { bin } from '../workplace.mjs';

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
  measure: async (workplace, { engine: isThere }) => {
    const engine = await findEngine(workplace, isThere);
    const { env } = engine;
    const run = (argv) => workplace.run(argv, { env });
    const lab = (...argv) => run(['node', bin, ...argv]);
    workplace.progress('the image of a node');
    // Built where it is not there; it stays on an engine that is not the run's own.
    const image = engine.lacks ?? JSON.parse((await lab('image', 'build', '--json')).stdout).image;
    const withoutCompose =
      engine.lacks ?? lacking(['docker-compose', 'version'], 'apt-get install docker-compose');
    for (const servers of [2, 16]) {
      const name = `bench-nat${servers}`;
      const file = topology(workplace, servers);
      const up = () => lab('up', file, '--name', name, '--runtime', 'docker', '--machine', 'local');
      const down = () => lab('down', name);
      const theirs = compose(workplace, servers, image);
      const composeUp = () => run([...theirs, 'up', '-d']);
      const composeDown = () => run([...theirs, 'down', '-t', '0']);
      const undo = (argv) => () => workplace.undo(argv, { env });
      // What an interrupted round has left: an engine of the run's own takes it along, and may have ended already.
      const forget = engine.own ? ['--forget'] : [];
      const ours = {
        lacks: engine.lacks,
        prepare: () => workplace.later(`down ${name}`, undo(['node', bin, 'down', name, ...forget])),
      };
      const peer = {
        role: 'peer',
        lacks: withoutCompose,
        prepare: () => {
          if (!engine.own) workplace.later('docker-compose down', undo([...theirs, 'down', '-t', '0']));
        },
      };
      await workplace.race(`${servers} real servers, up`, [
        { name: 'lab up, configured, checked', ...ours, run: up, after: down },
        {
          ...{ name: 'docker-compose up, the same containers', ...peer },
          ...{ run: composeUp, after: composeDown },
        },
      ]);
      await workplace.race(`${servers} real servers, down`, [
        { name: 'lab down', ...ours, before: up, run: down },
        { name: 'docker-compose down', ...peer, before: composeUp, run: composeDown },
      ]);
    }
  },
};

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
