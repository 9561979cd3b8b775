// Times the NAT lab on a Docker engine against the same containers and networks by docker-compose on the same engine,
// side by side in one run, and 2 against 16 real servers.
// usage: node bench/docker.mjs      (DOCKER_HOST names the engine; docker-compose must be installed: apt-get install docker-compose)
import process from 'node:process';
import { execa } from 'execa';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attempt, failed, lacking, race } from './ruler.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const lab = join(import.meta.dirname, '../lab');
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

const withoutCompose = lacking(['docker-compose', 'version'], 'apt-get install docker-compose');
const run = (argv) => execa(argv[0], argv.slice(1), { env });

try {
  const { image } = JSON.parse((await run([lab, 'image', 'build', '--json'])).stdout);
  for (const servers of [2, 16]) {
    const ours = topology(servers);
    const theirs = ['docker-compose', '-p', 'lvslabbench', '-f', compose(servers, image)];
    const up = () => run([lab, 'up', ours, '--runtime', 'docker', '--machine', 'local']);
    const down = () => run([lab, 'down', `nat${servers}`]);
    const composeUp = () => run([...theirs, 'up', '-d']);
    const composeDown = () => run([...theirs, 'down', '-t', '0']);
    await race(`${servers} real servers, up`, ROUNDS, [
      { name: 'lab up, configured, checked', run: up, after: down },
      {
        name: 'docker-compose up, the same containers',
        run: composeUp,
        after: composeDown,
        lacks: withoutCompose,
      },
    ]);
    // What is to go is made before the clock starts: by what followed the round before.
    await attempt('up before the first round', async () => {
      await up();
      if (withoutCompose === undefined) await composeUp();
    });
    const again = (make) => {
      let rounds = 0;
      return async () => {
        rounds += 1;
        if (rounds < ROUNDS) await make();
      };
    };
    await race(`${servers} real servers, down`, ROUNDS, [
      { name: 'lab down', run: down, after: again(up) },
      { name: 'docker-compose down', run: composeDown, after: again(composeUp), lacks: withoutCompose },
    ]);
  }
} catch (error) {
  failed('the image of a node', error);
} finally {
  await attempt('lab down --all', () => run([lab, 'down', '--all']));
  rmSync(folder, { recursive: true, force: true });
}
