import { describe, expect, it } from 'vitest';
import { parseRule, parseRules, type IpvsRule } from '../../../src/ipvs/rule.ts';

const words = (text: string) => parseRule(text.split(' '));

// As `ipvsadm -Sn` printed them, version 1.31 on kernel 7.2.
const SAVED = `-A -t 203.0.113.100:80 -s rr
-a -t 203.0.113.100:80 -r 10.0.0.11:80 -m -w 1
-A -t 1.2.3.4:80 -s sh -p 30 -M 255.255.255.0 -b sh-fallback,sh-port
-a -t 1.2.3.4:80 -r 10.0.0.11:80 -i -w 1 --tun-type gre --tun-csum
-a -t 1.2.3.4:80 -r 10.0.0.12:80 -i -w 3 --tun-type gue --tun-port 5555 --tun-nocsum
-a -t 1.2.3.4:80 -r 10.0.0.13:80 -g -w 1
-A -t 9.9.9.9:0 -s wlc -p 360
-A -u 1.2.3.4:80 -s rr -o
-A -t [2001:db8::1]:80 -s rr -p 30 -M 64
-a -t [2001:db8::1]:80 -r [2001:db8::2]:80 -m -w 1
-A -f 3 -s mh -b mh-port
-A -f 3 -6 -s mh -p 360
`;

describe('a saved table', () => {
  it('is read to its last line', () => {
    const rules = parseRules(SAVED);
    expect(rules).toHaveLength(12);
    expect(rules.filter((r) => r.kind === 'service').map((r) => r.service)).toEqual([
      'tcp 203.0.113.100:80',
      'tcp 1.2.3.4:80',
      'tcp 9.9.9.9:0',
      'udp 1.2.3.4:80',
      'tcp [2001:db8::1]:80',
      'fwmark 3',
      'fwmark 3 IPv6',
    ]);
    expect(rules[2]?.options).toEqual({
      scheduler: 'sh',
      flags: 'sh-fallback,sh-port',
      persistence: '30',
      netmask: '255.255.255.0',
    });
    expect(rules[4]).toEqual({
      kind: 'server',
      service: 'tcp 1.2.3.4:80',
      server: '10.0.0.12:80',
      options: { method: 'tun', weight: '3', tunnel: 'gue', 'tunnel port': '5555' },
      target: ['-t', '1.2.3.4:80'],
    });
    expect(rules[11]?.target).toEqual(['-f', '3', '-6']);
  });
});

describe('one rule in two spellings', () => {
  it.each([
    ['ipvsadm -A -t 1.2.3.4:80', '-A -t 1.2.3.4:80 -s wlc'],
    ['--add-service --tcp-service 1.2.3.4:80 --scheduler rr', '-E -t 1.2.3.4:80 -s rr'],
    ['-A -t 1.2.3.4:80 -p -s rr', '-A -t 1.2.3.4:80 -s rr -p 360 -M 255.255.255.255'],
    ['-A -t 1.2.3.4:80 -s sh -b sh-port,sh-fallback', '-A -t 1.2.3.4:80 -s sh -b sh-fallback,sh-port'],
    ['-a -t 1.2.3.4:80 -r 10.0.0.11:80', '-a -t 1.2.3.4:80 -r 10.0.0.11:80 -g -w 1 -x 0 -y 0'],
    ['-a -t 1.2.3.4:80 -r 10.0.0.11 -g', '-a -t 1.2.3.4:80 -r 10.0.0.11:80 -g'],
    ['-a -f 1 -r 10.0.0.11 -m', '-a -f 1 -r 10.0.0.11:0 -m -w 1'],
    ['-a -t 1.2.3.4:80 -r 10.0.0.11:80 -i', '-e -t 1.2.3.4:80 -r 10.0.0.11:80 -i -w 1 --tun-type ipip'],
  ])('%s is %s', (one, other) => {
    expect(typeof words(one)).toBe('object');
    expect(words(one)).toEqual(words(other));
  });

  it.each([
    ['-A -t 1.2.3.4:80 -s rr', '-A -t 1.2.3.4:80 -s wrr'],
    ['-A -t 1.2.3.4:80 -s rr', '-A -u 1.2.3.4:80 -s rr'],
    ['-A -f 1 -s rr', '-A -f 1 -6 -s rr'],
    ['-A -t 1.2.3.4:80 -s rr -p 30', '-A -t 1.2.3.4:80 -s rr -p 31'],
    ['-a -t 1.2.3.4:80 -r 10.0.0.11:80 -m', '-a -t 1.2.3.4:80 -r 10.0.0.11:80 -i'],
    ['-a -t 1.2.3.4:80 -r 10.0.0.11:80 -i', '-a -t 1.2.3.4:80 -r 10.0.0.11:80 -i --tun-type gre'],
  ])('%s is not %s', (one, other) => {
    expect(words(one)).not.toEqual(words(other));
  });
});

describe('what is no rule', () => {
  it.each([
    ['garbage here', 'ipvsadm has no garbage here'],
    ['', 'ipvsadm has no  here'],
    ['-A', 'it must name one service: -t, -u or -f'],
    ['-t 1.2.3.4:80 -s rr', 'it must begin with -A (a service) or -a (a real server)'],
    ['-A -t', '-t needs a value'],
    ['-A -t -s rr', '-t needs a value'],
    ['-A -t 1.2.3.4:80 -u 1.2.3.4:80', 'it must name one service: -t, -u or -f'],
    ['-A -t 1.2.3.4:80 -t 1.2.3.5:80', '-t: there is a tcp already'],
    ['-A -t 1.2.3.4:80 -w 3', 'weight is for a real server: -a'],
    ['-A -t 1.2.3.4:80 -r 10.0.0.11:80', '-r is for a real server: -a'],
    ['-a -t 1.2.3.4:80 -m', 'a real server needs -r ADDRESS:PORT'],
    ['-a -t 1.2.3.4:80 -r 10.0.0.11:80 -s rr', 'scheduler is for a service: -A'],
    ['-C', 'ipvsadm has no -C here'],
    ['-A -t 1.2.3.4:80 __proto__', 'ipvsadm has no __proto__ here'],
  ])('%j', (text, fault) => {
    expect(words(text)).toBe(fault);
    expect(parseRules(text)).toEqual([] satisfies IpvsRule[]);
  });
});
