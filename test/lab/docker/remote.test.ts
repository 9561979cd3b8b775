import { execa } from 'execa';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BIN, leftOf, marked, user } from '../cli.ts';
import { giveNodeImage, sshConfig, startEngine, type TestEngine } from './engine.ts';
import { plainTopology } from './plain.ts';

const PLAIN = plainTopology(83);

describe('another host', () => {
  const me = user('remote');
  let host: TestEngine;
  let file: string;
  let config: string;
  let before: string[];
  const lab = (argv: string[], env: Record<string, string> = {}) =>
    me.lab(argv, { env: { ...me.env, LVSLAB_SSH_CONFIG: config, ...env } });

  beforeAll(async () => {
    host = await startEngine('20.10');
    await giveNodeImage(host);
    config = await sshConfig(host);
    // Where Docker puts it, and so where nobody need say it.
    await host.onHost('sh', '-c', 'mkdir -p /var/run && ln -sf /lab/docker.sock /var/run/docker.sock');
    file = join(host.folder, 'plain.yaml');
    writeFileSync(file, PLAIN);
    before = await host.everything();
  });
  afterEach(async () => {
    await lab(['down', '--all']);
    expect(await host.everything()).toEqual(before);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
    // The engine has processes of its own there, but none of a lab's.
    expect(await host.onHost('sh', '-c', 'ls -d /run/lvslab-remote* 2>/dev/null || true')).toBe('');
  });
  afterAll(async () => {
    await host.stop();
  });

  it.each(['docker', 'netns'])('runs a lab of %s over ssh', async (runtime) => {
    const up = await lab(['up', file, '--machine', 'ssh://root@engine', '--runtime', runtime]);
    expect(up.code, up.stderr).toBe(0);
    expect((await lab(['list'])).stdout).toMatch(
      new RegExp(`plain\\s+up\\s+3\\s+ssh://root@engine\\s+${runtime}`),
    );
    const ping = await lab(['exec', 'h1', '--', 'ping', '-c1', '-W5', 'h2']);
    expect(ping.code, ping.stdout).toBe(0);
    expect((await lab(['exec', 'r1', '--', 'sh', '-c', 'hostname; exit 9'])).code).toBe(9);
    expect((await lab(['status', 'plain'])).stdout).toContain('10.83.1.254/24');
    expect((await lab(['down', 'plain'])).code).toBe(0);
  });

  it('is where DOCKER_HOST leads over ssh', async () => {
    const env = { DOCKER_HOST: 'ssh://root@engine' };
    const up = await lab(['up', file, '--runtime', 'docker', '--machine', 'local'], env);
    expect(up.code, up.stderr).toBe(0);
    expect(up.stdout).toContain('Docker 20.10');
    expect((await lab(['exec', 'h1', '--', 'ping', '-c1', '-W5', 'h2'], env)).code).toBe(0);
    expect((await lab(['down', 'plain'], env)).code).toBe(0);
  });

  it('says what is wrong with it', async () => {
    const lost = await lab(['up', file, '--machine', 'ssh://root@nowhere', '--runtime', 'netns']);
    expect(lost.code).toBe(3);
    expect(lost.stderr).toContain('ssh://root@nowhere cannot be used');
    const services = await lab(['up', 'nat', '--machine', 'ssh://root@engine', '--runtime', 'netns']);
    expect(services.code).toBe(3);
    expect(services.stderr).toContain('its kernel has no ip_vs');
    expect((await lab(['up', file, '--machine', 'ssh://'])).code).toBe(2);
  });

  it('has nothing left after a kill', async () => {
    for (const runtime of ['docker', 'netns']) {
      const argv = ['node', BIN, 'up', file, '--machine', 'ssh://root@engine', '--runtime', runtime];
      const [program, ...rest] = marked(me.state, argv);
      const up = execa(program, rest, {
        env: { ...me.env, LVSLAB_SSH_CONFIG: config },
        reject: false,
        cleanup: false,
        timeout: 1500,
        killSignal: 'SIGKILL',
      });
      await up;
      expect((await lab(['down', '--all'])).code).toBe(0);
    }
  });
});

describe('an engine behind TLS', () => {
  let host: TestEngine;
  const me = user('tls');

  beforeAll(async () => {
    host = await startEngine(
      '20.10',
      [
        ...['--host', 'tcp://127.0.0.1:2376', '--tlsverify'],
        ...['--tlscacert', '/lab/ca.pem', '--tlscert', '/lab/server.pem', '--tlskey', '/lab/server-key.pem'],
      ],
      makeCertificates,
    );
  });
  afterAll(async () => {
    await host.stop();
  });

  it('is reached with a certificate, and not without', async () => {
    // The engine's network is its own; only the tool's network is changed, its files are this host's.
    const doctor = (env: Record<string, string>) =>
      execa('nsenter', ['-t', String(host.pid), '-n', '--', process.execPath, BIN, 'doctor', '--json'], {
        env: { ...me.env, DOCKER_HOST: 'tcp://127.0.0.1:2376', ...env },
        reject: false,
      });
    const findings = async (env: Record<string, string>) =>
      (
        JSON.parse((await doctor(env)).stdout) as {
          findings: { title: string; state: string; detail: string }[];
        }
      ).findings;
    const found = await findings({ DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: host.folder });
    expect(found.find((f) => f.title === 'docker')).toMatchObject({ state: 'ok' });
    expect((await findings({})).find((f) => f.title === 'docker')?.state).toBe('cannot');
  });
});

/** A certificate authority, a server's certificate and a client's, as Docker's own manual makes them. */
async function makeCertificates(folder: string): Promise<void> {
  const script = `
cd "$1"
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca.pem -days 2 -subj /CN=ca
for name in server client; do
  openssl req -newkey rsa:2048 -nodes -keyout $name-key.pem -out $name.csr -subj /CN=$name
  printf 'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=serverAuth,clientAuth\\n' >$name.ext
  openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -out $name.pem -days 2 -extfile $name.ext
done
mv client.pem cert.pem; mv client-key.pem key.pem`;
  await execa('sh', ['-ec', script, 'certificates', folder]);
}
