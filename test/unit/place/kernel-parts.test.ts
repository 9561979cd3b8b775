import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kernelNotes, lacksParts } from '../../../src/place/kernel-parts.ts';
import { parseSound } from '../../../src/files/sound-topology.ts';
import { readPlan } from '../../../src/files/topology-file.ts';
import { validate } from '../../../src/commands/validate.ts';
import { readKernelTrial } from '../../../src/docker/kernel.ts';
import { kernelParts } from '../../../src/plan/kernel-parts.ts';
import { SHIPPED, planOf, shipped } from '../plan/labs.ts';
import { expectProblemsOf, problemsOf } from '../topology/marked.ts';

const LAB = `lvslab: 1
networks: { net: 192.0.2.0/24 }
nodes: { client: net, director: { on: net }, rs1: { on: net } }
mode: dr
services:
  - { vip: 192.0.2.100 }
  - { vip: 192.0.2.101, scheduler: twos }
  - { vip: 192.0.2.102, scheduler: twos }
needs: [iptables, iptables]
`.replace('client: net', 'client: { on: net }');

let folder = '';
let file = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parts-'));
  file = join(folder, 'my.yaml');
  writeFileSync(file, LAB);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('what a topology asks of its kernel', () => {
  it('is the scheduler twos, and what it says it needs', () => {
    const plan = planOf(LAB);
    expect(kernelParts(plan)).toEqual(['ip_vs_twos', 'iptables']);
    expect(plan.needs).toEqual(['iptables']);
    expect(plan.modules).toEqual(['ip_vs', 'ip_vs_rr', 'ip_vs_twos', 'nf_tables', 'nft_compat']);
  });

  it('is nothing that not every kernel has, in what is shipped', () => {
    expect(SHIPPED.flatMap((name) => kernelParts(shipped(name)))).toEqual([]);
  });

  it('may be iptables without any service, and without mode', () => {
    const plan = planOf(
      'networks: { net: 192.0.2.0/24 }\nnodes: { client: { on: net } }\nneeds: [iptables]\n',
    );
    expect(plan.modules).toEqual(['nf_tables', 'nft_compat']);
  });

  it('is refused where it is no part of a kernel', () => {
    const one = (needs: string) => `lvslab: 1
networks: { net: 192.0.2.0/24 }
nodes: { client: { on: net } }
needs: ${needs}
`;
    const refused = (needs: string, ...expected: [string, string?][]) => {
      expectProblemsOf(parseSound, one(needs), ...expected);
    };
    refused('[▸iptable]', ['unknown needs "iptable"', 'did you mean "iptables"? one of: iptables']);
    refused('[▸5]', ['unknown needs 5', 'one of: iptables']);
    refused('▸iptables', ['needs "iptables" is text, not a list', 'write a list, such as `[iptables]`']);
    expect(problemsOf(one('[]'), parseSound)).toEqual([]);
  });
});

describe('a kernel that lacks it', () => {
  it('is told with the place in the file, and the way out', () => {
    const error = lacksParts(file, ['ip_vs_twos', 'iptables'], "Debian's embedded kernel");
    expect(error).toMatchObject({
      exitCode: 3,
      message: [
        `${file}:7:36: scheduler twos: Debian's embedded kernel has no ip_vs_twos`,
        `${file}:9:9: needs iptables: Debian's embedded kernel has no iptables`,
      ].join('\n'),
    });
    const fixed = lacksParts(file, ['iptables'], 'it', 'modprobe nft_compat');
    expect(fixed.fix).toMatch(/^modprobe nft_compat/);
  });

  it('is a note to whoever validates the file, and no problem', () => {
    expect(kernelNotes(file, readPlan(file)).map(({ line, column }) => [line, column])).toEqual([
      [7, 36],
      [9, 9],
    ]);
    const checked = validate(file);
    expect(checked).toMatchObject({ valid: true, problems: [] });
    expect(checked.text.split('\n')[1]).toMatch(
      /my\.yaml:7:36: scheduler twos: not every kernel has ip_vs_twos/,
    );
    expect(validate('nat').notes).toEqual([]);
  });

  it('may be an engine’s, whose node has tried', () => {
    expect(readKernelTrial('ip_vs\ntwos\nipip\n', false)).toMatchObject({
      schedulers: ['twos'],
      iptables: false,
    });
    expect(readKernelTrial('ip_vs\nrr\niptables\n', false)).toMatchObject({ iptables: true });
  });
});

it('topologies for such kernels are sound, and name the schema for editors', () => {
  const examples = new URL('../../../examples/topologies/', import.meta.url);
  const files = readdirSync(examples);
  expect(files.length).toBeGreaterThan(1);
  for (const name of files) {
    const text = readFileSync(new URL(name, examples), 'utf8');
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../../schema/topology.schema.json');
    expect(problemsOf(text, parseSound), name).toEqual([]);
    expect(kernelParts(planOf(text)).length, name).toBeGreaterThan(0);
  }
});
