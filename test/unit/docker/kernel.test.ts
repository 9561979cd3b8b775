import { afterEach, describe, expect, it, vi } from 'vitest';
import { fixEngine } from '../../../src/place/doctor-docker.ts';
import { readKernelTrial, withoutIpVs } from '../../../src/docker/kernel.ts';
import { engineSecurity } from '../../../src/docker/security.ts';
import { createProgress } from '../../../src/terminal/progress.ts';
import { failingEngine } from './failing-engine.ts';

let end = () => undefined as unknown;
afterEach(() => {
  end();
});

/** What an engine with these security options says of itself. */
async function securityOf(options: string[] | null) {
  const engine = await failingEngine((_, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ SecurityOptions: options }));
  });
  ({ end } = engine);
  return engineSecurity(engine.docker);
}

const SECCOMP = 'name=seccomp,profile=builtin';
const ABSENT = "Can't initialize ipvs: Protocol not available";
const DENIED = "Can't initialize ipvs: Permission denied (you must be root)";

/** What is said where a node's ipvsadm has said this, on an engine with these security options. */
async function said(options: string[], words: string) {
  const { rootless } = await securityOf(options);
  const more = 'Are you sure that IP Virtual Server is built in the kernel or as module?';
  const found = readKernelTrial(`words ${words}\n${more}\nipip\n`, rootless);
  expect(found).toMatchObject({ ipVs: false, ipip: true, words, rootless });
  return withoutIpVs(found);
}

it('an engine says how it is confined, and confines', async () => {
  expect(await securityOf(null)).toEqual({ appArmor: false, rootless: false });
  expect(await securityOf([SECCOMP, 'name=cgroupns'])).toEqual({ appArmor: false, rootless: false });
  expect(await securityOf(['name=apparmor', SECCOMP])).toEqual({ appArmor: true, rootless: false });
  expect(await securityOf([SECCOMP, 'name=rootless'])).toEqual({ appArmor: false, rootless: true });
});

it('an engine that does not say is named with its own words', async () => {
  const engine = await failingEngine((_, response) => {
    response.writeHead(500, { 'Content-Type': 'application/json' }).end('{"message":"no such file"}');
  });
  ({ end } = engine);
  await expect(engineSecurity(engine.docker)).rejects.toMatchObject({
    exitCode: 4,
    message: 'the security options of the engine: no such file',
  });
});

describe('an engine whose containers have no ip_vs', () => {
  it('may lack the module, which can be loaded', async () => {
    const { does, fix } = await said([SECCOMP], ABSENT);
    expect(does).toBe('has no ip_vs');
    expect(fix).toContain('doctor --fix');
  });

  it('may be one without root, whose kernel denies it: no module is offered then', async () => {
    for (const words of [DENIED, ABSENT]) {
      const { does, fix } = await said([SECCOMP, 'name=rootless'], words);
      expect(does).toContain('denies ip_vs to an engine without root (rootless)');
      expect(fix).toContain('an engine that root runs');
      expect(fix).not.toContain('--fix');
    }
  });

  it('is told so before an image is made or a module is loaded', async () => {
    const asked: string[] = [];
    const engine = await failingEngine((request, response) => {
      asked.push(`${request.method ?? ''} ${(request.url ?? '').replace(/^\/v[\d.]+/, '')}`);
      const about = {
        Version: '20.10.24',
        ApiVersion: '1.41',
        KernelVersion: '6.12',
        Os: 'linux',
        Arch: 'amd64',
      };
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ ...about, SecurityOptions: [SECCOMP, 'name=rootless'] }));
    });
    ({ end } = engine);
    vi.stubEnv('DOCKER_HOST', engine.url);
    await expect(fixEngine(createProgress(process.stderr, { quiet: true }))).rejects.toMatchObject({
      exitCode: 3,
      message:
        "the engine's kernel (6.12) denies ip_vs to an engine without root (rootless), whatever modules it has",
    });
    vi.unstubAllEnvs();
    expect(asked).toEqual(['GET /version', 'GET /info']);
  });

  it('may be denied it for another reason', async () => {
    const { does, fix } = await said([], DENIED);
    expect(does).toContain("denies ip_vs to this engine's containers");
    expect(fix).not.toContain('--fix');
  });
});
