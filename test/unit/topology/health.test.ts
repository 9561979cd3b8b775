import { describe, expect, it } from 'vitest';
import { expectProblems, lab, problemsOf } from './marked.ts';

function service(health: string, rest = ''): string {
  return lab({ services: `  - { vip: 203.0.113.100, ${rest}health: ${health} }` });
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

  it('has the schema’s shape', () => {
    expectProblems(service('{ ▸every: 3 }'), ['unknown key "every" in health']);
    expectProblems(service('{ by: ▸monit }'), ['unknown by "monit"']);
    expectProblems(service('▸ldirectord'), ['health "ldirectord" is text, not a mapping']);
  });
});
