import { execa } from 'execa';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { junitProblems } from '../junit-schemas.ts';
import { leftOf, user } from './cli.ts';
import { DETOUR } from './detour.ts';

const ROOT = join(import.meta.dirname, '../..');
/** In the place of the examples' own: this one has a root filesystem already. */
const CACHE = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');

interface GithubStep {
  uses?: string;
  run?: string;
  shell?: string;
  with?: Record<string, string>;
  env?: Record<string, string>;
}
interface GithubJob {
  'runs-on': string;
  container: string;
  env?: Record<string, string>;
  steps: GithubStep[];
}
interface GitlabJob {
  image: string;
  variables: Record<string, string>;
  script: string[];
  artifacts: { reports: { junit: string }; paths: string[] };
}
interface Action {
  inputs: Record<string, { default: string }>;
  runs: { steps: GithubStep[] };
}

const example = (file: string): unknown => parse(readFileSync(join(ROOT, file), 'utf8'));
const github = (file: string) =>
  Object.values((example(file) as { jobs: Record<string, GithubJob> }).jobs)[0] as GithubJob;
const gitlab = (example('examples/ci/gitlab-ci.yml') as { lvs: GitlabJob }).lvs;
const action = example('action.yml') as Action;

/** What a runner puts in the place of `${{ … }}`; an expression that is not known here is an error. */
function filled(text: string, values: Record<string, string>): string {
  return text.replaceAll(/\$\{\{ *(.*?) *\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`what is ${name}?`);
    return value;
  });
}

describe('the examples for CI', () => {
  const me = user('ci');
  const folder = mkdtempSync(join(tmpdir(), 'ci-'));
  const workspace = join(folder, 'clone');
  const path = (...parts: string[]) => join(workspace, ...parts);

  /** A clone as a runner has it, but with what was built and fetched already. */
  beforeEach(async () => {
    rmSync(workspace, { recursive: true, force: true });
    const { stdout } = await execa('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT });
    for (const file of stdout.split('\n').filter((f) => existsSync(join(ROOT, f)))) {
      mkdirSync(dirname(path(file)), { recursive: true });
      cpSync(join(ROOT, file), path(file), { preserveTimestamps: true });
    }
    cpSync(join(ROOT, 'dist'), path('dist'), { recursive: true, preserveTimestamps: true });
    symlinkSync(join(ROOT, 'node_modules'), path('node_modules'));
  });
  afterAll(async () => {
    expect(await leftOf(me.state)).toEqual({ processes: [], mounts: [] });
    rmSync(folder, { recursive: true });
  });

  /** Runs commands as both kinds of runner do: in one shell that stops at the first that fails. */
  async function run(commands: string, env: Record<string, string>, cwd = workspace) {
    return execa('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', commands], {
      cwd,
      reject: false,
      env: { ...me.env, CI: 'true', ...env, XDG_CACHE_HOME: CACHE },
    });
  }
  const githubEnv = {
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: workspace,
    GITHUB_STEP_SUMMARY: join(folder, 'summary'),
  };
  const uploads = (job: GithubJob) =>
    (job.steps.find((step) => step.uses?.startsWith('actions/upload-artifact'))?.with?.['path'] ?? '')
      .trim()
      .split(/\s+/);

  describe('GitHub Actions', () => {
    const job = github('examples/ci/github-actions.yml');
    const commands = job.steps.flatMap((step) => step.run ?? []).join('\n');

    it('is green, and writes the reports that it uploads', async () => {
      expect(filled(job.env?.['XDG_CACHE_HOME'] ?? '', { 'github.workspace': workspace })).toBe(
        path('.cache'),
      );
      expect(commands).not.toBe('');
      const ran = await run(commands, githubEnv);
      expect(ran.exitCode, ran.stdout + ran.stderr).toBe(0);
      expect(ran.stdout).toMatch(/^✔ 3 of 3 labs passed/m);
      expect(uploads(job)).toEqual(['reports', 'lvslab-evidence']);
      expect(await junitProblems(readFileSync(path('reports', 'lvs.xml'), 'utf8'))).toEqual([]);
      expect(readFileSync(join(folder, 'summary'), 'utf8')).toContain('✅');
    });

    it('fails, annotates and uploads the evidence where a lab is broken', async () => {
      writeFileSync(path('topologies', 'nat.yaml'), DETOUR);
      const ran = await run(commands, githubEnv);
      expect(ran.exitCode).toBe(1);
      expect(ran.stdout).toMatch(/^::error file=topologies\/nat\.yaml,line=1,/m);
      for (const kept of uploads(job)) expect(existsSync(path(kept))).toBe(true);
      expect(readFileSync(join(folder, 'summary'), 'utf8')).toContain('gateway is director');
    });
  });

  it('GitLab CI is green, and writes the report that it shows', async () => {
    const variables = Object.entries(gitlab.variables).map(([key, value]) => [
      key,
      value.replace('$CI_PROJECT_DIR', workspace),
    ]);
    const ran = await run(gitlab.script.join('\n'), Object.fromEntries(variables) as Record<string, string>);
    expect(ran.exitCode, ran.stdout + ran.stderr).toBe(0);
    expect(ran.stdout).not.toContain('::error');
    expect(await junitProblems(readFileSync(path(gitlab.artifacts.reports.junit), 'utf8'))).toEqual([]);
  });

  describe('the action', () => {
    const job = github('examples/ci/github-own-topologies.yml');
    const use = job.steps.find((step) => step.uses?.includes('/lvslab@'));
    const [step] = action.runs.steps;

    /** The action's step as a runner does it for these inputs, in a repository that is not this one. */
    async function act(inputs: Record<string, string>) {
      const own = join(folder, 'own');
      rmSync(own, { recursive: true, force: true });
      mkdirSync(join(own, 'lvs'), { recursive: true });
      cpSync(join(ROOT, 'topologies/dr.yaml'), join(own, 'lvs/web.yaml'));
      writeFileSync(join(own, 'lvs/mail.yaml'), DETOUR);
      const values = Object.fromEntries(
        Object.entries(action.inputs).map(([name, input]) => [
          `inputs.${name}`,
          inputs[name] ?? input.default,
        ]),
      );
      const env = Object.fromEntries(
        Object.entries(step?.env ?? {}).map(([key, text]) => [key, filled(text, values)]),
      );
      const ran = await run(
        step?.run ?? 'false',
        { ...githubEnv, GITHUB_WORKSPACE: own, GITHUB_ACTION_PATH: workspace, ...env },
        own,
      );
      return { exitCode: ran.exitCode, stdout: ran.stdout, stderr: ran.stderr, own };
    }

    it('knows every input that the example gives it', () => {
      expect(Object.keys(action.inputs)).toEqual(
        expect.arrayContaining(Object.keys(use?.with ?? { none: '' })),
      );
      expect(step?.shell).toBe('bash');
    });

    it('verifies the topologies of another repository, and fails for the one that is broken', async () => {
      const both = await act(use?.with ?? {});
      expect(both.exitCode, both.stderr).toBe(1);
      expect(both.stdout).toMatch(/^✔ lvs\/web\.yaml/m);
      expect(both.stdout).toMatch(/^::error file=lvs\/mail\.yaml,line=1,/m);
      for (const kept of uploads(job)) expect(existsSync(join(both.own, kept))).toBe(true);
      const one = await act({ topologies: 'lvs/web.yaml', arguments: '--jobs 1' });
      expect(one.exitCode, one.stderr).toBe(0);
      expect(existsSync(join(one.own, action.inputs['junit']?.default ?? ''))).toBe(true);
    });
  });

  it('all want a container that has the Node.js that this needs', () => {
    for (const image of [
      gitlab.image,
      github('examples/ci/github-actions.yml').container,
      github('examples/ci/github-own-topologies.yml').container,
    ])
      expect(Number(/^node:(\d+)-trixie$/.exec(image)?.[1])).toBeGreaterThanOrEqual(20);
  });
});
