import { describe, expect, it } from 'vitest';
import { NEW_PORT, curlFromNewPorts } from '../../../src/traffic/client-ports.ts';
import { download, smallTransfers, transfer } from '../../../src/traffic/transfer.ts';
import { serviceOf } from '../proof/requests/replies.ts';
import { pretend } from './runtime.ts';

const service = serviceOf('rr', 1, 1);
const curl = (ports: number, ...args: string[]) => `client: ${curlFromNewPorts(ports, args).join(' ')}`;

describe('a large transfer', () => {
  it('goes both ways, is counted where it arrives, and leaves nothing behind', async () => {
    let asked = '';
    const { runtime, jobs } = pretend(({ argv, input }) => {
      if (argv[0] === 'stat') return { stdout: '1000\n' };
      if (argv[3] !== 'from-new-ports') return {};
      asked = input ?? '';
      return { stdout: '200\trs1\t1000\t0.25\t\n201\trs2\t0\t0.5\t\n' };
    });
    expect(await transfer(runtime, 'client', service, 1000)).toEqual([
      { direction: 'download', server: 'rs1', bytes: 1000, seconds: 0.25, error: '' },
      { direction: 'upload', server: 'rs2', bytes: 1000, seconds: 0.5, error: '' },
    ]);
    // A name that nobody else has.
    const name = /lvslab-[0-9a-f]{12}/.exec(jobs[0] ?? '')?.[0] ?? '';
    expect(name).not.toBe('');
    expect(jobs).toEqual([
      `rs1: :sparse 1000 /srv/www/${name}`,
      `rs2: :sparse 1000 /srv/www/${name}`,
      `client: :sparse 1000 /tmp/${name}`,
      curl(2),
      `rs2: stat -c %s /srv/www/upload/${name}`,
      `rs1: rm -f /srv/www/${name} /srv/www/upload/${name}`,
      `rs2: rm -f /srv/www/${name} /srv/www/upload/${name}`,
      `client: rm -f /tmp/${name}`,
    ]);
    const format =
      '%{http_code}\\t%header{x-real-server}\\t%{size_download}\\t%{time_total}\\t%{errormsg}\\n';
    const options = [
      ...['silent', 'output = /dev/null', 'max-time = 20', 'header = "Connection: close"'],
      ...['speed-limit = 1', 'speed-time = 8', `write-out = "${format}"`, NEW_PORT],
    ];
    expect(asked.split('\n')).toEqual([
      ...options,
      `url = "http://192.0.2.100:80/${name}"`,
      'next',
      ...options,
      `url = "http://192.0.2.100:80/upload/${name}"`,
      `upload-file = "/tmp/${name}"`,
      '',
    ]);
  });

  it('has files of its own, next to another one', async () => {
    const { runtime, jobs } = pretend(() => ({}));
    await Promise.all([
      transfer(runtime, 'client', service, 1000),
      transfer(runtime, 'client', service, 1000),
    ]);
    const made = jobs.filter((job) => job.includes(':sparse'));
    expect(new Set(made).size).toBe(made.length);
  });

  it('leaves nothing behind where it fails', async () => {
    const { runtime, jobs } = pretend(({ argv }) => {
      if (argv[3] === 'from-new-ports') throw new Error('no luck');
      return {};
    });
    await expect(transfer(runtime, 'client', service, 1000)).rejects.toThrow('no luck');
    expect(jobs.filter((job) => job.includes(': rm -f '))).toHaveLength(3);
  });

  it('without an answer has no bytes, whatever curl says that it sent', async () => {
    const { runtime, jobs } = pretend(({ argv }) =>
      argv[3] === 'from-new-ports' ? { stdout: '000\t\t0\t20.0\tOperation timed out\n'.repeat(2) } : {},
    );
    const [, up] = await transfer(runtime, 'client', service, 1000);
    expect(up).toEqual({
      direction: 'upload',
      server: undefined,
      bytes: 0,
      seconds: 20,
      error: 'Operation timed out',
    });
    expect(jobs.filter((job) => job.includes('stat'))).toEqual([]);
  });

  it('that the server refuses says with which status', async () => {
    const { runtime } = pretend(({ argv }) =>
      argv[3] === 'from-new-ports' ? { stdout: '404\trs1\t153\t0.1\t\n'.repeat(2) } : {},
    );
    const [down] = await transfer(runtime, 'client', service, 1000);
    expect(down).toMatchObject({ bytes: 153, error: 'HTTP status 404' });
  });

  it('is not looked for on a node that no service has', async () => {
    const { runtime, jobs } = pretend(({ argv }) =>
      argv[3] === 'from-new-ports' ? { stdout: '201\trs9\t0\t0.1\t\n'.repeat(2) } : {},
    );
    await transfer(runtime, 'client', service, 1000);
    expect(jobs.filter((job) => job.startsWith('rs9'))).toEqual([]);
  });
});

describe('small transfers', () => {
  it('go all at once, each over a connection of its own, and leave nothing behind', async () => {
    let asked = '';
    const { runtime, jobs } = pretend(({ argv, input }) => {
      if (argv[3] !== 'from-new-ports') return {};
      asked = input ?? '';
      return {
        stdout: [
          'PUT\t201\trs1\t0\t65536\t0.1\t',
          'PUT\t000\t\t0\t65536\t3.0\tConnection timed out',
          'GET\t200\trs2\t65536\t0\t0.1\t',
          'GET\t404\trs1\t153\t0\t0.1\t\n',
        ].join('\n'),
      };
    });
    expect(await smallTransfers(runtime, 'client', service, 2, 3)).toEqual([
      { direction: 'upload', server: 'rs1', bytes: 65536, seconds: 0.1, error: '' },
      // What curl handed to the kernel has not arrived.
      { direction: 'upload', server: undefined, bytes: 0, seconds: 3, error: 'Connection timed out' },
      { direction: 'download', server: 'rs2', bytes: 65536, seconds: 0.1, error: '' },
      { direction: 'download', server: 'rs1', bytes: 0, seconds: 0.1, error: 'HTTP status 404' },
    ]);
    expect(jobs).toContain(curl(4, '--parallel --parallel-immediate'));
    expect(asked.split('\n').filter((text) => text === NEW_PORT)).toHaveLength(4);
    expect(asked.match(/^url = /gm)).toHaveLength(4);
    expect(asked.match(/^upload-file = /gm)).toHaveLength(2);
    expect(asked.match(/^max-time = 3$/gm)).toHaveLength(4);
    const name = /lvslab-[0-9a-f]{12}/.exec(asked)?.[0] ?? '';
    for (const node of ['rs1', 'rs2'])
      expect(jobs).toContain(
        `${node}: rm -f /srv/www/${name} /srv/www/upload/${name}-0 /srv/www/upload/${name}-1`,
      );
  });
});

it('repeated downloads are summed up', async () => {
  const { runtime, jobs } = pretend(({ argv }) => (argv[0] === 'curl' ? { stdout: '500\n500\n40\n' } : {}));
  expect(await download(runtime, 'client', service, 3, 500)).toBe(1040);
  expect(jobs.join('\n')).toMatch(/http:\/\/192\.0\.2\.100:80\/lvslab-[0-9a-f]{12}\?\[1-3\]/);
  expect(jobs.at(-1)).toMatch(/: rm -f \/srv\/www\/lvslab-/);
});
