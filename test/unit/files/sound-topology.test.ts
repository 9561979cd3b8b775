import { describe, expect, it } from 'vitest';
import { readFileSync, readdirSync } from 'node:fs';
import { parseSound } from '../../../src/files/sound-topology.ts';
import { SHIPPED } from '../plan/labs.ts';
import { expectProblemsOf, problemsOf } from '../topology/marked.ts';

const FOLDERS = ['../../../topologies/', '../../fixtures/cases/'].map((f) => new URL(f, import.meta.url));
const BY_DIRECTOR =
  'let a router join their networks, or let the replies pass the director: `gateway: director`';

function lab(nodes: string, services = '[{ vip: 10.1.0.100 }]', mode = 'nat'): string {
  return `lvslab: 1
mode: ${mode}
networks: { front: 10.1.0.0/24, back: 10.2.0.0/24, far: 10.3.0.0/24 }
nodes:
${nodes
  .trim()
  .split('\n')
  .map((line) => `  ${line.trim()}`)
  .join('\n')}
services: ${services}
`;
}

function refused(text: string, ...expected: [message: string, fix?: string][]): void {
  expectProblemsOf(parseSound, text, ...expected);
}

function accepted(text: string): void {
  expect(problemsOf(text, parseSound)).toEqual([]);
}

it('whatever comes with the tool, and was reported from the field, can be answered', () => {
  const texts = FOLDERS.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => readFileSync(new URL(file, folder), 'utf8')),
  );
  expect(texts.length).toBeGreaterThan(SHIPPED.length);
  const messages = texts.flatMap((text) => problemsOf(text, parseSound).map(({ message }) => message));
  expect(messages.filter((message) => /no way to|past the director/.test(message))).toEqual([]);
});

describe('a stated gateway', () => {
  const oneArm = (servers: string) =>
    lab(`client: { on: far }
      router: { on: [front, far] }
      director: { on: front }
      ${servers}`);

  it('of NAT real servers may be the director, though a router is nearer to the client', () => {
    accepted(oneArm('rs1: { on: front, gateway: director }'));
    accepted(oneArm('rs1: { on: front, gateway: 10.1.0.1 }'));
    accepted(oneArm('rs1: { on: front }'));
  });

  it('that leads past the director is refused', () => {
    refused(oneArm('rs: { on: front, count: 2, gateway: ▸router }'), [
      'replies of real server "rs1" to client "client" go rs1 → router → client, past the director, which must rewrite them in mode nat',
      'leave `gateway` out, or name the director: `gateway: director`',
    ]);
  });

  it('that does not forward, or that no node has, is refused', () => {
    const fix = (node: string) =>
      `leave \`gateway\` of "${node}" out, so that its routes follow from the networks, or name a neighbour that leads there`;
    refused(
      oneArm('rs1: { on: front, gateway: ▸rs2 }\n rs2: { on: front, gateway: ▸10.1.0.77 }'),
      [
        'replies of real server "rs1" have no way to client "client": "rs2" is a real server and does not forward (rs1 → rs2)',
        fix('rs1'),
      ],
      [
        'replies of real server "rs2" have no way to client "client": no node has 10.1.0.77, the next hop of "rs2"',
        fix('rs2'),
      ],
    );
    refused(
      lab(`client: { on: far, gateway: ▸other }
        other: { on: far, role: client }
        router: { on: [front, far] }
        director: { on: [front, back] }
        rs1: { on: back }`),
      [
        'client "client" has no way to VIP 10.1.0.100: "other" is a client and does not forward (client → other)',
        fix('client'),
      ],
    );
  });

  it('is said of the node that it leads astray, not of whose packets it meets', () => {
    refused(
      lab(`client: { on: far }
        router: { on: [front, far] }
        director: { on: [front, back], gateway: ▸rs1 }
        rs1: { on: back }`),
      [
        'replies of real server "rs1" have no way to client "client": "rs1" is a real server and does not forward (rs1 → director → rs1)',
      ],
    );
  });

  it('that is none is meant so: the lab is one to be repaired', () => {
    accepted(oneArm('rs1: { on: front, gateway: none }'));
    accepted(
      lab(`client: { on: far, gateway: none }
        router: { on: [front, far] }
        director: { on: [front, back] }
        rs1: { on: back }`),
    );
  });
});

describe('real servers without a way to the client', () => {
  it('are refused in DR and TUN, and told of the director', () => {
    const nodes = (server: string) => `client: { on: front }
      director: { on: [front, back] }
      ${server}`;
    for (const mode of ['dr', 'tun']) {
      refused(lab(nodes('▸rs: { on: back, count: 3 }'), undefined, mode), [
        'replies of real server "rs1" have no way to client "client": it has no route to network "front"',
        BY_DIRECTOR,
      ]);
      accepted(lab(nodes('rs: { on: back, count: 3, gateway: director }'), undefined, mode));
    }
  });

  it('are refused in NAT behind a router that does not know the director', () => {
    const nodes = (router: string) => `client: { on: front }
      director: { on: [front, back] }
      ${router}
      ▸rs1: { on: far }`;
    refused(lab(nodes('router: { on: [back, far] }')), [
      'replies of real server "rs1" have no way to client "client": "router" has no route to network "front" (rs1 → router)',
      'let a router join their networks, or give "router" the director for its gateway: `gateway: director`',
    ]);
    accepted(lab(nodes('router: { on: [back, far], gateway: director }').replace('▸', '')));
  });

  it('are refused in NAT on a client’s network where no director is', () => {
    refused(
      lab(`client: { on: front }
        client2: { on: far }
        director: { on: [front, back] }
        router: { on: [back, far], gateway: director }
        ▸rs1: { on: far }`),
      [
        'replies of real server "rs1" to client "client2" go rs1 → client2, past the director, which must rewrite them in mode nat',
        'put the client on another network than the real server: no director is beside them that could get between',
      ],
    );
  });
});

describe('clients', () => {
  it('may be on several networks, wherever the VIP lies', () => {
    for (const vip of ['10.1.0.100', '10.3.0.100', '10.2.0.100', '10.2.0.11', '198.51.100.7'])
      accepted(
        lab(
          `client1: { on: front }
          client2: { on: far }
          client3: { on: back }
          director: { on: [front, back, far] }
          rs: { on: back, count: 2 }`,
          `[{ vip: ${vip} }]`,
        ),
      );
  });

  it('without a way to the VIP are refused', () => {
    refused(
      lab(`client1: { on: front }
        ▸client2: { on: far }
        director: { on: [front, back] }
        rs1: { on: back }`),
      [
        'client "client2" has no way to VIP 10.1.0.100: it has no route to network "front"',
        'put "client2" on a network of director "director", or let a router join their networks',
      ],
    );
  });

  it('are not held against services of another family', () => {
    accepted(`lvslab: 1
mode: dr
networks: { four: 10.1.0.0/24, both: [10.2.0.0/24, '2001:db8:2::/64'] }
nodes: { client1: { on: four }, client2: { on: both }, director: { on: both }, rs1: { on: both } }
services: [{ vip: '2001:db8:2::100' }]
`);
  });
});
