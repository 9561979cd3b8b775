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
    for (const good of ['ok|fine', '(?i)OK', 'a{2}', "it's 5!", 'Grüße', '^ok$'])
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

  it('expects an answer that a web server can give', () => {
    const negotiate = (receive: string) => service(`{ check: negotiate, receive: ▸'${receive}' }`);
    // What stands behind the end, and flags that not every program has.
    for (const bad of ['costs $5', '(?x)o k', '(?!)'])
      expectProblems(negotiate(bad), [
        `receive ${JSON.stringify(bad)}: no text was found that it matches, so that no web server could answer it`,
        'write a simpler regular expression, such as a part of the text: `receive: ok`',
      ]);
    const both = (second: string) =>
      lab({
        services: [
          "  - { vip: 203.0.113.100, health: { check: negotiate, receive: '^one$' } }",
          `  - { vip: 203.0.113.101, health: { check: negotiate, ${second} } }`,
        ].join('\n'),
      });
    expectProblems(both("receive: ▸'^two$'"), [
      'receive "^two$" and that on line 12 want different answers from one page, /health',
      'give one of them a page of its own: `request: /other`',
    ]);
    expect(problemsOf(both("receive: '^two$', request: /two"))).toEqual([]);
    expect(problemsOf(both('receive: "on."'))).toEqual([]);
  });

  it('may wait longer for an answer than from check to check, as real files do', () => {
    for (const [interval, timeout] of [
      [5, 8],
      [1, 5],
      [2, 3],
    ])
      for (const by of ['ldirectord', 'keepalived'])
        expect(problemsOf(service(`{ by: ${by}, interval: ${interval}, timeout: ${timeout} }`))).toEqual([]);
    expectProblems(service('{ interval: ▸0 }'), ['interval 0 is not between 1 and 3600']);
  });

  it('may have its fallback on the director itself, where no other carries the service', () => {
    expect(problemsOf(service('{ fallback: director }'))).toEqual([]);
    const two = (directors: string) =>
      lab({
        nodes:
          '  client: { on: front }\n  d1: { on: [front, back], role: director }\n  d2: { on: [front, back], role: director }\n  rs1: { on: back }',
        services: `  - { vip: 203.0.113.100, ${directors}health: { fallback: ▸d1 } }`,
      });
    expectProblems(two(''), ['fallback "d1" is a director, and director "d2" carries this service as well']);
    expectProblems(two('directors: [d2], '), [
      'fallback "d1" is a director, and director "d2" carries this service',
      'name a node of role real-server, or leave the service to the one director: `directors: [director]`',
    ]);
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
