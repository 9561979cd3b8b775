import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openJournal } from '../../../src/timeline/journal.ts';
import { parseStep } from '../../../src/timeline/scenario.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

function journal() {
  const told: string[] = [];
  const opened = openJournal(({ time, source, node, text }) => {
    told.push(`${Date.parse(time)} ${source} ${node}: ${text}`);
  });
  return { ...opened, told };
}
const did = (node: string, text: string) => [{ node, text, did: { verb: 'fail' as const } }];

describe('what happens while something is done', () => {
  it('is told after it', async () => {
    const { act, note, told } = journal();
    await act(parseStep('0s exec rs1 slow'), () => {
      vi.setSystemTime(500);
      note('requests', 'client', 'requests fail');
      return Promise.resolve(did('rs1', 'slow'));
    });
    note('ipvs', 'director', 'rs1 removed');
    expect(told).toEqual([
      '0 action rs1: slow',
      '500 requests client: requests fail',
      '500 ipvs director: rs1 removed',
    ]);
  });

  it('is told as well where it cannot be done', async () => {
    const { act, note, told, events } = journal();
    const refused = act(parseStep('0s fail rs1'), () => {
      note('requests', 'client', 'requests fail');
      return Promise.reject(new Error('rs1 does not answer'));
    });
    await expect(refused).rejects.toThrow('rs1 does not answer');
    expect(told).toEqual(['0 requests client: requests fail']);
    expect(events).toHaveLength(1);
  });
});

it('knows what was begun while a request was under way', async () => {
  const { act, begunBetween } = journal();
  vi.setSystemTime(1000);
  await act(parseStep('1s fail rs1 web'), () => Promise.resolve([]));
  expect(begunBetween(995, 1020)).toBe(1000);
  expect(begunBetween(1000, 1020)).toBeUndefined();
  expect(begunBetween(900, 999)).toBeUndefined();
});

describe('a node without power', () => {
  it('tells nothing of its logs and its table; what it wrote before is told of its time', async () => {
    const { act, note, told } = journal();
    vi.setSystemTime(1000);
    await act(parseStep('1s fail director1'), () => Promise.resolve(did('director1', 'has no power')));
    note('log', 'director1', 'vrrp: Entering FAULT STATE', { written: { from: 1300, until: 1300 } });
    note('log', 'director1', 'vrrp: Entering MASTER STATE', { written: { from: 990, until: 990 } });
    note('ipvs', 'director1', 'tcp VIP removed');
    note('announcement', 'director1', 'VIP is at director2');
    await act(parseStep('1s heal'), () => Promise.resolve([]));
    note('ipvs', 'director1', 'tcp VIP added');
    expect(told).toEqual([
      '1000 action director1: has no power',
      '990 log director1: vrrp: Entering MASTER STATE',
      '1000 announcement director1: VIP is at director2',
      '1000 ipvs director1: tcp VIP added',
    ]);
  });

  it('is heard again where it was healed from elsewhere', async () => {
    const { act, note, told } = journal();
    await act(parseStep('0s fail director1'), () => Promise.resolve(did('director1', 'has no power')));
    vi.setSystemTime(2000);
    note('ipvs', 'director1', 'tcp VIP removed');
    vi.setSystemTime(9000);
    note('ipvs', 'director1', 'tcp VIP added');
    expect(told).toEqual(['0 action director1: has no power', '9000 ipvs director1: tcp VIP added']);
  });

  it('is none where only a daemon of it fails', async () => {
    const { act, note, told } = journal();
    await act(parseStep('0s fail director1 vrrp'), () => Promise.resolve(did('director1', 'killed')));
    note('ipvs', 'director1', 'rs1 removed');
    expect(told).toHaveLength(2);
  });
});
