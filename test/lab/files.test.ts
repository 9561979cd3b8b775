import { execa } from 'execa';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, leftOf, marked, user } from './cli.ts';

const me = user('files');
const { lab, on, state } = me;
const folder = mkdtempSync(join(tmpdir(), 'lvslab-files-'));
const here = (name: string) => join(folder, name);

beforeAll(async () => {
  expect((await lab(['up', 'nat'])).code).toBe(0);
});
afterAll(async () => {
  await lab(['down', '--all']);
  expect(await leftOf(state)).toEqual({ processes: [], mounts: [] });
  rmSync(folder, { recursive: true });
});

describe('lab cp', () => {
  it('takes a file to a node and back, to the byte, with its rights', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 256));
    writeFileSync(here('blob'), bytes, { mode: 0o750 });
    expect(await lab(['cp', here('blob'), 'rs1:/srv/'])).toMatchObject({
      code: 0,
      stdout: 'copied: rs1:/srv/',
    });
    expect(await on('rs1', 'stat -c "%a %s" /srv/blob')).toBe('750 300000');
    expect((await lab(['cp', 'nat/rs1:/srv/blob', here('back')])).code).toBe(0);
    expect(readFileSync(here('back')).equals(bytes)).toBe(true);
    expect((await lab(['cp', 'rs1:/etc/hostname', folder])).code).toBe(0);
    expect(readFileSync(here('hostname'), 'utf8')).toBe('rs1\n');
  });

  it.each([
    [['none', 'rs1:/x'], 2, 'there is no none here'],
    [[folder, 'rs1:/x'], 2, 'is no file'],
    [['a', 'b'], 2, 'neither of the two is on a node'],
    [['rs1:/a', 'rs2:/b'], 2, 'both are on nodes'],
    [['rs9:/a', here('x')], 2, 'has no node rs9'],
    [['rs1:/none', here('x')], 4, 'rs1: there is no /none'],
    [['rs1:/srv', here('x')], 4, '/srv is no file'],
    [['rs1:/etc/hostname', here('no/x')], 2, 'cannot write'],
  ])('refuses %j', async (argv, code, why) => {
    const ran = await lab(['cp', ...argv]);
    expect(ran.stderr).toContain(why);
    expect(ran.code).toBe(code);
    expect(existsSync(here('x')) || existsSync(here('x.part'))).toBe(false);
  });

  it('takes a name for a name, whatever it begins with', async () => {
    writeFileSync(here('-n'), 'dash\n');
    expect(await lab(['cp', '--', '-n', 'rs1:-x'], { cwd: folder })).toMatchObject({ code: 0 });
    expect(await lab(['cp', '--', '-n', 'rs1:/srv'], { cwd: folder })).toMatchObject({ code: 0 });
    expect(await on('rs1', 'cat /root/-x /srv/-n; ls -A /root | grep -c lab- || true')).toBe('dash\ndash\n0');
    expect(await lab(['cp', 'rs1:-x', '--', '-y'], { cwd: folder })).toMatchObject({ code: 0 });
    expect(readFileSync(here('-y'), 'utf8')).toBe('dash\n');
  });

  it('follows no link that lies in wait, and the one that it is given', async () => {
    for (const name of ['victim', 'linked']) writeFileSync(here(name), 'mine', { mode: 0o604 });
    symlinkSync(here('victim'), here('out.part'));
    symlinkSync('linked', here('link'));
    expect((await lab(['cp', 'rs1:/etc/hostname', here('out')])).code).toBe(0);
    expect((await lab(['cp', 'rs1:/etc/hostname', here('link')])).code).toBe(0);
    expect(readFileSync(here('victim'), 'utf8')).toBe('mine');
    for (const name of ['out', 'linked', 'link']) expect(readFileSync(here(name), 'utf8')).toBe('rs1\n');
    expect(lstatSync(here('link')).isSymbolicLink()).toBe(true);
    expect(statSync(here('linked')).mode & 0o777).toBe(0o604);
    await on('rs1', 'cd /srv; for f in a b; do echo mine >$f; done; ln -s /srv/a to.part; ln -s b by');
    writeFileSync(here('new'), 'new\n');
    expect((await lab(['cp', here('new'), 'rs1:/srv/to'])).code).toBe(0);
    expect((await lab(['cp', here('new'), 'rs1:/srv/by'])).code).toBe(0);
    expect(await on('rs1', 'cd /srv; cat a b to by; readlink by; ls -A | grep -c lab- || true')).toBe(
      'mine\nnew\nnew\nnew\nb\n0',
    );
  });

  it('writes into a device, and leaves it one', async () => {
    writeFileSync(here('new'), 'new\n');
    expect((await lab(['cp', here('new'), 'rs1:/dev/null'])).code).toBe(0);
    expect(await on('rs1', 'stat -c %F /dev/null')).toBe('character special file');
    expect((await lab(['cp', 'rs1:/etc/hostname', '/dev/null'])).code).toBe(0);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    const full = await lab(['cp', 'rs1:/etc/hostname', '/dev/full']);
    expect(full.stderr).toContain('ENOSPC');
    expect(full.code).toBe(3);
    await on('rs1', 'mkfifo /srv/fifo; ln -s nowhere /srv/nowhere');
    for (const [place, why] of [
      ['/srv/fifo', 'is a FIFO'],
      ['/srv/nowhere', 'is a link that leads nowhere'],
      ['/none/', 'is no folder'],
    ])
      expect((await lab(['cp', here('new'), `rs1:${place}`])).stderr).toContain(why);
  });

  it('leaves what was there where the disk is full', async () => {
    await on('rs2', 'echo old > /run/file; head -c 7900000 /dev/zero > /run/fill');
    writeFileSync(here('large'), Buffer.alloc(2_000_000));
    expect((await lab(['cp', here('large'), 'rs2:/run/file'])).stderr).toContain('No space left');
    expect(await on('rs2', 'rm /run/fill; cat /run/file; ls /run/file*')).toBe('old\n/run/file');
  });
});

describe('lab forward', () => {
  it('leads a program of this host through the director, until Ctrl-C', async () => {
    const [program, ...rest] = marked(state, ['node', BIN, 'forward', 'nat', '0']);
    const forward = execa(program, rest, { env: me.env, reject: false, cleanup: false });
    const said = await new Promise<string>((resolve) => {
      forward.stdout.once('data', (bytes: Buffer) => {
        resolve(bytes.toString());
      });
    });
    const url = /^(http:\S+) asks 203\.0\.113\.100:80 from client; /.exec(said)?.[1] ?? said;
    const port = Number(new URL(url).port);
    const scheduled = async () =>
      Number(await on('director', 'ipvsadm -Lnc | grep -c 203.0.113.100:80 || true'));
    const before = await scheduled();
    const answers = [];
    for (let n = 0; n < 4; n += 1)
      answers.push((await (await fetch(url, { headers: { connection: 'close' } })).text()).slice(0, 3));
    expect(new Set(answers)).toEqual(new Set(['rs1', 'rs2']));
    expect(await scheduled()).toBe(before + 4);
    const second = await lab(['forward', 'nat', String(port)]);
    expect(second.code).toBe(3);
    expect(second.stderr).toContain('EADDRINUSE');
    // Somebody who is still connected does not keep it from ending.
    const idle = connect(port, '127.0.0.1').on('error', () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    forward.kill('SIGINT');
    expect((await forward).exitCode).toBe(0);
    // What it ran on the node notices a moment later that nobody listens.
    await expect.poll(() => on('client', 'pgrep -c nc || true'), { timeout: 10_000 }).toBe('0');
    idle.destroy();
  });

  it.each([
    [['nat', '70000'], 'it must be a port'],
    [['nat', '--service', '192.0.2.9:80'], 'has no service 192.0.2.9:80'],
    [['nat', '--client', 'rs1'], 'has no client rs1'],
    [['none'], 'no lab none is up'],
  ])('refuses %j', async (argv, why) => {
    const ran = await lab(['forward', ...argv]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(why);
  });
});
