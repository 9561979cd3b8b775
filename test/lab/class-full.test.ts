import { afterAll, expect, it } from 'vitest';
import type { BoardFrame } from '../../src/commands/class/board.ts';
import { nothingLeft, user } from './cli.ts';

/** A whole lesson; with LVSLAB_SEATS=40 it is a full room, which takes some ten minutes on two processors. */
const SEATS = Number(process.env['LVSLAB_SEATS'] ?? 4);
const PATIENCE = 60_000 + SEATS * 60_000;

const { lab, json, state } = user('class-full');
const seats = Array.from({ length: SEATS }, (_, index) => `s${String(index + 1).padStart(2, '0')}`);

afterAll(async () => {
  await lab(['class', 'down', 'nat']);
});

async function answers(seat: string): Promise<boolean> {
  return (
    (await lab(['exec', `nat-${seat}/client`, '--', 'curl', '-s', '--max-time', '5', 'http://vip/'])).code ===
    0
  );
}

it(`${SEATS} seats run at once, each proven by its own traffic`, { timeout: PATIENCE }, async () => {
  const up = await lab(['class', 'up', 'nat', '--students', String(SEATS)]);
  expect(up.code, up.stdout + up.stderr).toBe(0);
  const test = await lab(['class', 'test']);
  expect(test.code, test.stdout).toBe(0);
  expect(test.stdout).toContain(`${SEATS} of ${SEATS} seats passed`);
});

it(
  'one after another is broken and fixed, and no other is the worse for it',
  { timeout: PATIENCE },
  async () => {
    for (const [index, seat] of seats.entries()) {
      const broken = await lab(['class', 'break', seat, '--fault', 'forwarding-off']);
      expect(broken.code, broken.stdout + broken.stderr).toBe(0);
      expect(await answers(seat)).toBe(false);
      expect(await answers(seats[(index + 1) % SEATS] ?? seat)).toBe(SEATS > 1);
      const fix = await lab(['exec', `nat-${seat}/director`, '--', 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
      expect(fix.code).toBe(0);
      const check = await lab(['class', 'check', seat]);
      expect(check.code, check.stdout).toBe(0);
    }
    const { rows } = await json<BoardFrame>(['class', 'board']);
    expect(rows.map(({ seat, broken, points }) => ({ seat, broken, points }))).toEqual(
      seats.map((seat) => ({ seat, broken: false, points: 100 })),
    );
  },
);

it('and all are gone afterwards', { timeout: PATIENCE }, async () => {
  expect((await lab(['class', 'down'])).code).toBe(0);
  await nothingLeft(state);
});
