import { describe, expect, it } from 'vitest';
import { hostProcessor, processorNamed, processorText } from '../../../src/host/processor.ts';

describe('processors', () => {
  it.each([
    ['x86_64', 'amd64'],
    ['x64', 'amd64'],
    ['amd64', 'amd64'],
    ['aarch64', 'arm64'],
    ['arm64', 'arm64'],
    ['riscv64', undefined],
    ['constructor', undefined],
    ['', undefined],
  ])('%s is %s', (name, processor) => {
    expect(processorNamed(name)).toBe(processor);
  });

  it('know the one that these tests run on', () => {
    expect(hostProcessor()).toBe(processorNamed(process.arch));
    expect(processorText('amd64')).toBe('x86-64');
    expect(processorText('arm64')).toBe('arm64');
  });
});
