import { execa } from 'execa';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { BoardFrame } from '../../src/commands/class/board.ts';
import type { ListedClass } from '../../src/commands/class/seats.ts';
import type { ClassUpResult } from '../../src/commands/class/up.ts';
import { BIN, marked, nothingLeft, user } from './cli.ts';

const me = user('class');
const { lab, json, on, state } = me;
const folder = mkdtempSync(join(tmpdir(), 'lvslab-class-'));
const roster = join(folder, 'roster.csv');

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a class', { timeout: 240_000 }, () => {
  afterAll(async () => {
    await lab(['class', 'down', 'nat']);
    await nothingLeft(state);
  });

  const boardRows = async (...argv: string[]) => (await json<BoardFrame>(['class', 'board', ...argv])).rows;
  const seats = async () => (await json<{ classes: ListedClass[] }>(['class', 'list'])).classes[0]?.seats;

  it('with a wrong roster is refused, and nothing is made', async () => {
    writeFileSync(roster, 'name,mail\nAda,a@x\nada,b@x\n');
    const up = await lab(['class', 'up', 'nat', '--roster', roster]);
    expect(up.code).toBe(2);
    expect(up.stderr).toContain(`${roster}:3:1: "ada" and "Ada" of line 2 would both sit at ada`);
    await nothingLeft(state);
  });

  it('has a lab for each name, which says first what it needs', async () => {
    writeFileSync(roster, 'name,mail\nAda,a@x\nJörg Müller,b@x\n');
    const up = await lab(['class', 'up', 'nat', '--roster', roster]);
    expect(up.code, up.stderr).toBe(0);
    expect(up.stdout).toMatch(
      /1 more seat: about \d+ MB of .* that are free, and \d+ s \(one took \d+ MB and /,
    );
    expect(await seats()).toMatchObject([
      { seat: 'ada', name: 'Ada', lab: 'nat-ada', state: 'up' },
      { seat: 'jorg-muller', name: 'Jörg Müller', lab: 'nat-jorg-muller', state: 'up' },
    ]);
    expect((await lab(['test', 'nat-jorg-muller'])).code).toBe(0);
  });

  it('goes on where the records of one seat are damaged, and says so', async () => {
    for (const file of ['exercises.json', 'last-test.json'])
      writeFileSync(join(state, 'nat-ada', file), '{"version":');
    expect((await boardRows()).map(({ seat, state: of }) => [seat, of])).toEqual([
      ['ada', 'up'],
      ['jorg-muller', 'up'],
    ]);
    const report = await lab(['class', 'report']);
    expect(report.code).toBe(0);
    expect(report.stdout).toContain('Jörg Müller');
    expect(report.stderr).toContain('the record of the exercises of lab nat-ada is damaged');
    for (const file of ['exercises.json', 'last-test.json']) rmSync(join(state, 'nat-ada', file));
  });

  it('has the same addresses in every lab, and what one does the other does not see', async () => {
    const address = 'ip -o -4 addr show dev eth0 | grep -o "inet [0-9./]*"';
    expect(await on('nat-ada/client', address)).toBe(await on('nat-jorg-muller/client', address));
    await on('nat-ada/director', 'ipvsadm -C');
    expect((await lab(['test', 'nat-ada'])).code).toBe(1);
    expect((await lab(['test', 'nat-jorg-muller'])).code).toBe(0);
    const reset = await lab(['class', 'reset', 'Ada']);
    expect(reset.stdout).toMatch(/^✔ ada {2}\d+ differences? undone\n?$/);
    expect((await lab(['test', 'nat-ada'])).code).toBe(0);
  });

  it('gets back by the same command a lab that died, and only that', async () => {
    await lab(['down', 'nat-ada']);
    expect(await seats()).toMatchObject([{ state: 'down' }, { state: 'up' }]);
    const again = await json<ClassUpResult>(['class', 'up', 'nat', '--roster', roster]);
    expect(again.seats.map((seat) => seat.state)).toEqual(['up', 'already']);
  });

  it('grows and shrinks', async () => {
    expect((await lab(['class', 'add', 'Ada'])).code).toBe(2);
    expect((await lab(['class', 'add', 'Grace'])).code).toBe(0);
    expect((await seats())?.map(({ lab }) => lab)).toEqual(['nat-ada', 'nat-jorg-muller', 'nat-grace']);
    const stranger = await lab(['class', 'remove', 'bob']);
    expect(stranger.code).toBe(2);
    expect(stranger.stderr).toContain('its seats: ada, jorg-muller, grace');
    expect((await lab(['class', 'remove', 'ada', 'grace'])).code).toBe(0);
    expect(await seats()).toMatchObject([{ seat: 'jorg-muller', state: 'up' }]);
    expect(existsSync(join(state, 'nat-ada'))).toBe(false);
  });

  it('does at all seats what is asked, and says what differs once', async () => {
    expect((await lab(['class', 'add', 'Grace'])).code).toBe(0);
    const same = await lab(['class', 'exec', 'rs1', '--', 'hostname']);
    expect(same).toMatchObject({ code: 0, stdout: '==> all 2 seats <==\nrs1' });
    await on('nat-grace/rs1', 'echo mine > /srv/mine');
    const differ = await lab(['class', 'exec', 'rs1', '--', 'cat', '/srv/mine']);
    expect(differ.code).toBe(1);
    expect(differ.stdout).toMatch(/==> jorg-muller \(1 of 2\): exit code 1 <==\n.*No such file/);
    expect(differ.stdout).toMatch(/==> grace \(1 of 2\) <==\nmine/);
    expect((await lab(['class', 'exec', 'rs9', '--', 'true'])).stdout).toMatch(
      /there is no node rs9; its nodes: client/,
    );
  });

  it('is broken, fixed by some, checked, and reported', async () => {
    const broken = await lab(['class', 'break', '--fault', 'forwarding-off', '--lang', 'en']);
    expect(broken.code, broken.stderr).toBe(0);
    expect(broken.stdout).toContain('2 of 2 seats have an exercise');
    const test = await lab(['class', 'test']);
    expect(test.code).toBe(1);
    expect(test.stdout).toContain('0 of 2 seats passed; not jorg-muller, grace');
    const [ill] = await boardRows('--sort', 'state');
    expect(ill).toMatchObject({ state: 'up', broken: true, test: 'fail', exercise: { how: 'on' } });
    await on('nat-grace/director', 'sysctl -qw net.ipv4.ip_forward=1');
    const check = await lab(['class', 'check']);
    expect(check.code).toBe(1);
    expect(check.stdout).toContain('1 of 2 seats have fixed it; not jorg-muller');
    expect(await boardRows('--sort', 'points')).toMatchObject([
      { seat: 'grace', broken: false, points: 100, exercise: { how: 'fixed' } },
      { seat: 'jorg-muller', broken: true, points: 0, exercise: { how: 'on' } },
    ]);
    const html = join(folder, 'board.html');
    expect((await lab(['class', 'board', '--html', html])).code).toBe(0);
    expect(readFileSync(html, 'utf8')).toContain('Jörg Müller');
    const csv = join(folder, 'report.csv');
    expect((await lab(['class', 'report', '--csv', csv, '--lang', 'en'])).code).toBe(0);
    const rows = readFileSync(csv, 'utf8').split('\r\n');
    // What the trainer asks costs nobody anything.
    expect(rows[1]).toMatch(/^jorg-muller,Jörg Müller,1,,.*,still on,\d+,0,0,0$/);
    expect(rows[2]).toMatch(/^grace,Grace,1,.+,Fixed!,\d+,0,1,100$/);
    expect((await lab(['class', 'report', 'grace', '--lang', 'en'])).stdout).toMatch(
      /\| grace \| Grace \| 1 \| 1 \| 100 \|/,
    );
    expect((await lab(['class', 'reset', '--all'])).code).toBe(0);
    expect((await lab(['class', 'test'])).stdout).toContain('2 of 2 seats passed');
  });

  it('stays on the kernel that was asked for, whoever joins', async () => {
    const kernels = async () =>
      (await json<{ labs: { name: string; kernel?: { kind: string } }[] }>(['list'])).labs
        .filter(({ name }) => name.startsWith('tun-'))
        .map(({ kernel }) => kernel?.kind);
    expect((await lab(['class', 'up', 'tun', '--students', '1', '--kernel', 'debian'])).code).toBe(0);
    expect((await lab(['class', 'add', 'Grace', '--class', 'tun'])).code).toBe(0);
    expect(await kernels()).toEqual(['debian', 'debian']);
    expect((await lab(['class', 'down', 'tun'])).code).toBe(0);
    expect(await kernels()).toEqual([]);
  });

  it('takes no lab that is somebody else’s', async () => {
    writeFileSync(roster, 'muller\n');
    const clash = await lab(['class', 'up', 'dr', '--name', 'nat-jorg', '--roster', roster]);
    expect(clash.code).toBe(2);
    expect(clash.stderr).toContain('nat-jorg-muller');
    expect((await seats())?.[0]).toMatchObject({ seat: 'jorg-muller', state: 'up' });
  });
});

/** Five hundred seats of some 110 MB. */
const roomForAll = process.availableMemory() > 60e9;

describe('a class that does not fit', () => {
  it.skipIf(roomForAll)('is refused by what one seat took, and nothing stays', async () => {
    const up = await lab(['class', 'up', 'nat', '--students', '500']);
    expect(up.code).toBe(3);
    expect(up.stderr).toMatch(/class nat does not fit: 499 more seats: about .*\n.*has room for \d+ seats/);
    await nothingLeft(state);
  });
});

describe('a killed `class up`', () => {
  const start = () => {
    const [program, ...rest] = marked(state, ['node', BIN, 'class', 'up', 'nat', '--students', '5']);
    return execa(program, rest, { env: me.env, reject: false, cleanup: false });
  };
  afterEach(async () => {
    await lab(['class', 'down', 'nat']);
  });

  it.each([
    [400, 'SIGKILL', ['class', 'down', 'nat']],
    [2500, 'SIGKILL', ['class', 'down', 'nat']],
    [4500, 'SIGKILL', ['class', 'down']],
    [5500, 'SIGKILL', ['down', '--all']],
    [4500, 'SIGINT', ['class', 'down', 'nat']],
  ] as const)(
    'after %i ms by %s leaves nothing that lab %j does not take away',
    async (after, signal, down) => {
      const up = start();
      await sleep(after);
      up.kill(signal);
      await up;
      expect((await lab([...down])).code).toBe(0);
      await nothingLeft(state);
    },
  );
});
