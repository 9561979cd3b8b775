import { describe, expect, it } from 'vitest';
import { ask, parseReplies, requestCommand } from '../../../src/traffic/requests.ts';
import { pretend } from './runtime.ts';

const WEB = { vip: '192.0.2.100', port: 80, protocol: 'tcp', application: 'http' } as const;

describe('the request', () => {
  it('is one curl for all, a connection for each from a port of its own', () => {
    const [shell, option, script = '', name, ...rest] = requestCommand({ ...WEB, port: 8000 }, 9);
    expect([shell, option, name]).toEqual(['sh', '-c', 'requests']);
    expect(script.match(/\bcurl\b/g)).toHaveLength(1);
    expect(rest).toEqual([
      '9',
      'http://192.0.2.100:8000',
      'silent\noutput = /dev/null\nmax-time = 3\nheader = "Connection: close"\nwrite-out = "%{http_code}\\t%header{x-real-server}\\t%{local_ip}\\t%{local_port}\\t%{errormsg}\\n"',
      '--fail-early',
    ]);
  });

  it('over TLS does not ask who signed the certificate', () => {
    const [, , , , , url, options] = requestCommand({ ...WEB, port: 443, application: 'https' }, 1);
    expect(url).toBe('https://192.0.2.100:443');
    expect(options).toContain('\n--insecure\n');
  });

  it('runs on the client, and its output is what the replies are read from', async () => {
    const { runtime, jobs } = pretend(() => ({
      code: 28,
      stdout: '200\trs1\t192.0.2.101\t40000\t\n',
      stderr: 'curl died\n',
    }));
    const replies = await ask(runtime, 'client', WEB, 2);
    expect(jobs).toEqual([`client: ${requestCommand(WEB, 2).join(' ')}`]);
    expect(replies.map((r) => r.server)).toEqual(['rs1', undefined]);
    expect(replies[1]?.error).toBe('curl died');
  });
});

describe('a service that does not answer', () => {
  const TIMED_OUT = '000\t\t192.0.2.101\t40002\tConnection timed out after 3001 milliseconds\n';
  const ANSWERED = '200\trs1\t192.0.2.101\t40001\t\n';
  const failing = (first: string, then: string) => {
    const outputs = [first, then];
    return pretend(() => ({ code: 28, stdout: outputs.shift() ?? '' }));
  };

  it('gets the rest of its requests all at once, each with its whole time', async () => {
    const { runtime, jobs } = failing(ANSWERED + TIMED_OUT, ANSWERED.repeat(3) + TIMED_OUT.repeat(3));
    const replies = await ask(runtime, 'client', WEB, 8);
    expect(replies.map((r) => r.server === undefined)).toEqual([
      ...[false, true],
      ...[false, false, false, true, true, true],
    ]);
    expect(jobs).toHaveLength(2);
    expect(jobs[0]).toMatch(/ 8 http.* --fail-early$/s);
    expect(jobs[1]).toMatch(/ 6 http.*max-time = 3\n.* --parallel --parallel-immediate$/s);
  });

  it('gets no more of them where one is enough', async () => {
    const { runtime, jobs } = failing(TIMED_OUT, '');
    const replies = await ask(runtime, 'client', WEB, 8, { untilFailure: true });
    expect(replies.map((r) => r.error)).toEqual(['Connection timed out after 3001 milliseconds']);
    expect(jobs).toHaveLength(1);
  });
});

describe('a reply', () => {
  const one = (row: string) => parseReplies('client', `${row}\n`, 1);

  it('names the server and the client port', () => {
    expect(one('200\trs1\t192.0.2.101\t40000\t')).toEqual([
      {
        client: 'client',
        clientAddress: '192.0.2.101',
        clientPort: 40000,
        server: 'rs1',
        status: 200,
        error: '',
      },
    ]);
  });

  it('that never came has curl’s reason', () => {
    expect(one('000\t\t\t40001\tConnection timed out after 3001 milliseconds')).toEqual([
      {
        client: 'client',
        clientAddress: '',
        clientPort: 40001,
        server: undefined,
        status: 0,
        error: 'Connection timed out after 3001 milliseconds',
      },
    ]);
  });

  it('that broke off after its header is no answer', () => {
    expect(
      one('200\trs1\t192.0.2.101\t40000\ttransfer closed with 4 bytes remaining to read')[0],
    ).toMatchObject({
      server: undefined,
      error: 'transfer closed with 4 bytes remaining to read',
    });
  });

  it('from something else than a real server is no answer', () => {
    expect(one('500\t\t192.0.2.101\t40000\t')[0]).toMatchObject({
      server: undefined,
      status: 500,
      error: 'HTTP status 500 without X-Real-Server',
    });
    expect(one('200\t\t192.0.2.101\t40000\t')[0]).toMatchObject({
      server: undefined,
      error: 'HTTP status 200 without X-Real-Server',
    });
  });

  it('is one a line, in order', () => {
    const replies = parseReplies(
      'client',
      '200\trs1\t192.0.2.101\t40000\t\n200\trs2\t192.0.2.101\t40001\t\n200\trs1\t192.0.2.101\t40002\t\n',
      3,
    );
    expect(replies.map((r) => `${r.server ?? ''} ${r.clientPort}`)).toEqual([
      'rs1 40000',
      'rs2 40001',
      'rs1 40002',
    ]);
  });

  it.each([
    ['nothing at all', '', '', 'no answer from curl'],
    ['nothing but a complaint', '', 'sh: curl: not found\n', 'sh: curl: not found'],
    ['half a line', '200\trs1\t400', '', 'no answer from curl'],
  ])('that left %s is missing, and counts', (_, output, stderr, error) => {
    expect(parseReplies('client', output, 2, stderr)).toEqual(
      [1, 2].map(() => ({
        client: 'client',
        clientAddress: '',
        clientPort: 0,
        server: undefined,
        status: 0,
        error,
      })),
    );
  });
});
