import { describe, expect, it } from 'vitest';
import { firstThatWorks, type PlaceCandidate } from '../../../src/place/choose.ts';
import { EXIT, LabError } from '../../../src/errors.ts';

const works = (option: string, own: Partial<PlaceCandidate> = {}): PlaceCandidate => ({
  ...{ machine: 'local', runtime: 'netns', option, possible: true },
  attempt: () => Promise.resolve({ reason: `${option} works` }),
  ...own,
});
const lacks = (option: string, code: 3 | 4 = EXIT.machineCannot) =>
  works(option, {
    attempt: () => Promise.reject(new LabError(code, `${option} lacks it`, { fix: `give it to ${option}` })),
  });

describe('the place for a lab', () => {
  it('is the first that works, with the others that were not tried', async () => {
    const ruledOut = works('--c', { possible: false });
    const choice = await firstThatWorks([lacks('--a'), works('--b'), ruledOut, works('--d')], {});
    expect(choice.reason).toBe('--b works; not tried: --d');
    expect((await firstThatWorks([works('--a'), ruledOut], {})).reason).toBe('--a works');
  });

  it('is said to be another than the one that the user named, with what that one lacks', async () => {
    const stated = lacks('--a');
    stated.stated = true;
    const choice = await firstThatWorks([stated, lacks('--b'), works('--c')], {});
    expect(choice.reason).toBe('--c works; --a lacks it');
    // The reason is one line on the screen.
    stated.attempt = () => Promise.reject(new LabError(EXIT.machineCannot, 'no image\n(as was tried)'));
    expect((await firstThatWorks([stated, works('--c')], {})).reason).toBe('--c works; no image');
  });

  it('is as asked, where there is but one', async () => {
    expect((await firstThatWorks([works('--a')], {})).reason).toBe('as asked');
    expect((await firstThatWorks([works('--a', { runtime: 'docker' })], {})).reason).toBe('--a works');
  });

  it('is nowhere, with what each lacks and what to do about it', async () => {
    const none = firstThatWorks([lacks('--a'), lacks('--b')], {});
    await expect(none).rejects.toMatchObject({
      exitCode: EXIT.machineCannot,
      message: 'no place here can run this lab:\n  --a lacks it\n  --b lacks it',
      fix: 'give it to --a\ngive it to --b\nlab doctor says more',
    });
    await expect(firstThatWorks([lacks('--a')], {})).rejects.toMatchObject({ message: '--a lacks it' });
  });

  it('is not looked for further where something else is wrong', async () => {
    const failing = firstThatWorks([lacks('--a', EXIT.labFailed), works('--b')], {});
    await expect(failing).rejects.toMatchObject({ exitCode: EXIT.labFailed });
  });
});
