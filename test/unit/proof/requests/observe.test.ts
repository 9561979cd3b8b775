import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { observe } from '../../../../src/proof/observe.ts';

const pcap = readFileSync(new URL('../../../fixtures/pcap/nat/client-eth0.pcap', import.meta.url));

it('a capture keeps its place, and its packets their time', () => {
  const { observations, captures } = observe([{ node: 'client', device: 'eth0', pcap, dropped: 2 }]);
  expect(captures).toEqual([{ node: 'client', device: 'eth0', dropped: 2, damage: undefined }]);
  expect(observations.length).toBeGreaterThan(10);
  expect(new Set(observations.map((o) => `${o.node}/${o.device}`))).toEqual(new Set(['client/eth0']));
  const times = observations.map((o) => o.time);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

it('a capture that does not say what it dropped counts as damaged', () => {
  expect(observe([{ node: 'client', device: 'eth0', pcap, dropped: undefined }]).captures[0]).toEqual({
    node: 'client',
    device: 'eth0',
    dropped: 0,
    damage: 'it did not end properly',
  });
});

it('a capture that is empty or cut off is damaged, and what can be read of it is read', () => {
  const whole = observe([{ node: 'a', device: 'eth0', pcap, dropped: 0 }]).observations.length;
  const cut = observe([{ node: 'a', device: 'eth0', pcap: pcap.subarray(0, pcap.length - 5), dropped: 0 }]);
  expect(cut.captures[0]?.damage).toMatch(/./);
  expect(cut.observations).toHaveLength(whole - 1);
  const empty = observe([{ node: 'a', device: 'eth0', pcap: Buffer.alloc(0), dropped: 0 }]);
  expect(empty.captures[0]?.damage).toMatch(/./);
  expect(empty.observations).toEqual([]);
});

it('a capture that came to its bound is damaged, and says so rather than what the cut looks like', () => {
  const cut = { node: 'a', device: 'eth0', pcap: pcap.subarray(0, pcap.length - 5), cut: 6.4 * 1024 * 1024 };
  expect(observe([{ ...cut, dropped: undefined }]).captures[0]?.damage).toBe(
    'it was cut at 6.4 MB: there was more traffic than a test makes',
  );
});
