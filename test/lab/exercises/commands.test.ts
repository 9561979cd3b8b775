import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOf, user } from '../cli.ts';

const OWN = join(import.meta.dirname, '../../../examples/exercises/slow-uplink.yaml');

describe('the commands of an exercise', () => {
  const me = user('exercises-commands');
  const { lab, on, json } = me;
  const nodes = ['client', 'director', 'rs1', 'rs2'];
  /** What a student could read of a node's past: processes, and every shell's history. */
  const traces = async () =>
    Promise.all(
      nodes.map((node) =>
        on(node, 'ps -eo args= | grep -v "^ps \\|^sh \\|^grep \\|^sort"; cat ~/.*history 2>/dev/null | sort'),
      ),
    );

  const folder = mkdtempSync(join(tmpdir(), 'lvslab-exercise-'));

  beforeAll(async () => {
    const up = await lab(['up', 'dr']);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    expect((await lab(['down', 'dr'])).code).toBe(0);
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
  });

  it('refuse what cannot be', async () => {
    expect(await lab(['check', 'dr'])).toMatchObject({ code: 2 });
    expect(await lab(['hint', 'dr'])).toMatchObject({ code: 2 });
    const unclear = await lab(['break', 'dr']);
    expect(unclear.code).toBe(2);
    expect(unclear.stderr).toContain('lab break dr --random');
    const other = await lab(['break', 'dr', 'forwarding-off']);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('fault forwarding-off fits lab dr');
    expect((await lab(['break', 'dr', 'no-such-fault'])).stderr).toContain('one of: weight-zero');
    await on('rs1', 'ip addr add 192.0.2.77/24 dev eth0');
    const changed = await lab(['break', 'dr', '--random']);
    expect(changed.code).toBe(2);
    expect(changed.stderr).toContain('on rs1');
    expect((await lab(['reset', 'dr'])).code).toBe(0);
  });

  it('go from the complaint over hints to the answer, in German, and leave no trace on the nodes', async () => {
    const before = await traces();
    const told = await lab([
      'break',
      'dr',
      '--random',
      '--seed',
      '7',
      '--difficulty',
      'easy',
      '--lang',
      'de',
    ]);
    expect(told.code, told.stderr).toBe(0);
    expect(told.stdout).toContain('Finde heraus, was nicht stimmt');
    expect(await traces()).toEqual(before);
    const again = await lab(['break', 'dr', '--random']);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('exercise 1 is on in lab dr');

    expect((await lab(['hint', 'dr'])).stdout).toMatch(/^Hinweis 1 von 3: /);
    expect((await lab(['hint', 'dr', '--lang', 'en'])).stdout).toMatch(/^Hint 2 of 3: /);
    expect((await lab(['status', 'dr'])).stderr).toContain('counts as a hint');
    expect((await lab(['test', 'dr'])).stderr).toContain('counts as a hint');
    expect((await lab(['reset', 'dr', '--dry-run'])).stderr).toContain('counts as a hint');

    const vain = await lab(['check', 'dr', '--lang', 'de']);
    expect(vain.code).toBe(1);
    expect(vain.stdout).toContain('Noch nicht behoben.');
    const hidden = await json<{ exercises: Record<string, unknown>[] }>(['report', 'dr']);
    expect(hidden.exercises[0]).not.toHaveProperty('fault');

    const solved = await lab(['solve', 'dr', '--fix']);
    expect(solved.stdout).toContain('Ein Weg, es zu beheben:');
    expect(solved.stdout).toMatch(/^Woran man es sieht: .+/m);
    expect(solved.stdout).toMatch(/^Deine erste vergebliche Prüfung sah es:\n {4}\S/m);
    const fixed = await lab(['check', 'dr']);
    expect(fixed.code, fixed.stdout).toBe(0);
    expect(fixed.stdout).toContain('Wertung: 0 Punkte');
    const { exercises } = await json<{ exercises: { hints: { by: string }[]; tries: unknown[] }[] }>([
      'report',
      'dr',
    ]);
    expect(exercises).toMatchObject([{ how: 'solved', score: 0, seed: 7, difficulty: 'easy' }]);
    expect(exercises[0]?.hints.map((h) => h.by)).toEqual([
      'hint',
      'hint',
      'status',
      'test',
      'reset --dry-run',
    ]);
    expect(exercises[0]?.tries).toHaveLength(1);
    expect((await lab(['status', 'dr'])).stderr).toBe('');
  });

  it('judge an exercise of one’s own', async () => {
    const begun = await lab(['break', 'dr', OWN, '--lang', 'en']);
    expect(begun.code, begun.stderr).toBe(0);
    expect(begun.stdout).toContain('Every page of 192.0.2.100 takes seconds to open');
    const broken = await lab(['check', 'dr']);
    expect(broken.code).toBe(1);
    expect(broken.stdout).toContain('✘ A page does not open at once.');
    // As `lab test` says: slow is not unanswered.
    expect(broken.stdout).toContain('✔ Every request is answered.');
    expect(broken.stdout.match(/^✘/gm)).toHaveLength(1);
    const rows = broken.stdout.match(/^[✔✘?] /gm)?.length ?? 0;
    expect(broken.stdout).toContain(`Not fixed yet. ${rows - 1} of ${rows} right.`);
    await on('client', 'sysctl -qw net.ipv4.tcp_syn_retries=10');
    expect((await lab(['check', 'dr'])).code).toBe(1);
    await on('director', 'tc qdisc del dev eth0 root');
    const fixed = await lab(['check', 'dr']);
    expect(fixed.code, fixed.stdout).toBe(0);
    expect(fixed.stdout).toContain('score: 90 points');
    expect(fixed.stdout).toContain('How one sees it: In a capture at director each packet for 192.0.2.100');
    expect(fixed.stdout).not.toContain('promised:');
    expect((await lab(['reset', 'dr'])).stderr).toBe('');
  });

  it('say what is wrong with a file, and where', async () => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, readFileSync(OWN, 'utf8').replace("on: '{client}'", 'on: cleint'));
    const bad = await lab(['validate', file]);
    expect(bad.code).toBe(2);
    expect(bad.stdout).toMatch(/bad\.yaml:\d+:9: lab dr has no node "cleint"\n +did you mean "client"\?/);
    expect((await lab(['break', 'dr', file])).code).toBe(2);
    expect((await lab(['validate', OWN])).stdout).toContain('is a valid exercise');
  });

  it('give up when a node is healed', async () => {
    expect((await lab(['break', 'dr', 'vip-missing'])).code).toBe(0);
    expect((await lab(['heal', 'rs1'])).stderr).toContain('exercise 3 in lab dr is forfeited');
    expect((await lab(['check', 'dr'])).code).toBe(2);
    expect((await lab(['reset', 'dr'])).code).toBe(0);
    const page = join(folder, 'report.html');
    expect((await lab(['report', 'dr', '--html', page, '--lang', 'de'])).code).toBe(0);
    const html = readFileSync(page, 'utf8');
    for (const word of [
      'Übungen im Lab dr',
      'aufgegeben',
      'Die VIP fehlt auf einem Realserver',
      'zusammen: 90 Punkte',
    ])
      expect(html).toContain(word);
    expect((await lab(['report', 'dr', '--lang', 'en'])).stdout).toContain(
      '| 2 | The director’s link is far too slow |'.replace('’', "'"),
    );
  });
});
