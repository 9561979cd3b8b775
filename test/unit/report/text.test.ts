import { describe, expect, it, vi } from 'vitest';
import type { Check, Outcome } from '../../../src/proof/check.ts';

// Whether there is colour is settled when picocolors is loaded; in CI it would colour a pipe too.
vi.hoisted(() => {
  vi.stubEnv('CI', '1');
  vi.stubEnv('NO_COLOR', '1');
});
const { columns } = await import('../../../src/terminal/columns.ts');
const { checkTable, compareText, doctorText, labTable, statusText } =
  await import('../../../src/report/text.ts');

describe('columns', () => {
  it('are as wide as their widest cell, without blanks at the end', () => {
    expect(
      columns([
        ['NODE', 'STATE', 'X'],
        ['client', 'up', ''],
        ['rs1', 'stopped', 'y'],
      ]),
    ).toBe('NODE    STATE    X\nclient  up\nrs1     stopped  y');
  });

  it('of nothing are nothing', () => {
    expect(columns([])).toBe('');
  });
});

function check(title: string, outcome: Outcome, ...evidence: string[]): Check {
  return { id: title, title, outcome, detail: `detail of ${title}`, evidence };
}

describe('the table of checks', () => {
  it('marks each outcome, and shows evidence only under what is not green', () => {
    expect(
      checkTable([
        check('answers', 'pass', 'not shown'),
        check('director', 'fail', 'port 40000', 'port 40001'),
        check('a title longer than that', 'unknown'),
      ]).split('\n'),
    ).toEqual([
      '✔ answers                   detail of answers',
      '✘ director                  detail of director',
      '    port 40000',
      '    port 40001',
      '? a title longer than that  detail of a title longer than that',
    ]);
  });

  it('shows eight pieces of evidence, and says how many there are beside', () => {
    const many = Array.from({ length: 20 }, (_, i) => `packet ${i}`);
    const rows = checkTable([check('answers', 'fail', ...many)]).split('\n');
    expect(rows).toHaveLength(10);
    expect(rows.slice(-2)).toEqual(['    packet 7', '    … and 12 more lines (all of them: --json)']);
    const nine = checkTable([check('answers', 'fail', ...many.slice(0, 9))]).split('\n');
    expect(nine.at(-1)).toBe('    packet 8');
  });

  it('of no checks is empty', () => {
    expect(checkTable([])).toBe('');
  });

  it('has no escape codes with NO_COLOR', () => {
    expect(
      checkTable([check('a', 'pass'), check('b', 'fail', 'c'), check('d', 'unknown', 'e')]),
    ).not.toContain('\x1b');
  });
});

it('labs are listed under headings, and none is said in words', () => {
  expect(labTable([])).toBe('no lab is up');
  const rows = labTable([
    {
      name: 'nat',
      state: 'up',
      nodes: 4,
      machine: 'embedded',
      runtime: 'netns',
      topology: 'nat',
      created: '2026-01-01T00:00:00Z',
    },
  ]).split('\n');
  expect(rows[0]).toMatch(/^LAB +STATE +NODES +MACHINE +RUNTIME +TOPOLOGY$/);
  expect(rows[1]).toMatch(/^nat +up +4 +embedded +netns +nat$/);
});

it('a status names each node, its daemons, and the tables of directors', () => {
  const report = {
    name: 'nat',
    state: 'up',
    machine: 'embedded',
    topology: 'nat',
    nodeStates: [
      {
        name: 'rs1',
        role: 'real-server',
        state: 'running',
        addresses: ['10.0.0.11'],
        daemons: [{ name: 'web', running: false }],
      },
      {
        name: 'client',
        role: 'client',
        state: 'running',
        addresses: ['203.0.113.101', '10.9.0.1'],
        daemons: [],
      },
    ],
    directors: [
      {
        name: 'director',
        ipvs: 'TCP 203.0.113.100:80 rr\n\n',
        sync: [{ role: 'master', interface: 'eth0', id: 7 }],
        connections: [
          {
            protocol: 'TCP',
            state: 'ESTABLISHED',
            client: '203.0.113.101:4711',
            virtual: '203.0.113.100:80',
            destination: '10.0.0.11:80',
          },
        ],
      },
    ],
    clusters: [
      { name: 'ha', addresses: ['203.0.113.100'], active: ['director'] },
      { name: 'hb', addresses: ['203.0.113.200', '10.0.0.100'], active: [] },
    ],
    failures: [{ time: '', action: 'fail', node: 'rs1', what: 'web', how: 'freeze' }],
    health: [
      {
        service: { vip: '203.0.113.100', port: 80, protocol: 'tcp' },
        director: 'director',
        troubles: ['rs1 is out', 'rs2 has weight 5, and the plan says 1'],
      },
      { service: { vip: '203.0.113.100', port: 443, protocol: 'tcp' }, director: 'director', troubles: [] },
    ],
    links: [
      { node: 'rs1', device: 'eth0', quality: { discipline: 'netem', delay: '20ms', loss: '1%' } },
      { node: 'rs2', device: 'eth0', quality: { discipline: 'tbf' } },
    ],
    differences: [
      { node: 'rs1', kind: 'daemon', name: 'web', state: 'missing', changes: [] },
      {
        node: 'director',
        kind: 'service',
        name: 'tcp 203.0.113.100:80',
        state: 'changed',
        changes: [
          { attribute: 'scheduler', planned: 'rr', found: 'wrr' },
          { attribute: 'persistence', planned: undefined, found: '60' },
        ],
      },
      {
        node: 'rs1',
        kind: 'sysctl',
        name: 'net.ipv4.ip_forward',
        state: 'changed',
        changes: [{ attribute: 'value', planned: '0', found: '1' }],
      },
      { node: 'rs1', kind: 'address', name: '10.0.0.9/24 on eth0', state: 'extra', changes: [] },
    ],
    unread: [{ node: 'client', why: 'tc: exit code 127' }],
  } as unknown as Parameters<typeof statusText>[0];
  expect(statusText(report).split('\n')).toEqual([
    'lab nat: up on the embedded machine, from nat',
    '',
    'NODE    ROLE         STATE    ADDRESSES               DAEMONS',
    'rs1     real-server  running  10.0.0.11               web DOWN',
    'client  client       running  203.0.113.101 10.9.0.1',
    '',
    'director:',
    'TCP 203.0.113.100:80 rr',
    'sync daemon: master on eth0, id 7',
    'connections known: 1',
    '    TCP  ESTABLISHED  203.0.113.101:4711  203.0.113.100:80  →  10.0.0.11:80',
    '',
    'cluster ha: 203.0.113.100 is at director',
    'cluster hb: 203.0.113.200, 10.0.0.100 are nowhere',
    '',
    'failed on purpose: rs1 web is frozen',
    'links that are not plain (each measure is of what the interface sends):',
    '  rs1  eth0  delay 20ms loss 1%',
    '  rs2  eth0  tbf',
    '',
    '203.0.113.100:80: rs1 is out',
    '203.0.113.100:80: rs2 has weight 5, and the plan says 1',
    '',
    'differs from the plan:',
    '  rs1       daemon web                    stopped',
    '  director  service tcp 203.0.113.100:80  scheduler wrr, not rr; persistence 60, and the plan has none',
    '  rs1       sysctl net.ipv4.ip_forward    1, not 0',
    '  rs1       address 10.0.0.9/24 on eth0   not in the plan',
    'put it back: lab reset nat',
    'client: not compared: tc: exit code 127',
  ]);
});

it('a diagnosis has the fix under what is missing, and ends with what to do', () => {
  const findings = [
    { title: 'ip_vs', state: 'cannot', detail: 'not in this kernel' },
    { title: 'mmdebstrap', state: 'missing', detail: 'not installed', fix: 'apt-get install mmdebstrap' },
  ];
  const text = (ready: boolean) =>
    doctorText({ findings, ready } as unknown as Parameters<typeof doctorText>[0]).split('\n');
  expect(text(true)).toEqual([
    '– ip_vs       not in this kernel',
    '? mmdebstrap  not installed',
    '              fix: apt-get install mmdebstrap',
    '',
    'labs run here: lab up nat',
  ]);
  expect(text(false).at(-1)).toBe('no lab with virtual services can run here');
});

it('a comparison has a column for each mode and a row for each number of servers', () => {
  const figures = (mode: string, through: number) => ({
    mode,
    repliesPassDirector: mode === 'nat',
    overhead: 0,
    serverNeeds: 'nothing',
    serverGateway: 'the director',
    request:
      mode === 'proxy'
        ? { connections: 2, source: 'P (proxy)', destination: 'S (rs1)', ttl: 64, forwardedFor: 'C' }
        : { connections: 1, source: 'C (client)', destination: 'V (VIP)', ttl: 63 },
    measured: [
      { servers: 1, delivered: 1000, throughDirector: through },
      { servers: 2, delivered: 1000, throughDirector: through },
    ],
  });
  const rows = compareText([
    figures('nat', 2050),
    figures('dr', 40),
    figures('proxy', 2100),
  ] as unknown as Parameters<typeof compareText>[0]).split('\n');
  expect(rows[0]).toMatch(/^ +NAT +DR +PROXY$/);
  expect(rows[1]).toMatch(/^connections for a request +1 +1 +2$/);
  expect(rows[2]).toMatch(/^source at the real server +C \(client\) +C \(client\) +P \(proxy\)$/);
  expect(rows[3]).toMatch(/^destination there +V \(VIP\) +V \(VIP\) +S \(rs1\)$/);
  expect(rows[4]).toMatch(/^TTL there +63 +63 +64$/);
  expect(rows[5]).toMatch(/^X-Forwarded-For there +none +none +C$/);
  expect(rows[6]).toMatch(/^replies pass the director +yes +no +no$/);
  expect(rows.at(-2)).toMatch(/, 1 server +2\.05 +0\.04 +2\.10$/);
  expect(rows.at(-1)).toMatch(/, 2 servers +2\.05 +0\.04 +2\.10$/);
});
