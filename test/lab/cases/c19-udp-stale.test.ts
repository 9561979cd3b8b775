import { describe, expect, it } from 'vitest';
import type { Check } from '../../../src/proof/check.ts';
import { caseOf } from './case.ts';

const { on, checks } = caseOf('c19-udp-stale');
const SERVICE = '192.168.127.89:514';
const POD2 = '192.168.128.116:514';
const ROW = 'stale-entries';

const failed = (all: Check[]) => all.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id);

/** Datagrams that ask, from each of these ports in turn, one each tenth of a second. */
function send(ports: number[], times: number): string {
  return `perl -MIO::Socket::IP -e '
    my $question = pack("n6", 1, 256, 1, 0, 0, 0) . pack("C/a*", "whoami") . pack("Cnn", 0, 16, 1);
    my @to = (PeerHost => "192.168.127.89", PeerPort => 514, Type => Socket::SOCK_DGRAM());
    my @sockets = map { IO::Socket::IP->new(@to, LocalPort => $_) or die "$@" } (${ports.join()});
    for (1 .. ${times}) { for (@sockets) { send $_, $question, 0; select undef, undef, undef, 0.1 } }'`;
}

/** Ports of the client from which datagrams go to pod2: two at least of eight, as lc goes by what it has sent. */
async function portsOfPod2(from: number): Promise<number[]> {
  const ports = Array.from({ length: 8 }, (_, index) => from + index);
  await on('client', send(ports, 1));
  const rows = (await on('director', 'ipvsadm -Lnc')).split('\n').filter((row) => row.includes(POD2));
  return ports.filter((port) => rows.some((row) => row.includes(`:${port} `)));
}

describe('datagrams of one port whose real server is taken out', () => {
  it('is no matter while all servers are in', async () => {
    const all = await checks();
    expect(failed(all)).toEqual([]);
    expect(all.map(({ id }) => id)).not.toContain(ROW);
    expect(all.find(({ id }) => id === 'scheduler')?.detail).toMatch(
      /new client ports \(pod1 \d+, pod2 \d+\)/,
    );
  });

  it('vanish once it is removed, until expire_nodest_conn is 1', async () => {
    const [busy = 0, idle = 0] = await portsOfPod2(31_000);
    await on('client', `(${send([busy], 600)}) </dev/null >/dev/null 2>&1 & echo $! >/run/sender.pid`);
    await on('director', `ipvsadm -d -u ${SERVICE} -r ${POD2}`);
    const all = await checks();
    expect(failed(all)).toEqual(expect.arrayContaining(['table', ROW]));
    const row = all.find(({ id }) => id === ROW);
    // A program has one of the ports: that is seen by what it sent itself. From the other a datagram was sent.
    expect(row?.detail).toMatch(
      new RegExp(
        `^datagrams of client port ${busy} vanish \\(\\d+ seen, none sent on\\) until the entry ends, in 29\\d s: the director's entry leads to pod2 \\(${POD2}\\), which is not in the table`,
      ),
    );
    expect(row?.evidence.join('\n')).toMatch(
      new RegExp(`-Lnc: UDP 2\\d\\d s 192.168.127.101:${busy} ${SERVICE} ${POD2}\n.*${busy} > ${SERVICE}`),
    );
    expect(row?.evidence.join('\n')).toContain(`192.168.127.101:${idle} ${SERVICE}`);
    await on('client', 'kill $(cat /run/sender.pid)');

    await on('director', 'sysctl -qw net.ipv4.vs.expire_nodest_conn=1');
    const fixed = await checks();
    expect(fixed.find(({ id }) => id === ROW)).toMatchObject({
      outcome: 'pass',
      detail: expect.stringContaining('answered by pod1, as the director gave the entry up') as string,
    });
  });

  it('are served by one of weight 0, and lost when that one has ended, whatever expire_nodest_conn is', async () => {
    await on('director', `ipvsadm -a -u ${SERVICE} -r ${POD2} -m`);
    await portsOfPod2(32_000);
    await on('director', `ipvsadm -e -u ${SERVICE} -r ${POD2} -m -w 0`);
    const served = await checks();
    expect(failed(served)).toContain('table');
    expect(served.find(({ id }) => id === ROW)).toMatchObject({
      outcome: 'pass',
      detail: expect.stringMatching(
        /pod2 \(.*\), weight 0: datagrams from there were answered by pod2 still/,
      ) as string,
    });
    await on('pod2', 'kill $(cat /run/dns-514.pid); while [ -e /run/dns-514.pid ]; do sleep 0.05; done');
    const lost = await checks();
    expect(lost.find(({ id }) => id === ROW)?.detail).toMatch(
      /^datagrams of client port \d+ are lost \(Connection refused\) as long as the entry lasts, which each datagram renews: .* pod2 .*weight 0, which does not answer/,
    );
    expect(lost.find(({ id }) => id === ROW)?.evidence.join('\n')).toMatch(/ 192\.168\.127\.101:3200\d /);
    await on('pod2', 'dnsmasq -C /etc/dns-514.conf');
    await on('director', `ipvsadm -e -u ${SERVICE} -r ${POD2} -m -w 1`);
    expect(failed(await checks())).toEqual([]);
  });
});
