import { afterEach, describe, expect, it, vi } from 'vitest';

async function withColours(on: boolean) {
  vi.doUnmock('picocolors');
  vi.resetModules();
  const { default: pc } = await import('picocolors');
  vi.doMock('picocolors', () => ({ default: pc.createColors(on) }));
  return import('../../../src/terminal/paint.ts');
}

afterEach(() => {
  vi.doUnmock('picocolors');
  vi.resetModules();
});

describe('colours', () => {
  it('are the tool’s own, and nobody else’s', async () => {
    const { paint, onTerminal } = await withColours(true);
    const line = `${paint.green('✔')} ${paint.bold('one')}  \x1b[32m✔ forged\x1b[39m`;
    expect(onTerminal(line)).toBe('\x1b[32m✔\x1b[39m \x1b[1mone\x1b[22m  ^[[32m✔ forged^[[39m');
  });

  it('colour what is made visible, inside and out', async () => {
    const { paint, onTerminal } = await withColours(true);
    expect(onTerminal(`a\x07${paint.red('b\x1b[2J\u202e')}c\x9b`)).toBe(
      'a^G\x1b[31mb^[[2J\\u{202e}\x1b[39mc\\u{9b}',
    );
  });

  it('have marks that differ from process to process', async () => {
    const first = (await withColours(true)).paint.red('x');
    const { onTerminal, paint } = await withColours(true);
    expect(paint.red('x')).not.toBe(first);
    expect(onTerminal(first)).not.toContain('\x1b');
  });

  it('are not there where none are wanted', async () => {
    const { paint, onTerminal } = await withColours(false);
    expect(paint.red('x')).toBe('x');
    expect(onTerminal(paint.dim('\x1b[1mx'))).toBe('^[[1mx');
  });
});
