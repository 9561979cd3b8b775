import { describe, expect, it } from 'vitest';
import { readClock, writtenAt } from '../../../src/proof/log-time.ts';

const time = (text: string) => Date.parse(`2026-11-28T${text}Z`);
const SAME = { ahead: 0, zone: '+0000' };
const VRRP = 'Sat Nov 28 08:41:38.857787825 2026: (ha-lan-4) Entering FAULT STATE';
const LDIRECTORD =
  '[Sat Nov 28 08:41:38 2026|ldirectord.cf|11] Deleted real server: 192.0.2.11:80 (192.0.2.100:80)';

describe('a line of a log', () => {
  const read = time('08:41:38.960');

  it('was written when its stamp says, not when it was read', () => {
    expect(writtenAt(VRRP, read, SAME)).toEqual({ from: time('08:41:38.857'), until: time('08:41:38.857') });
    expect(writtenAt(VRRP.replace('Nov 28', 'Nov  2'), Date.parse('2026-11-02T08:41:39Z'), SAME)).toEqual({
      from: Date.parse('2026-11-02T08:41:38.857Z'),
      until: Date.parse('2026-11-02T08:41:38.857Z'),
    });
  });

  it('was written within a second, where its stamp has no more, and never after it was read', () => {
    expect(writtenAt(LDIRECTORD, read, SAME)).toEqual({ from: time('08:41:38'), until: read });
    expect(writtenAt(LDIRECTORD, time('08:41:39.200'), SAME)).toEqual({
      from: time('08:41:38'),
      until: time('08:41:38.999'),
    });
  });

  it('was written a moment before it was read, where it has no stamp or one that cannot be', () => {
    const wanted = { from: read - 100, until: read };
    expect(writtenAt('[NOTICE] (12) : haproxy version is 3.2', read, SAME)).toEqual(wanted);
    expect(writtenAt(VRRP, read, { ahead: 0, zone: '+0100' })).toEqual(wanted);
    expect(writtenAt(VRRP, time('08:41:30'), SAME).until).toBe(time('08:41:30'));
  });

  it('by a clock in another zone, and ahead of ours', () => {
    const local = VRRP.replace('08:41', '10:41');
    expect(writtenAt(local, read, { ahead: 0, zone: '+0200' }).from).toBe(time('08:41:38.857'));
    expect(writtenAt(VRRP, read - 3000, { ahead: 3000, zone: '+0000' }).from).toBe(time('08:41:35.857'));
  });
});

describe('a node’s clock', () => {
  it('is ours where its answer lies between question and answer', () => {
    expect(readClock('1795855476.406049201 +0100\n', 1795855473881, 1795855476517)).toEqual({
      ahead: 0,
      zone: '+0100',
    });
  });

  it('is ahead or behind where it does not', () => {
    expect(readClock('1010.500 +0000', 1_000_000, 1_001_000).ahead).toBe(10_000);
    expect(readClock('990.500 +0000', 1_000_000, 1_001_000).ahead).toBe(-10_000);
  });

  it('is taken for ours where it does not say', () => {
    expect(readClock('date: invalid date', 1000, 2000)).toEqual({ ahead: 0, zone: '+0000' });
  });
});
