import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabError } from '../../../src/errors.ts';
import { socketForward, sshArguments, sshHost } from '../../../src/machine/ssh-arguments.ts';

const refusal = (text: string): LabError => {
  try {
    sshHost(text, '--machine');
  } catch (error) {
    if (error instanceof LabError) return error;
  }
  return expect.fail(`${text} was taken`);
};

describe('an address for ssh', () => {
  it.each([
    ['ssh://host', { user: undefined, host: 'host', port: undefined, path: '' }],
    ['ssh://root@host:2222', { user: 'root', host: 'host', port: 2222, path: '' }],
    [
      'ssh://ada%40lab@my_host.lab.test/run/user/1000/a%20b.sock',
      { user: 'ada@lab', host: 'my_host.lab.test', port: undefined, path: '/run/user/1000/a b.sock' },
    ],
    ['ssh://root@[2001:db8::1]:22', { user: 'root', host: '2001:db8::1', port: 22, path: '' }],
    ['ssh://b%C3%BCcher', { user: undefined, host: 'bücher', port: undefined, path: '' }],
  ])('is read: %s', (text, expected) => {
    expect(sshHost(text, '--machine')).toEqual(expected);
  });

  it.each([
    ['ssh://-oProxyCommand=x', 'the host begins with a dash'],
    ['ssh://%2doProxyCommand=x', 'the host begins with a dash'],
    ['ssh://root@-oProxyCommand=x', 'the host begins with a dash'],
    ['ssh://-oProxyCommand=x@host', 'the user begins with a dash'],
    ['ssh://%2DoX@host', 'the user begins with a dash'],
    ['ssh://host;id', 'the host has a ; in it'],
    ['ssh://$(id)@host', 'the user has a $ in it'],
    ['ssh://a%60id%60@host', 'the user has a ` in it'],
    ['ssh://a%0Ab@host', 'the user has a blank or a control character in it'],
    ['ssh://a%20b', 'the host has a blank or a control character in it'],
    ['ssh://ho\tst', 'it has a blank or a control character in it'],
    ['ssh://ho\nst', 'it has a blank or a control character in it'],
    ['ssh://host ', 'it has a blank or a control character in it'],
    ['ssh://a%ZZ@host', 'the user has a % that is not followed by'],
    ['ssh://host/a%00b', 'the path has a control character'],
    ['ssh://host/${HOME}', 'the path has a control character or ${ in it'],
    ['ssh://a:secret@host', 'it has a password in it'],
    ['ssh://host?x', 'something follows the path'],
    ['ssh://host:0', 'there is no port 0'],
    ['ssh://host:70000', 'it is not written as one'],
    ['ssh://', 'it names no host'],
    ['ssh:///run/docker.sock', 'it names no host'],
  ])('is refused: %j', (text, why) => {
    const error = refusal(text);
    expect(error.message).toContain(why);
    expect(error.message).toContain('(--machine)');
    expect(error.exitCode).toBe(2);
    expect(error.fix).toContain('ssh://user@host');
  });

  it('puts nothing but the command after what could be an option', () => {
    expect(sshArguments(sshHost('ssh://ada@host:22', 'x'), { LVSLAB_SSH_CONFIG: '/c' })).toEqual([
      ...['-F', '/c', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30'],
      ...['-o', 'ServerAliveInterval=15', '-o', 'ServerAliveCountMax=4'],
      ...['-p', '22', '-l', 'ada', '--', 'host'],
    ]);
  });

  it('gives ssh nothing that begins with a dash where it looks for options, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        let host;
        try {
          host = sshHost(`ssh://${text}`, 'x');
        } catch (error) {
          return error instanceof LabError;
        }
        const argv = sshArguments(host, {});
        const end = argv.indexOf('--');
        return (
          argv.length === end + 2 &&
          [host.user ?? '', host.host].every((part) => !/^-|[\s\0'"`$\\;&<>|(){}]/.test(part))
        );
      }),
      { numRuns: 5000 },
    );
  });
});

describe('a forwarded socket', () => {
  it('is the one that was named, whatever its name', () => {
    // ssh -G reads the argument as a client does, and prints what it has understood.
    const [near, far] = ['/tmp/a:b%h\\c', '/run/d:%r'];
    const { stdout, stderr } = spawnSync(
      'ssh',
      ['-F', '/dev/null', '-T', '-G', '-L', socketForward(near, far), '--', 'host'],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    const [row = ''] = stdout.split('\n').filter((text) => text.startsWith('localforward'));
    expect(row.replaceAll('%%', '%')).toBe(`localforward ${near} ${far}`);
  });
});
