import { describe, expect, it } from 'vitest';
import { expectProblems, lab, problemsOf } from './marked.ts';

function service(health: string, rest = ''): string {
  return lab({ services: `  - { vip: 203.0.113.100, ${rest}health: ${health} }` });
}

/** The message of the only problem that a file has. */
function only(text: string): string | undefined {
  const found = problemsOf(text);
  return found.length === 1 ? found[0]?.message : undefined;
}

describe('health', () => {
  it('may say much or little', () => {
    for (const good of [
      '{}',
      '{ check: connect, interval: 1 }',
      '{ by: keepalived, check: negotiate, request: /x, receive: ok, failures: 3, quiescent: true }',
      '{ check: external, command: "test -e /tmp/$3" }',
    ])
      expect(problemsOf(service(good)), good).toEqual([]);
  });

  it('asks for an answer only where it knows which', () => {
    expectProblems(service('{ check: ▸negotiate }'), [
      'check negotiate without the expected answer: whatever the server said would do',
      'add `receive: ok`, or use `check: connect`',
    ]);
    expectProblems(service('{ check: ▸external }'), ['check external without a command']);
    expectProblems(service('{ receive: ▸ok }'), [
      'receive is for check negotiate, and this is connect',
      'write `check: negotiate`, or leave it out',
    ]);
    expectProblems(service('{ check: negotiate, receive: ok, request: ▸health }'), [
      'request "health" is no path',
    ]);
    expectProblems(service(`{ check: negotiate, receive: ▸'o"k' }`), [
      'receive "o\\"k" has a character that the checking programs cannot take',
    ]);
  });

  it('asks for nothing that the checking programs would take for something else', () => {
    const negotiate = (rest: string) => service(`{ check: negotiate, ${rest} }`);
    for (const good of ['/a?b=c&d=%20', '/~x/[1]', '/'])
      expect(problemsOf(negotiate(`receive: ok, request: "${good}"`)), good).toEqual([]);
    for (const bad of ['/a b', '/a!b', '/a{b', '/}', '/a$b', "/a'b", '/ä', '/a\\tb', '/a#b', '/a|b'])
      expect(only(negotiate(`receive: ok, request: "${bad}"`)), bad).toMatch(
        /^request ".*" has a character that the checking programs cannot take$/,
      );
    for (const good of ['ok|fine', '(?i)OK', 'a{2}', "it's $5!", 'Grüße', '^ok$'])
      expect(problemsOf(negotiate(`receive: "${good}"`)), good).toEqual([]);
    for (const bad of ['}', ' { ', 'a#b', 'a\\nb', 'a\\0b', 'a\\tb', '\\ud800'])
      expect(only(negotiate(`receive: "${bad}"`)), bad).toMatch(
        /^receive ".*" has a character that the checking programs cannot take$/,
      );
    for (const bad of ['(', '[a', '*', 'a)'])
      expectProblems(negotiate(`receive: ▸"${bad}"`), [
        `receive "${bad}" is no regular expression`,
        'close every ( and [, and let something stand before each *, + and ?',
      ]);
  });

  it('runs any command that a script can have', () => {
    const external = (command: string) => service(`{ check: external, command: ${command} }`);
    expect(problemsOf(external('"cat <<EOF\\nEOF\\nEOF\\n"'))).toEqual([]);
    for (const bad of ['a\\0b', '\\ud800'])
      expect(only(external(`"${bad}"`))).toMatch(
        /^command ".*" has a character that no shell script can have$/,
      );
  });

  it('has an interval that is no shorter than its timeout', () => {
    expectProblems(service('{ interval: 2, timeout: ▸5 }'), [
      'interval 2 is shorter than timeout 5: a check would be due while the last one still waits',
      'make interval at least 5, or timeout at most 2',
    ]);
    expectProblems(service('{ timeout: ▸3 }'), [
      'interval 2 is shorter than timeout 3: a check would be due while the last one still waits',
    ]);
    expectProblems(service('{ interval: ▸0 }'), ['interval 0 is not between 1 and 3600']);
  });

  it('has a fallback that is a node beside the real servers', () => {
    expectProblems(service('{ fallback: ▸sorry }'), ['no node bears the name of real server "sorry"']);
    expectProblems(service('{ fallback: ▸client }'), ['node "client" is a client, not a real server']);
    expectProblems(service('{ fallback: ▸rs1 }', 'servers: [rs1, rs2], '), [
      'fallback "rs1" is a real server of this service',
    ]);
    // Without a list it is left out of those that there are.
    expect(problemsOf(service('{ fallback: rs1 }'))).toEqual([]);
  });

  it('is refused where the program could not set the service up', () => {
    expectProblems(service('▸{}', 'scheduler: mh, flags: [mh-port], '), [
      'a service with scheduler flags has a health check, and the program that checks would set the service up without that',
    ]);
    expectProblems(service('▸{}', 'mark: 1, '), [
      'a service with a mark has a health check, and the program that checks would set the service up without that',
    ]);
    expectProblems(service('{ check: ▸connect }', 'protocol: udp, '), [
      'check connect needs connections, and this service is udp',
    ]);
  });

  it('pings IPv6 by keepalived alone', () => {
    const six = (health: string) =>
      lab({
        networks: '  front: 2001:db8:1::/64\n  back: 2001:db8:2::/64',
        services: `  - { vip: "2001:db8:1::9", health: ${health} }`,
      });
    expectProblems(six('{ check: ▸ping }'), [
      'ldirectord’s check ping knows IPv4 only: it would take every real server of this service out',
      'add `by: keepalived`, or use `check: external` with `command: ping -6 -c 1 -W 1 $3`',
    ]);
    expect(problemsOf(six('{ check: ping, by: keepalived }'))).toEqual([]);
    expect(problemsOf(service('{ check: ping }'))).toEqual([]);
  });

  it('has the schema’s shape', () => {
    expectProblems(service('{ ▸every: 3 }'), ['unknown key "every" in health']);
    expectProblems(service('{ by: ▸monit }'), ['unknown by "monit"']);
    expectProblems(service('▸ldirectord'), ['health "ldirectord" is text, not a mapping']);
  });
});
