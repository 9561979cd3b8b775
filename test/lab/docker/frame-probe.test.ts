import { execa, type ResultPromise } from 'execa';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PROBE = join(import.meta.dirname, '../../../images/frame-probe');
const MAC = { near: '02:00:00:01:00:01', far: '02:00:00:01:00:02' };
const CONTROL = { near: '10.1.0.1,10.1.0.2', far: '10.1.0.2,10.1.0.1' };
const PACKETS = ['192.0.2.1,192.0.2.2', '192.0.2.2,192.0.2.1'];
/** How often any packet comes before one that has not is missing, and seconds for the other end to come. */
const [ROUNDS, PATIENCE] = [30, 20];

interface Change {
  program?: string;
  packets?: string[];
  neighbour?: string;
  patience?: number;
  /** A file of this host that it prints into, instead of to the test. */
  into?: string;
}

type EndName = 'near' | 'far';

/** The two ends of a cable, each a network namespace of its own with its own view of /sys. */
describe('frame-probe', () => {
  const keepers: Record<EndName, ChildProcess | undefined> = { near: undefined, far: undefined };

  beforeAll(async () => {
    for (const end of ['near', 'far'] as const) {
      const keeper = spawn('unshare', ['--net', '--mount', 'sh', '-c', KEEP]);
      keepers[end] = keeper;
      await new Promise((resolve) => keeper.stdout.once('data', resolve));
    }
    const cable = [...end('far', 'eth0', MAC.far), 'type', 'veth', 'peer', ...end('near', 'eth0', MAC.near)];
    await execa('ip', ['link', 'add', ...cable]);
    for (const at of ['near', 'far'] as const)
      await execa('nsenter', [...within(at), 'ip', 'link', 'set', 'eth0', 'up']);
  });
  afterAll(async () => {
    for (const keeper of Object.values(keepers)) {
      const ended = new Promise((resolve) => keeper?.once('exit', resolve));
      keeper?.kill('SIGKILL');
      await ended;
    }
  });

  const pidOf = (at: EndName) => String(keepers[at]?.pid ?? 0);
  const within = (at: EndName) => ['-t', pidOf(at), '-n', '-m', '--'];
  function end(at: EndName, device: string, mac: string): string[] {
    return ['name', device, 'address', mac, 'netns', pidOf(at)];
  }

  /** Starts the probe at one end. */
  function probe(at: EndName, change: Change = {}) {
    const {
      program = PROBE,
      packets = PACKETS,
      neighbour = MAC[at === 'near' ? 'far' : 'near'],
      patience = PATIENCE,
      into,
    } = change;
    const argv = [program, 'eth0', neighbour, String(ROUNDS), String(patience), CONTROL[at], ...packets];
    const printing = into === undefined ? [] : ['sh', '-c', 'exec "$@" >"$0"', into];
    return execa('nsenter', [...within(at), ...printing, 'perl', ...argv]);
  }
  /** What an end has printed. */
  async function result(running: ResultPromise) {
    const rows = String((await running).stdout).split('\n');
    const count = (word: string) => Number(rows.find((row) => row.startsWith(`${word} `))?.split(' ')[1]);
    const came = rows.filter((row) => /^[\d.]+,/.test(row));
    const others = rows.filter((row) => row.startsWith('as '));
    return { came, others, ordinary: rows.includes('ordinary'), heard: count('heard'), sent: count('sent') };
  }
  const both = (near: ResultPromise, far: ResultPromise) => Promise.all([result(near), result(far)]);

  it('has every packet at both ends after a few rounds', async () => {
    for (const each of await both(probe('near'), probe('far'))) {
      expect(each.came).toEqual(PACKETS);
      expect(each.heard).toBeGreaterThan(0);
      expect(each.sent).toBeLessThan(ROUNDS);
    }
  });

  it('waits for an end that starts 8 seconds later', async () => {
    const near = probe('near');
    await sleep(8000);
    for (const each of await both(near, probe('far'))) expect(each.came).toEqual(PACKETS);
  });

  it.each([
    ['and nothing is eaten', PACKETS],
    ['and a packet is', PACKETS.slice(1)],
  ])('comes to the same result where an end is stopped for 6 seconds, %s', async (_, packets) => {
    const far = probe('far', { packets });
    await expect.poll(() => sockets(pidOf('far'))).toBeGreaterThan(0);
    far.kill('SIGSTOP');
    const near = probe('near');
    await sleep(6000);
    far.kill('SIGCONT');
    for (const each of await both(near, far)) expect(each.came).toEqual(packets);
  });

  it('tells what is missing where ordinary packets arrive', async () => {
    const [near, far] = await both(probe('near'), probe('far', { packets: PACKETS.slice(1) }));
    expect(near.came).toEqual(PACKETS.slice(1));
    expect(near.heard).toBeGreaterThanOrEqual(ROUNDS);
    // What this end was not told of is what was sent with other addresses.
    expect(far).toMatchObject({ came: PACKETS.slice(1), others: [`as ${PACKETS[0] ?? ''}`] });
  });

  it('tells that the ordinary packets are missing where others arrive, and ends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvslab-frame-probe-'));
    const withoutControl = join(folder, 'probe');
    const text = readFileSync(PROBE, 'utf8');
    writeFileSync(withoutControl, text.replace("['c', $control], ", ''));
    expect(readFileSync(withoutControl, 'utf8')).not.toBe(text);
    try {
      const [near, far] = await both(probe('near'), probe('far', { program: withoutControl }));
      expect(near).toMatchObject({ came: PACKETS, ordinary: false });
      expect(near.heard).toBeGreaterThanOrEqual(ROUNDS);
      expect(far).toMatchObject({ came: PACKETS, ordinary: true });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('fails where its result cannot be written', async () => {
    const far = probe('far');
    const near = await probe('near', { into: '/dev/full' }).catch((error: unknown) => error);
    expect(near).toMatchObject({
      exitCode: 28,
      stderr: 'what came could not be written down: No space left on device',
    });
    expect((await result(far)).came).toEqual(PACKETS);
  });

  it('gives up an end of which it hears too little for too long', async () => {
    const far = probe('far', { packets: [] });
    await expect.poll(() => sockets(pidOf('far'))).toBeGreaterThan(0);
    const near = probe('near', { patience: 1 });
    await expect.poll(() => sockets(pidOf('near'))).toBeGreaterThan(0);
    far.kill('SIGSTOP');
    const { came } = await result(near);
    expect(came).toEqual([]);
    far.kill('SIGKILL');
    await far.catch(() => undefined);
  });

  it('says that it heard nothing where not even those do', async () => {
    const near = probe('near', { patience: 1 });
    const far = probe('far', { patience: 1, neighbour: '02:00:00:01:00:99' });
    const [deaf, hearing] = await both(near, far);
    expect(deaf).toMatchObject({ came: [], heard: 0 });
    expect(hearing.came).toEqual(PACKETS);
  });

  it('sends IPv6 as its ordinary packet where a network has no other', async () => {
    const argv = (neighbour: string, control: string) => [
      PROBE,
      'eth0',
      neighbour,
      String(ROUNDS),
      '20',
      control,
      ...PACKETS,
    ];
    const [near, far] = await both(
      execa('nsenter', [...within('near'), 'perl', ...argv(MAC.far, '2001:db8::1,2001:db8::2')]),
      execa('nsenter', [...within('far'), 'perl', ...argv(MAC.near, '2001:db8::2,2001:db8::1')]),
    );
    expect(near.came).toEqual(PACKETS);
    expect(far.heard).toBeGreaterThan(0);
  });
});

/** A process that keeps its namespaces, with the devices of its own network under /sys. */
const KEEP = 'mount -t sysfs sysfs /sys && echo ready && exec sleep 1000';

/** How many packet sockets there are in a process's network. */
function sockets(pid: string): number {
  return readFileSync(`/proc/${pid}/net/packet`, 'utf8').trim().split('\n').length - 1;
}
