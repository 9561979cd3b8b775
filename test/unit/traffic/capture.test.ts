import { describe, expect, it } from 'vitest';
import { observe } from '../../../src/proof/observe.ts';
import { captureDuring, tcpdumpCommand } from '../../../src/traffic/capture.ts';
import { shipped } from '../plan/labs.ts';
import { pretend } from './runtime.ts';

const plan = shipped('nat');
const isCapture = (argv: string[]) => argv[0] === 'tcpdump';
const MB = 1024 * 1024;

describe('a capture', () => {
  it('is on every interface of every node, begun before and ended after what it is of', async () => {
    const { runtime, jobs } = pretend(({ node, argv }) =>
      isCapture(argv)
        ? {
            stdout: `pcap of ${node}`,
            stderr: 'listening on eth0\n4 packets captured\n3 packets dropped by kernel\n',
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
    expect(jobs.slice(0, places.length).every((job) => job.includes(': tcpdump -i eth'))).toBe(true);
    expect(jobs.slice(before).every((job) => job.includes(': interrupt tcpdump -i eth'))).toBe(true);
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
      node === 'rs1' ? { code: 1, stderr: 'tcpdump: eth0: No such device\n' } : {},
    );
    await expect(captureDuring(runtime, plan, () => Promise.resolve())).rejects.toThrow(
      'tcpdump: eth0: No such device',
    );
  });

  it('leaves out an interface that is down, which sees nothing', async () => {
    const { runtime } = pretend(({ node, argv }) => {
      if (argv[0] === 'ip')
        return {
          stdout: node === 'rs1' ? '1: lo: <UP>' : '1: lo: <UP>\n2: eth0@if9: <UP>\n3: eth1@if9: <UP>',
        };
      return node === 'rs1' && argv[0] === 'tcpdump'
        ? { code: 1, stderr: 'tcpdump: eth0: That device is not up\n' }
        : {};
    });
    const { captures } = await captureDuring(runtime, plan, () => Promise.resolve());
    const down = captures.filter(({ node }) => node === 'rs1');
    expect(down).toMatchObject([{ device: 'eth0', dropped: 0 }]);
    expect(observe(down)).toMatchObject({ observations: [], captures: [{ damage: undefined }] });
    expect(captures.length).toBeGreaterThan(3);
  });

  it('leaves no file on a node, and goes to its output, which has a bound', async () => {
    const bounds: (number | undefined)[] = [];
    const { runtime } = pretend(() => ({}));
    const files: string[] = [];
    const bounded: typeof runtime = {
      ...runtime,
      hold: (jobs) => {
        for (const { argv, most, files: own = [] } of jobs) {
          bounds.push(most);
          files.push(...own, argv.at(-1) ?? '');
        }
        return runtime.hold(jobs);
      },
    };
    await captureDuring(bounded, plan, () => Promise.resolve());
    await captureDuring(bounded, shipped('full'), () => Promise.resolve());
    expect(new Set(files)).toEqual(new Set(['-']));
    expect(bounds[0]).toBe(Math.floor((32 * MB) / 5));
    const many = bounds.slice(5) as number[];
    expect(Math.min(...many)).toBeGreaterThanOrEqual(MB);
    expect(many.reduce((sum, bound) => sum + bound, 0)).toBeLessThanOrEqual(32 * MB);
  });

  it('that has come to its bound says so, and one that has not does not', async () => {
    const most = Math.floor((32 * MB) / 5);
    const { runtime } = pretend(({ node, argv }) => {
      if (!isCapture(argv)) return {};
      return node === 'client' ? { stdout: 'x'.repeat(most) } : { stdout: 'x'.repeat(most - 1) };
    });
    const { captures } = await captureDuring(runtime, plan, () => Promise.resolve());
    expect(captures.map(({ cut }) => cut)).toEqual([most, undefined, undefined, undefined, undefined]);
  });

  it('sees frames where they are delivered, and may go to standard output', () => {
    expect(tcpdumpCommand('eth1', '-', ['-s', '64'])).toEqual(
      'tcpdump -i eth1 -n -p -U --immediate-mode -s 64 -Z root -w -'.split(' '),
    );
  });
});
