import { describe, expect, it } from 'vitest';
import { captureDuring, tcpdumpCommand } from '../../../src/traffic/capture.ts';
import { shipped } from '../plan/labs.ts';
import { pretend } from './runtime.ts';

const plan = shipped('nat');
const isCapture = (argv: string[]) => argv[0] === ':capture';
const MB = 1024 * 1024;

describe('a capture', () => {
  it('is on every interface of every node, begun before and ended after what it is of', async () => {
    const { runtime, jobs } = pretend(({ node, argv }) =>
      isCapture(argv)
        ? {
            stdout: `pcap of ${node}`,
            stderr: 'listening\n3 frames dropped\n',
          }
        : {},
    );
    let before = 0;
    const { result, captures } = await captureDuring(runtime, plan, () => {
      before = jobs.length;
      return Promise.resolve('done');
    });
    expect(result).toBe('done');
    const places = ['client eth0', 'director eth0', 'director eth1', 'rs1 eth0', 'rs2 eth0'];
    expect(captures.map(({ node, device }) => `${node} ${device}`)).toEqual(places);
    // Each node forgets its neighbours once all captures listen, and before anything is asked.
    expect(before).toBe(places.length + plan.nodes.length);
    expect(jobs.slice(0, places.length).every((job) => job.includes(': :capture eth'))).toBe(true);
    expect(jobs.slice(before).every((job) => job.includes(': interrupt :capture eth'))).toBe(true);
    expect(jobs).toHaveLength(2 * places.length + plan.nodes.length);
    expect(captures[3]).toMatchObject({ dropped: 3 });
    expect(captures[3]?.pcap.toString()).toBe('pcap of rs1');
  });

  it('that does not account for dropped packets says so', async () => {
    const { runtime } = pretend(() => ({}));
    const { captures } = await captureDuring(runtime, plan, () => Promise.resolve());
    expect(captures.map((c) => c.dropped)).toEqual(captures.map(() => undefined));
  });

  it('ends where what it is of fails', async () => {
    const { runtime, jobs } = pretend(() => ({}));
    await expect(captureDuring(runtime, plan, () => Promise.reject(new Error('no luck')))).rejects.toThrow(
      'no luck',
    );
    expect(jobs.filter((job) => job.includes('interrupt'))).toHaveLength(5);
  });

  it('that does not start is told of', async () => {
    const { runtime } = pretend(({ node }) =>
      node === 'rs1' ? { code: 1, stderr: 'cannot listen on eth0: No such device\n' } : {},
    );
    await expect(captureDuring(runtime, plan, () => Promise.resolve())).rejects.toThrow(
      'cannot listen on eth0: No such device',
    );
  });

  it('leaves no file on a node, and goes to its output, which has a bound', async () => {
    const bounds: (number | undefined)[] = [];
    const { runtime } = pretend(() => ({}));
    const files: string[] = [];
    const words = new Set<string>();
    const bounded: typeof runtime = {
      ...runtime,
      hold: (jobs) => {
        for (const { argv, most, files: own = [] } of jobs) {
          bounds.push(most);
          files.push(...own);
          words.add(argv[0] ?? '');
        }
        return runtime.hold(jobs);
      },
    };
    await captureDuring(bounded, plan, () => Promise.resolve());
    await captureDuring(bounded, shipped('full'), () => Promise.resolve());
    expect(files).toEqual([]);
    expect([...words]).toEqual([':capture']);
    expect(bounds[0]).toBe(Math.floor((32 * MB) / 5));
    const many = bounds.slice(5) as number[];
    expect(Math.min(...many)).toBeGreaterThanOrEqual(MB);
    expect(many.reduce((sum, bound) => sum + bound, 0)).toBeLessThanOrEqual(32 * MB);
  });

  it('has room for what comes at once, and more of it where all requests pass', async () => {
    const rooms: [string, number][] = [];
    const { runtime } = pretend(({ node, argv }) => {
      if (isCapture(argv)) rooms.push([node, Number(argv[3])]);
      return {};
    });
    await captureDuring(runtime, plan, () => Promise.resolve());
    expect(new Set(rooms.splice(0).map(([, room]) => room))).toEqual(new Set([4 * MB]));
    const [client, director, server] = ['client', 'director', 'rs1'].map((name) =>
      plan.nodes.find((node) => node.name === name),
    );
    if (!client || !director || !server) throw new Error('nat has other nodes');
    const servers = Array.from({ length: 64 }, (_, i) => ({ ...server, name: `rs${i + 1}` }));
    await captureDuring(runtime, { ...plan, nodes: [client, director, ...servers] }, () => Promise.resolve());
    const roomOf = (name: string) => rooms.find(([node]) => node === name)?.[1];
    expect(['client', 'director', 'rs64'].map(roomOf)).toEqual([4 * MB, 4 * MB, MB / 4]);
  });

  it('that has come to its bound says so, and one that has not does not', async () => {
    const most = Math.floor((32 * MB) / 5);
    const { runtime } = pretend(({ node, argv }) =>
      isCapture(argv) ? { stderr: `listening\n${node === 'client' ? 'cut\n' : ''}0 frames dropped\n` } : {},
    );
    const { captures } = await captureDuring(runtime, plan, () => Promise.resolve());
    expect(captures.map(({ cut }) => cut)).toEqual([most, undefined, undefined, undefined, undefined]);
  });

  it('sees frames where they are delivered, and may go to standard output', () => {
    expect(tcpdumpCommand('eth1', '-', ['-s', '64'])).toEqual(
      'tcpdump -i eth1 -n -p -U --immediate-mode -s 64 -Z root -w -'.split(' '),
    );
  });
});
