import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stream } from '../report/stream.ts';

// Whether there is colour is settled when picocolors is loaded; in CI it would colour a pipe too.
vi.hoisted(() => {
  vi.stubEnv('CI', '1');
  vi.stubEnv('NO_COLOR', '1');
});
const { createProgress, seconds } = await import('../../../src/terminal/progress.ts');

/** Back to the start of the line, and clears it. */
const CLEAR = '\r\x1b[K';

describe('in a pipe', () => {
  it('is one plain line for each finished thing, and nothing before', () => {
    const { stream: pipe, written } = stream();
    const progress = createProgress(pipe);
    const kernel = progress.start('kernel', 'booting');
    const image = progress.start('root filesystem');
    kernel.update('waiting');
    expect(written()).toBe('');
    kernel.done('up in 1.3 s');
    image.update('packing');
    image.fail();
    progress.note('next: lab test');
    progress.warn('no user namespaces');
    expect(written()).toBe(
      [
        '✔ kernel            up in 1.3 s',
        '✘ root filesystem   packing',
        '  next: lab test',
        '! no user namespaces',
        '',
      ].join('\n'),
    );
  });

  it('has no escape codes with NO_COLOR', () => {
    const { stream: pipe, written } = stream();
    const progress = createProgress(pipe);
    progress.start('one').done('done');
    progress.start('two').fail();
    progress.warn('three');
    expect(written().split('\n')).toHaveLength(4);
    expect(written()).not.toContain('\x1b');
  });

  it('is coloured where colours are on', async () => {
    const { default: pc } = await import('picocolors');
    vi.doMock('picocolors', () => ({ default: pc.createColors(true) }));
    vi.resetModules();
    const coloured = await import('../../../src/terminal/progress.ts');
    const { stream: pipe, written } = stream();
    const progress = coloured.createProgress(pipe);
    progress.start('one').done('done');
    progress.warn('three');
    expect(written()).toContain('\x1b[32m✔\x1b[39m one');
    expect(written()).toContain('\x1b[33m! three\x1b[39m');
  });

  it('leaves only warnings where it is to be quiet', () => {
    const { stream: pipe, written } = stream();
    const progress = createProgress(pipe, { quiet: true });
    progress.start('kernel').done('up');
    progress.start('nodes').fail();
    progress.note('next');
    progress.warn('look here');
    expect(written()).toBe('! look here\n');
  });
});

describe('on a terminal', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('draws what it is doing over the same line, and ends with the plain one', () => {
    const { stream: terminal, written } = stream(80);
    const task = createProgress(terminal).start('kernel', 'booting');
    expect(written()).toBe(`${CLEAR}⠋ kernel            booting`);
    task.update('waiting');
    expect(written().split(CLEAR).at(-1)).toBe('⠙ kernel            waiting');
    task.done('up');
    expect(written().split(CLEAR).at(-1)).toBe('✔ kernel            up\n');
    const ended = written();
    vi.advanceTimersByTime(1000);
    expect(written()).toBe(ended);
  });

  it('counts the seconds once it takes long', () => {
    const { stream: terminal, written } = stream(80);
    const task = createProgress(terminal).start('kernel', 'booting');
    vi.advanceTimersByTime(2900);
    expect(written()).not.toContain(' s');
    vi.advanceTimersByTime(200);
    expect(written()).toMatch(/booting {2}3 s$/);
    task.fail();
  });

  it('never writes past the last column but one, which would start a new line', () => {
    const { stream: terminal, written } = stream(30);
    const task = createProgress(terminal).start('kernel', 'a detail that is much too long for it');
    expect(written().replace(CLEAR, '')).toHaveLength(29);
    task.fail();
  });

  it('clears the line for a warning', () => {
    const { stream: terminal, written } = stream(80);
    const progress = createProgress(terminal);
    const task = progress.start('kernel');
    progress.warn('careful');
    expect(written().split(CLEAR).at(-1)).toBe('! careful\n');
    task.fail();
  });

  it('draws nothing where it is to be quiet', () => {
    const { stream: terminal, written } = stream(80);
    const task = createProgress(terminal, { quiet: true }).start('kernel');
    vi.advanceTimersByTime(1000);
    task.done('up');
    expect(written()).toBe('');
  });
});

it.each([
  [0, '0.0 s'],
  [449, '0.4 s'],
  [9949, '9.9 s'],
  [9950, '10 s'],
  [48_400, '48 s'],
])('%i ms read %s', (milliseconds, text) => {
  expect(seconds(milliseconds)).toBe(text);
});
