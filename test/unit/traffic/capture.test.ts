import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { captureDuring, tcpdumpCommand } from '../../../src/traffic/capture.ts';
import { shipped } from '../plan/labs.ts';
import { pretend } from './runtime.ts';

const plan = shipped('nat');
const script = (argv: string[]) => (argv[0] === 'sh' ? (argv[2] ?? '') : argv.join(' '));
const stops = (argv: string[]) => script(argv).includes('kill -INT');

describe('a capture', () => {
  it('is on every interface of every node, begun before and ended after what it is of', async () => {
    const { runtime, jobs } = pretend(({ node, argv }) =>
      stops(argv)
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
    expect(jobs.filter((job) => job.includes('kill -INT'))).toHaveLength(5);
  });

  it('that does not start names the node and the reason', async () => {
    const { runtime } = pretend(({ node }) =>
      node === 'rs1' ? { code: 1, stderr: 'tcpdump: eth0: No such device\n' } : {},
    );
    await expect(captureDuring(runtime, plan, () => Promise.resolve())).rejects.toThrow(
      'tcpdump does not start on rs1: tcpdump: eth0: No such device',
    );
  });

  it('is made of valid sh', async () => {
    const scripts = new Set<string>();
    const { runtime } = pretend(({ argv }) => {
      scripts.add(script(argv));
      return {};
    });
    await captureDuring(runtime, plan, () => Promise.resolve());
    expect(scripts.size).toBe(5);
    for (const input of scripts) expect(spawnSync('sh', ['-n'], { input, encoding: 'utf8' }).stderr).toBe('');
  });

  it('sees frames where they are delivered, and may go to standard output', () => {
    expect(tcpdumpCommand('eth1', '-', ['-s', '64'])).toEqual(
      'tcpdump -i eth1 -n -p -U --immediate-mode -s 64 -Z root -w -'.split(' '),
    );
  });
});
