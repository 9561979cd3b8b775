import { describe, expect, it } from 'vitest';
import type { Check } from '../../../src/proof/check.ts';
import { caseOf, notGreen } from './case.ts';

const VIP = '192.0.2.100';
const HTTP = `${VIP}:80`;
const HTTPS = `${VIP}:443`;
const DNS = `${VIP}:53/udp`;

/** All rows that did not pass are of these services. */
const onlyOf = (all: Check[], ...services: string[]) =>
  notGreen(all).filter((id) => !services.some((service) => id.endsWith(` ${service}`)));
const persistence = (all: Check[], service: string) => all.find(({ id }) => id === `persistence ${service}`);

describe('persistence by client network, each service by itself', () => {
  const { on, checks } = caseOf('d-tls-persistence');
  const set = (...lines: [string, string][]) =>
    on('director', lines.map(([service, options]) => `ipvsadm -E ${service} -s rr ${options}`).join('; '));
  const T80 = `-t ${VIP}:80`;
  const T443 = `-t ${VIP}:443`;
  const U53 = `-u ${VIP}:53`;
  const WHOLE = '-p 30 -M 255.255.255.240';

  it('is shown for HTTP, TLS and DNS, by the real servers and by the templates', async () => {
    const all = await checks();
    expect(notGreen(all)).toEqual([]);
    for (const service of [HTTP, HTTPS, DNS])
      // Where those of `up` are alive still, it asks once more.
      expect(persistence(all, service)?.detail).toMatch(
        /: (22|32) connections of 2 client networks: each kept its real server \(rs1 1, rs2 1\) for 30 s after its last; the director has one template for each \(192\.0\.2\.128\/28 and 192\.0\.2\.144\/28\)$/,
      );
  });

  // One after the other, so that the templates of each are alive in the next.
  it('is red where the mask or all of it is taken away, and nowhere else; and green when it is back', async () => {
    await set([T80, '-p 30'], [T443, '']);
    const first = await checks();
    expect(persistence(first, HTTP)).toMatchObject({ outcome: 'fail' });
    expect(persistence(first, HTTPS)).toMatchObject({ outcome: 'fail' });
    expect(onlyOf(first, HTTP, HTTPS)).toEqual([]);

    await set([T80, WHOLE], [T443, WHOLE], [U53, '-p 30 -M 255.255.255.252']);
    const second = await checks();
    expect(persistence(second, DNS)).toMatchObject({ outcome: 'fail' });
    expect(onlyOf(second, DNS)).toEqual([]);

    await set([U53, WHOLE]);
    expect(notGreen(await checks())).toEqual([]);
  });
});

describe('persistence by client network, several ports in one mark', () => {
  const { on, checks } = caseOf('c15b-mark-rr');
  const PORTS = [80, 2222, 8888].map((port) => `${VIP}:${port}`);

  it('is shown for each port, by the templates of the mark', async () => {
    const all = await checks();
    expect(notGreen(all)).toEqual([]);
    for (const service of PORTS)
      expect(persistence(all, service)?.detail).toMatch(
        /connections of 2 client networks: each kept .* one template for each \(192\.0\.2\.128\/26 and 192\.0\.2\.192\/26\)$/,
      );
  });

  it('is red without the mask, though each network meets one real server, and without all of it', async () => {
    await on('director', 'ipvsadm -E -f 111 -s rr -p 30');
    const wide = await checks();
    expect(notGreen(wide).sort()).toEqual(
      ['table mark 111', ...PORTS.map((port) => `persistence ${port}`)].sort(),
    );
    expect(persistence(wide, PORTS[1] ?? '')).toMatchObject({
      detail: expect.stringContaining(
        'the director remembers 192.0.2.130 by its own address and not by 192.0.2.128/26, and 2 more such',
      ) as string,
      evidence: expect.arrayContaining(['192.0.2.131 (192.0.2.128/26): template 192.0.2.131:0']) as string[],
    });

    await on('director', 'ipvsadm -E -f 111 -s fo');
    const none = await checks();
    // fo sends everybody to one server, and templates of before are there still.
    for (const port of PORTS)
      expect(persistence(none, port)?.detail).toMatch(
        /the director goes by no template for 192\.0\.2\.\d+, so its connections are not persistent/,
      );

    await on('director', 'ipvsadm -E -f 111 -s rr -p 30 -M 255.255.255.192');
    expect(notGreen(await checks())).toEqual([]);
  });
});
