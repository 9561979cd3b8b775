import { describe, expect, it } from 'vitest';
import { PARTS, bindingsFor, shellStepsFor, fillIn, fits, partsIn } from '../../../src/exercises/bindings.ts';
import { choices, drawn } from '../../../src/exercises/choose.ts';
import { scoreOf, type Exercise } from '../../../src/exercises/exercise.ts';
import { FAULTS } from '../../../src/exercises/registry.ts';
import { kindOf, termOf } from '../../../src/exercises/terms.ts';
import { LANGUAGES, type Fault } from '../../../src/exercises/types.ts';
import { languageOf, wordsOf } from '../../../src/exercises/words.ts';
import { claimsFor } from '../../../src/proof/promises.ts';
import { SHIPPED, shipped } from '../plan/labs.ts';

const textsOf = ({ texts, conditions = [] }: Fault) =>
  LANGUAGES.map((language) => {
    const { title, story, teaches, hints, answer, symptom = '' } = texts[language];
    return [
      title,
      story,
      teaches,
      symptom,
      answer,
      ...hints,
      ...conditions.flatMap((c) => [c.right[language], c.wrong[language]]),
    ];
  });

describe('the faults', () => {
  it('have names of their own', () => {
    expect(new Set(FAULTS.map((f) => f.id)).size).toBe(FAULTS.length);
    expect(FAULTS.length).toBeGreaterThanOrEqual(16);
  });

  describe.each(FAULTS.map((fault) => [fault.id, fault] as const))('%s', (id, fault) => {
    it('is whole in every language', () => {
      expect(id).toMatch(/^[a-z][a-z-]+$/);
      const [english = [], german = []] = textsOf(fault);
      expect(german).toHaveLength(english.length);
      expect(fault.texts.en.hints).toHaveLength(3);
      for (const [index, text] of english.entries()) {
        expect(text).not.toBe('');
        expect(german[index]).not.toBe('');
        // Nobody has translated what is the same.
        expect(german[index]).not.toBe(text);
      }
    });

    it('names only parts that there are', () => {
      const { inject, fix, wrong, conditions = [] } = fault;
      const texts = [...inject, ...fix, ...(wrong?.shellSteps ?? []), ...conditions].flatMap(
        ({ on, run }) => [on, run],
      );
      for (const part of [...texts, ...textsOf(fault).flat()].flatMap(partsIn)) expect(PARTS).toContain(part);
    });

    it('fits a shipped topology, and leaves no part open there', () => {
      const labs = SHIPPED.map(shipped).flatMap((plan) => choices(plan, [fault], 1));
      expect(labs.length).toBeGreaterThan(0);
      for (const { bindings } of labs) {
        const texts = [
          ...shellStepsFor([...fault.inject, ...fault.fix, ...(fault.conditions ?? [])], bindings).flatMap(
            ({ on, run }) => [on, run],
          ),
          ...textsOf(fault)
            .flat()
            .map((text) => fillIn(text, bindings)),
        ];
        for (const text of texts) expect(partsIn(text)).toEqual([]);
      }
    });

    it('tells neither in its story nor in its first hint what was broken', () => {
      for (const language of LANGUAGES) {
        const { story, title, hints } = fault.texts[language];
        for (const text of [story, hints[0] ?? '']) {
          expect(text).not.toContain(title);
          expect(text).not.toMatch(
            /\{(server|server-address|server-device|other|router-device|vip-device)\}/,
          );
        }
      }
    });

    it('has a wrong fix, for the tests', () => {
      expect(fault.wrong?.shellSteps.length).toBeGreaterThan(0);
    });
  });

  it('are each told by something of their own', () => {
    for (const language of LANGUAGES) {
      const symptoms = FAULTS.map((fault) => fault.texts[language].symptom);
      expect(new Set(symptoms).size).toBe(FAULTS.length);
    }
  });

  it('fit what they are about', () => {
    const fitting = (name: string) => choices(shipped(name), FAULTS, 1).map(({ fault }) => fault.id);
    expect(fitting('dr')).toContain('arp-not-suppressed');
    expect(fitting('dr')).not.toContain('forwarding-off');
    expect(fitting('nat')).not.toContain('client-inside');
    expect(fitting('nat-inside')).toContain('client-inside');
    expect(fitting('tun')).toContain('ipip-filtered');
    expect(fitting('tun-gre')).not.toContain('ipip-filtered');
    // Where persistence is promised, it is no surprise.
    expect(fitting('persistence')).not.toContain('persistence-surprise');
    for (const name of ['udp', 'nat6', 'mark']) expect(fitting(name)).toEqual([]);
  });
});

describe('the lot', () => {
  const plan = shipped('dr');

  it('falls the same way for the same seed, and not always the same way', () => {
    const draw = (seed: number) => drawn(choices(plan, FAULTS, seed), seed, undefined);
    const all = Array.from({ length: 60 }, (_, seed) => draw(seed));
    expect(all).toEqual(Array.from({ length: 60 }, (_, seed) => draw(seed)));
    expect(new Set(all.map((c) => c?.fault.id)).size).toBeGreaterThan(6);
    expect(new Set(all.map((c) => c?.bindings['server']))).toEqual(new Set(['rs1', 'rs2']));
  });

  it('keeps to a difficulty', () => {
    for (let seed = 0; seed < 30; seed += 1)
      expect(drawn(choices(plan, FAULTS, seed), seed, 'easy')?.fault.difficulty).toBe('easy');
  });
});

describe('the parts', () => {
  it('are what the lab has', () => {
    expect(bindingsFor(shipped('tun'), 1)).toMatchObject({
      vip: '203.0.113.100',
      server: 'rs2',
      other: 'rs1',
      servers: 'rs1 rs2',
      'server-address': '198.51.100.12',
      'vip-device': 'tunl0',
      method: '-i',
      router: 'router',
      'router-device': 'eth0',
    });
    expect(bindingsFor(shipped('nat-inside'), 0)).toMatchObject({
      inside: 'insider',
      'director-address': '10.0.0.1',
    });
  });

  it('leave the shell its own braces', () => {
    expect(fillIn('echo ${server} {server} { a; } {nobody}', { server: 'rs1' })).toBe(
      'echo ${server} rs1 { a; } {nobody}',
    );
    expect(
      shellStepsFor([{ on: '{servers}', run: 'true' }], { servers: 'rs1 rs2' }).map((d) => d.on),
    ).toEqual(['rs1', 'rs2']);
  });

  it('decide what fits', () => {
    const fault = FAULTS.find((f) => f.id === 'tunnel-down');
    expect(fault && fits(fault, { mode: 'tun' })).toBe(false);
  });
});

describe('what users are told', () => {
  it('has a word for every check', () => {
    const other = termOf({ id: 'no-such-check' });
    const claims = SHIPPED.map(shipped).flatMap((plan) => claimsFor(plan));
    for (const id of [
      'answers',
      'distribution',
      'director',
      'transfers',
      'path-mtu',
      ...claims.map((c) => c.id),
    ])
      expect(termOf({ id }), id).not.toEqual(other);
    expect(kindOf({ id: 'answers 192.0.2.1:80' })).toBe('answers');
    expect(kindOf({ id: 'dr/192.0.2.1:80/one-arp-owner 192.0.2.1:80' })).toBe('one-arp-owner');
    // A promise that is broken in several ways is one promise.
    expect(kindOf({ id: 'nat/192.0.2.1:53/udp/reply-from-vip/refused' })).toBe('reply-from-vip');
    expect(kindOf({ id: 'tun/192.0.2.1:80/request-encapsulated/not-scheduled 192.0.2.1:80' })).toBe(
      'request-encapsulated',
    );
  });

  it('is in the language of the locale', () => {
    expect(languageOf('de_DE.UTF-8')).toBe('de');
    expect(languageOf('fr_FR')).toBe('en');
    expect(languageOf(undefined)).toBe('en');
    expect(Object.keys(wordsOf('de'))).toEqual(Object.keys(wordsOf('en')));
  });
});

it('counts points', () => {
  const base = { how: 'fixed', hints: [], tries: [{ fixed: true }] } as unknown as Exercise;
  const hint = { time: '', by: 'hint' };
  const vain = { time: '', right: 1, of: 2, fixed: false };
  expect(scoreOf(base)).toBe(100);
  expect(scoreOf({ ...base, hints: [hint], tries: [vain, vain] })).toBe(80);
  expect(scoreOf({ ...base, hints: Array.from({ length: 20 }, () => hint) })).toBe(10);
  expect(scoreOf({ ...base, how: 'solved' })).toBe(0);
  expect(scoreOf({ ...base, how: 'forfeited' })).toBe(0);
});
