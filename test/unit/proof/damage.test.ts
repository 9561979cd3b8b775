import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/plan/types.ts';
import type { CaptureHealth } from '../../../src/proof/evidence.ts';
import { decode } from '../../../src/proof/packets.ts';
import { walks } from '../../../src/proof/path.ts';
import { readPcap } from '../../../src/proof/pcap.ts';
import { claimsFor } from '../../../src/proof/promises.ts';
import { judge } from '../../../src/proof/verdict.ts';
import { describeWalk } from '../../../src/proof/walk.ts';
import { captured, fixture, fixtureNames, healthy } from './captured.ts';
import { drPlan, natPlan, tunPlan } from './plans.ts';
import type { Observation } from '../../../src/proof/types.ts';

const WORKING: [string, Plan][] = [
  ['nat', natPlan()],
  ['dr', drPlan()],
  ['tun-ipip', tunPlan()],
  ['tun-upload', tunPlan()],
];

/** A lab's captures as they are when one file of them was cut. */
function withCut(lab: string, file: string, length: number): [Observation[], CaptureHealth[]] {
  const [node = '', device = ''] = file.replace('.pcap', '').split('-');
  const here = (o: { node: string; device: string }) => o.node === node && o.device === device;
  const capture = readPcap(fixture(`${lab}/${file}`).subarray(0, length));
  const own = capture.records.map(({ time, data }) => ({
    node,
    device,
    time,
    packet: decode(data, capture.linkType),
  }));
  return [
    [...captured(lab).filter((o) => !here(o)), ...own],
    healthy(lab).map((c) => (here(c) ? { ...c, damage: capture.damage } : c)),
  ];
}

describe.each(WORKING)('%s', (lab, plan) => {
  it.each(fixtureNames(lab))('is never failed because %s was cut', (file) => {
    const whole = fixture(`${lab}/${file}`).length;
    for (let part = 0; part < 12; part++) {
      const [observations, captures] = withCut(lab, file, Math.floor((whole * part) / 12) - 1);
      for (const verdict of judge(plan, claimsFor(plan), observations, captures))
        expect([part, verdict.outcome, verdict.why]).toEqual([
          part,
          expect.stringMatching(/^(pass|unknown)$/),
          verdict.why,
        ]);
    }
  });

  // As where much other traffic fills the captures of one network, or of several.
  it('is never failed because several were cut at once', () => {
    const files = fixtureNames(lab);
    for (let chosen = 1; chosen < 2 ** files.length; chosen++)
      for (const part of [1, 4]) {
        let [observations, captures] = [captured(lab), healthy(lab)];
        files.forEach((file, index) => {
          if ((chosen & (1 << index)) === 0) return;
          const length = Math.floor((fixture(`${lab}/${file}`).length * part) / 8) - 1;
          const [node = '', device = ''] = file.replace('.pcap', '').split('-');
          const here = (o: { node: string; device: string }) => o.node === node && o.device === device;
          const [all, health] = withCut(lab, file, length);
          observations = [...observations.filter((o) => !here(o)), ...all.filter(here)];
          captures = captures.map((c) => (here(c) ? (health.find(here) ?? c) : c));
        });
        for (const verdict of judge(plan, claimsFor(plan), observations, captures))
          expect([chosen, part, verdict.outcome, verdict.why]).toEqual([
            chosen,
            part,
            expect.stringMatching(/^(pass|unknown)$/),
            verdict.why,
          ]);
      }
  });

  it('is judged without an error when frames are damaged at random', () => {
    let state = 7;
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let round = 0; round < 10; round++) {
      const observations = fixtureNames(lab).flatMap((file) => {
        const [node = '', device = ''] = file.replace('.pcap', '').split('-');
        const capture = readPcap(fixture(`${lab}/${file}`));
        return capture.records.map(({ time, data }) => {
          const bytes = data.slice();
          if (random(3) === 0) bytes[random(bytes.length)] = random(256);
          return { node, device, time, packet: decode(bytes, capture.linkType) };
        });
      });
      expect(() => judge(plan, claimsFor(plan), observations, healthy(lab))).not.toThrow();
      expect(() => walks(plan, observations).flatMap(describeWalk)).not.toThrow();
    }
  });
});
