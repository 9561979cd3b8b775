import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { toolForUser } from './as-user.ts';
import { leftOf } from './cli.ts';

// www-data and games, which every Debian system has: ssh wants a user to have a name.
const ALICE = 33;
const MALLORY = 5;
/** Where the labs of a user are who has no folder of the session's own, as over ssh or after su. */
const STATE = `/tmp/lvslab-${ALICE}`;

let tool: Awaited<ReturnType<typeof toolForUser>>;
let loot: string;

beforeAll(async () => {
  if (lstatSync(STATE, { throwIfNoEntry: false }) !== undefined) throw new Error(`${STATE} is there already`);
  tool = await toolForUser(ALICE);
  loot = join(tool.home, 'loot');
  mkdirSync(loot);
  chmodSync(loot, 0o777);
});
afterEach(() => {
  rmSync(STATE, { recursive: true, force: true });
});
afterAll(async () => {
  expect(await leftOf(tool.home)).toEqual({ processes: [], mounts: [] });
  tool.remove();
});

/** Text of a program that says who has run it. */
const program = (name: string) => `#!/bin/sh\nid -u >>${loot}/${name}\n`;

function plant(owner: number, mode: number): void {
  mkdirSync(join(STATE, 'nat'), { recursive: true });
  const record = {
    ...{ version: 1, name: 'nat', machine: `ssh://-oProxyCommand=${loot}/run.sh`, runtime: 'netns' },
    ...{ topology: 'nat', toolVersion: '0.1.0', created: 'now', complete: true },
    plan: {
      version: 1,
      name: 'nat',
      title: '',
      mode: 'nat',
      networks: [],
      nodes: [],
      services: [],
      modules: [],
    },
  };
  writeFileSync(join(STATE, 'nat', 'lab.json'), JSON.stringify(record));
  writeFileSync(join(STATE, 'nat', 'boot.sh'), program('boot'), { mode: 0o777 });
  writeFileSync(join(STATE, 'nat', 'lock'), 'lvslab');
  writeFileSync(join(loot, 'run.sh'), program('ssh'), { mode: 0o777 });
  for (const path of [STATE, join(STATE, 'nat')]) {
    chmodSync(path, mode);
    chownSync(path, owner, owner);
  }
  for (const file of readdirSync(join(STATE, 'nat'))) chownSync(join(STATE, 'nat', file), MALLORY, MALLORY);
}

const COMMANDS = [
  ['list'],
  ['up', 'nat'],
  ['status', 'nat'],
  ['down', '--all'],
  ['down', 'nat'],
  ['class', 'list'],
];

it.each(COMMANDS)(
  'a folder that another user has made beforehand is not used: lab %s %s',
  async (...argv) => {
    plant(MALLORY, 0o777);
    const ran = await tool.lab(argv);
    expect(ran.stderr).toContain(
      `${STATE} is not used: it belongs to user ${MALLORY}, and you are user ${ALICE}`,
    );
    expect(ran.stderr).toContain('LVSLAB_STATE=FOLDER');
    expect(ran.exitCode).toBe(3);
    expect(readdirSync(join(STATE, 'nat')).sort()).toEqual(['boot.sh', 'lab.json', 'lock']);
    expect(readdirSync(loot)).toEqual(['run.sh']);
  },
);

it.each(COMMANDS)(
  'a folder of one’s own that others may write to is not used: lab %s %s',
  async (...argv) => {
    plant(ALICE, 0o777);
    const ran = await tool.lab(argv);
    expect(ran.stderr).toContain(`${STATE} is not used: other users may write to it (mode 0777)`);
    expect(ran.exitCode).toBe(3);
    expect(readdirSync(loot)).toEqual(['run.sh']);
  },
);

it('what was planted in a folder that is now closed is neither believed nor run', async () => {
  plant(ALICE, 0o700);
  const list = await tool.lab(['list']);
  expect(list.exitCode, String(list.stderr)).toBe(0);
  expect(list.stdout).not.toContain('up ');
  expect((await tool.lab(['status', 'nat'])).exitCode).not.toBe(0);
  expect(readdirSync(loot)).toEqual(['run.sh']);
});

it('a link in the folder’s place leads nobody to delete what is behind it', async () => {
  const papers = join(tool.home, 'papers');
  mkdirSync(join(papers, 'nat'), { recursive: true, mode: 0o700 });
  for (const file of ['lab.json', 'lock', 'thesis']) writeFileSync(join(papers, 'nat', file), 'lvslab');
  for (const path of [papers, join(papers, 'nat')]) chownSync(path, ALICE, ALICE);
  for (const file of readdirSync(join(papers, 'nat'))) chownSync(join(papers, 'nat', file), ALICE, ALICE);
  expect((await tool.as(MALLORY, ['ln', '-s', papers, STATE])).exitCode).toBe(0);
  for (const argv of COMMANDS) {
    const ran = await tool.lab(argv);
    expect(ran.stderr, argv.join(' ')).toContain('symbolic link');
    expect(ran.exitCode).toBe(3);
  }
  expect(readdirSync(join(papers, 'nat')).sort()).toEqual(['lab.json', 'lock', 'thesis']);
});

/** Tries again and again, since what is to be exchanged may lie there for a moment only. */
const attack = (first: string) => `
  end=$(($(date +%s) + 60))
  while [ ! -e ${loot}/stop ] && [ $(date +%s) -lt $end ]; do
    ${first}
    for f in boot.sh lab.json holder; do
      cp ${loot}/run.sh ${STATE}/nat/$f && echo $f >>${loot}/won
      ln -sf ${loot}/run.sh ${STATE}/nat/$f && echo $f >>${loot}/won
    done
    ls ${STATE} && echo seen >>${loot}/won
  done`;

it('while a lab is made and lives, another user gets into nothing of it', async () => {
  const attacker = tool.as(MALLORY, ['sh', '-c', attack(`[ -e ${STATE} ] || continue`)]);
  const up = await tool.lab(['up', 'nat']);
  writeFileSync(join(loot, 'stop'), '');
  await attacker;
  rmSync(join(loot, 'stop'));
  expect(up.exitCode, String(up.stderr)).toBe(0);
  expect(readdirSync(loot)).toEqual(['run.sh']);
  const check = ['ssh', '-S', join(STATE, 'nat', 'ctl'), '-O', 'check', 'guest'];
  expect((await tool.as(ALICE, check)).exitCode).toBe(0);
  expect((await tool.as(MALLORY, check)).exitCode).not.toBe(0);
  expect(readFileSync(join(STATE, 'nat', 'boot.sh'), 'utf8')).toContain('line-relay');
  expect((await tool.lab(['down', '--all'])).exitCode).toBe(0);
  expect(existsSync(STATE)).toBe(false);
});

it('whoever is the first to make the folder, nothing of another user’s is run or lost', async () => {
  for (let round = 0; round < 5; round += 1) {
    const up = tool.lab(['up', 'nat']);
    const attacker = tool.as(MALLORY, [
      ...['sh', '-c'],
      attack(`mkdir ${STATE} && mkdir -m 777 ${STATE}/nat && echo mine >${STATE}/nat/papers`),
    ]);
    const { exitCode, stderr } = await up;
    writeFileSync(join(loot, 'stop'), '');
    await attacker;
    rmSync(join(loot, 'stop'));
    const mallory = lstatSync(STATE).uid === MALLORY;
    if (mallory) {
      expect(stderr).toContain('it belongs to user');
      expect(exitCode).toBe(3);
      expect(readdirSync(join(STATE, 'nat'))).toContain('papers');
    } else expect(exitCode, String(stderr)).toBe(0);
    expect(existsSync(join(loot, 'boot'))).toBe(false);
    expect((await tool.lab(['down', '--all'])).exitCode).toBe(mallory ? 3 : 0);
    rmSync(STATE, { recursive: true, force: true });
    rmSync(join(loot, 'won'), { force: true });
  }
});
