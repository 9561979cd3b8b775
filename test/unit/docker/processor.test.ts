import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { dockerAt } from '../../../src/place/choose-docker.ts';
import { engineFacts } from '../../../src/place/engine-facts.ts';
import { dockerFindings } from '../../../src/place/judge-docker.ts';
import { buildImage, exportImage, importImage } from '../../../src/commands/image.ts';
import { connectEngine, labProcessor } from '../../../src/docker/engine.ts';
import { ensureNodeImage, nodeImage } from '../../../src/docker/image.ts';
import { LabError } from '../../../src/errors.ts';
import { PROCESSORS, processorText, type Processor } from '../../../src/host/processor.ts';
import { createProgress } from '../../../src/terminal/progress.ts';
import { shipped } from '../plan/labs.ts';
import { stream } from '../report/stream.ts';
import { failingEngine } from './failing-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-processor-'));
let end: () => void = () => undefined;
beforeAll(() => {
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  // So that what is put together here ends before it begins.
  vi.stubEnv('LVSLAB_MIRROR', '-');
});
afterEach(() => {
  end();
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const quiet = () => createProgress(stream().stream, { quiet: true });
const send = (response: ServerResponse, body: unknown, status = 200) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);

/** An image as an engine tells of it. */
interface Image {
  Architecture: string;
  Config?: { Labels: Record<string, string> | null };
}

/**
 * What engines of processors that are not at hand say.
 * @param images by name
 * @returns the requests that would have changed something, without their API's version
 */
async function engineOn(
  about: { Arch: string; Os?: string },
  images: Record<string, Image> = {},
  answer: RequestListener = (_, response) => send(response, {}),
) {
  const changes: string[] = [];
  const { url, end: stop } = await failingEngine((request, response) => {
    const path = decodeURIComponent((request.url ?? '').replace(/^\/v[\d.]+/, ''));
    request.resume();
    if (path === '/version')
      send(response, { Version: '28.5.2', ApiVersion: '1.51', KernelVersion: '6.12', Os: 'linux', ...about });
    else if (request.method === 'GET' && path.endsWith('/json')) {
      const image = images[path.replace(/^\/images\/(.*)\/json$/, '$1')];
      if (image === undefined) send(response, { message: 'no such image' }, 404);
      else send(response, image);
    } else {
      changes.push(`${request.method ?? ''} ${path}`);
      if (request.method === 'DELETE') {
        const name = path.replace(/^\/images\/([^?]*).*$/, '$1');
        Reflect.deleteProperty(images, name);
        send(response, []);
      } else
        request.on('end', () => {
          answer(request, response);
        });
    }
  });
  end = stop;
  vi.stubEnv('DOCKER_HOST', url);
  const endpoint = { url, reason: 'the test', certificates: undefined };
  return { endpoint, changes, engine: await connectEngine(endpoint) };
}

async function refusal(work: Promise<unknown>): Promise<LabError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  return expect.fail('it was not refused');
}

describe('the processor of an engine', () => {
  it.each([
    ['arm64', 'arm64'],
    ['aarch64', 'arm64'],
    ['amd64', 'amd64'],
  ])('is known where it calls itself %s', async (Arch, processor) => {
    const { engine } = await engineOn({ Arch });
    expect(labProcessor(engine)).toBe(processor);
  });

  it.each([
    [{ Arch: 'riscv64' }, 'riscv64'],
    [{ Arch: 's390x' }, 's390x'],
    [{ Arch: 'amd64', Os: 'windows' }, 'windows/amd64'],
  ])('is refused by its name before anything is pulled: %j', async (about, name) => {
    const { engine, endpoint, changes } = await engineOn(about);
    const said = `the Docker engine at ${endpoint.url} runs on ${name}, and labs run on Linux on x86-64 and arm64 only`;
    const refusals = await Promise.all([
      refusal(ensureNodeImage(engine, quiet())),
      refusal(dockerAt(endpoint, { plan: shipped('nat'), topology: 'nat' }, quiet())),
      refusal(buildImage(quiet())),
      refusal(exportImage(join(folder, 'none.tar'))),
      refusal(importImage(join(folder, 'none.tar'))),
    ]);
    for (const { message, exitCode } of refusals)
      expect({ message, exitCode }).toEqual({ message: said, exitCode: 3 });
    expect(dockerFindings(await engineFacts([])).find(({ state }) => state === 'cannot')?.detail).toBe(
      said.replace(endpoint.url, `${endpoint.url} (DOCKER_HOST)`),
    );
    expect(changes).toEqual([]);
  });
});

describe('the image of a node', () => {
  it('has a name for each processor', () => {
    const names = PROCESSORS.map(nodeImage);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^lvslab-node:[0-9a-f]{12}$/);
  });

  it.each([
    ['is not there', {}],
    ['is there for another', { 'debian:forky-slim': { Architecture: 'amd64' } }],
  ])('is built for the engine, on a base for it that %s', async (_, images) => {
    const { engine, changes } = await engineOn({ Arch: 'aarch64' }, images, (request, response) => {
      if (request.url?.includes('/build?') === true) send(response, { error: 'stop here' });
      else send(response, { status: 'pulled' });
    });
    await refusal(ensureNodeImage(engine, quiet()));
    expect(changes).toEqual([
      expect.stringMatching(/^POST \/images\/create\?.*platform=linux\/arm64/),
      expect.stringMatching(
        /^POST \/build\?.*platform=linux\/arm64.*labels=\{"org\.lvslab\.processor":"arm64"\}/,
      ),
    ]);
  });

  const FOREIGN: [string, Image][] = [
    ['an architecture', { Architecture: 'amd64' }],
    ['a label', { Architecture: 'arm64', Config: { Labels: { 'org.lvslab.processor': 'amd64' } } }],
  ];

  it.each(FOREIGN)('for another processor, by %s of it, is noticed before it runs', async (_, image) => {
    const name = nodeImage('arm64');
    const { engine, endpoint, changes } = await engineOn({ Arch: 'arm64' }, { [name]: image });
    const said = `${name} on the Docker engine at ${endpoint.url} is for x86-64, and the engine runs on arm64: nothing in it would start`;
    for (const { message, fix, exitCode } of [
      await refusal(ensureNodeImage(engine, quiet())),
      await refusal(dockerAt(endpoint, { plan: shipped('nat'), topology: 'nat' }, quiet())),
      await refusal(exportImage(join(folder, 'none.tar'))),
    ]) {
      expect({ message, exitCode }).toEqual({ message: said, exitCode: 3 });
      expect(fix).toContain('lab image build replaces it');
    }
    expect(dockerFindings(await engineFacts([])).at(-1)).toMatchObject({
      title: 'node image',
      state: 'cannot',
      detail: said,
    });
    expect(changes).toEqual([]);
  });

  it.each(FOREIGN)('for another processor, by %s of it, is replaced by a build', async (_, image) => {
    const images = { [nodeImage('arm64')]: image };
    const { changes } = await engineOn({ Arch: 'arm64' }, images, (request, response) => {
      if (request.url?.includes('/build?') === true) {
        images[nodeImage('arm64')] = { Architecture: 'arm64' };
        send(response, { stream: 'built' });
      } else send(response, { status: 'pulled' });
    });
    expect(await buildImage(quiet())).toEqual({
      image: nodeImage('arm64'),
      processor: 'arm64',
      already: false,
    });
    expect(changes[0]).toBe(`DELETE /images/${nodeImage('arm64')}?force=true`);
  });

  it('without our label, and of the right architecture, is taken as it is', async () => {
    const { engine, changes } = await engineOn(
      { Arch: 'arm64' },
      { [nodeImage('arm64')]: { Architecture: 'arm64', Config: { Labels: null } } },
    );
    await ensureNodeImage(engine, quiet());
    expect(changes).toEqual([]);
  });
});

/** An archive as `docker save` writes it, of images with these tags and this configuration. */
function archive(
  name: string,
  images: { tags: string[] | null; architecture: string; label?: string }[],
  packed = false,
  program?: Buffer,
): string {
  const work = join(folder, `${name}-parts`);
  const layer = join(work, 'blobs', 'sha256', 'layer');
  mkdirSync(join(work, 'blobs', 'sha256'), { recursive: true });
  // The layers come before what tells of them, and are larger than what is read at once.
  if (program === undefined) writeFileSync(layer, Buffer.alloc(300_001, 'x'));
  else {
    mkdirSync(join(work, 'bin'));
    writeFileSync(join(work, 'bin', 'a-page'), Buffer.alloc(300_001, 'x'));
    symlinkSync('a-page', join(work, 'bin', 'b-link'));
    writeFileSync(join(work, 'bin', 'c-program'), program);
    execFileSync('tar', [packed ? '-czf' : '-cf', layer, '--sort=name', '-C', work, 'bin']);
  }
  const manifest = images.map(({ tags, architecture, label }, index) => {
    const config = `blobs/sha256/config${index}`;
    const Labels = label === undefined ? null : { 'org.lvslab.processor': label };
    writeFileSync(join(work, config), JSON.stringify({ architecture, os: 'linux', config: { Labels } }));
    return { Config: config, RepoTags: tags, Layers: ['blobs/sha256/layer'] };
  });
  writeFileSync(join(work, 'manifest.json'), JSON.stringify(manifest));
  const file = join(folder, name);
  execFileSync('tar', [packed ? '-czf' : '-cf', file, '-C', work, 'blobs', 'manifest.json']);
  return file;
}

describe('an archive for an arm64 engine', () => {
  const [own, other] = [nodeImage('arm64'), nodeImage('amd64')];
  const right = [{ tags: [own], architecture: 'arm64', label: 'arm64' }];

  it.each<[string, Parameters<typeof archive>[1]]>([
    ['an x86-64 export', [{ tags: [other], architecture: 'amd64', label: 'amd64' }]],
    ['an x86-64 export under the right name', [{ tags: [own], architecture: 'amd64' }]],
    ['one that is labelled as x86-64', [{ tags: [own], architecture: 'arm64', label: 'amd64' }]],
  ])('is refused, and the engine left as it was: %s', async (name, images) => {
    const { endpoint, changes } = await engineOn({ Arch: 'arm64' });
    const file = archive(`${name}.tar`, images);
    const { message, fix, exitCode } = await refusal(importImage(file));
    expect(message).toBe(
      `${file} holds the image of a node for x86-64, and the Docker engine at ${endpoint.url} runs on arm64`,
    );
    expect(fix).toContain('lab image export FILE');
    expect(fix).toContain('lab image build');
    expect(exitCode).toBe(2);
    expect(changes).toEqual([]);
  });

  it.each<[string, Parameters<typeof archive>[1]]>([
    ['nothing', []],
    ['another image', [{ tags: ['debian:forky-slim'], architecture: 'arm64' }]],
    ['one of another version', [{ tags: ['lvslab-node:0123456789ab'], architecture: 'arm64' }]],
    ['one without a name', [{ tags: null, architecture: 'arm64' }]],
    ['another one as well', [...right, { tags: ['debian:forky-slim'], architecture: 'arm64' }]],
    ['another name as well', [{ tags: [own, 'debian:forky-slim'], architecture: 'arm64' }]],
  ])('is refused where it holds %s', async (name, images) => {
    const { changes } = await engineOn({ Arch: 'arm64' });
    const { message } = await refusal(importImage(archive(`${name}.tar`, images)));
    expect(message).toContain(`does not hold just ${own}`);
    expect(changes).toEqual([]);
  });

  it('is refused where it is none, or is cut off, or not there', async () => {
    const { changes } = await engineOn({ Arch: 'arm64' });
    const file = join(folder, 'text');
    writeFileSync(file, 'x'.repeat(2000));
    expect((await refusal(importImage(file))).message).toContain('does not hold just');
    writeFileSync(file, '');
    expect((await refusal(importImage(file))).message).toContain('does not hold just');
    writeFileSync(file, Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]));
    expect((await refusal(importImage(file))).message).toContain(`cannot import ${file}`);
    expect((await refusal(importImage(join(folder, 'absent')))).message).toContain('ENOENT');
    expect(changes).toEqual([]);
  });

  it.each([
    ['as Docker writes it', own, false],
    ['as Podman writes it', `localhost/${own}`, false],
    ['packed', own, true],
  ])('is given to it where it is right, %s', async (name, tag, packed) => {
    const images: Record<string, Image> = {};
    const { changes } = await engineOn({ Arch: 'arm64' }, images, (_, response) => {
      images[own] = { Architecture: 'arm64' };
      send(response, { stream: 'Loaded' });
    });
    const file = archive(`${name}.tar`, [{ tags: [tag], architecture: 'arm64', label: 'arm64' }], packed);
    expect(await importImage(file)).toEqual({ image: own, processor: 'arm64' });
    expect(changes).toEqual([expect.stringMatching(/^POST \/images\/load/)]);
  });

  /** The beginning of a program: 64 bits, little-endian, an executable. */
  const elf = (machine: number) => {
    const head = Buffer.alloc(64);
    head.write('\x7fELF\x02\x01\x01', 'latin1');
    head.writeUInt16LE(2, 16);
    head.writeUInt16LE(machine, 18);
    return head;
  };

  it.each([
    ['x86-64', 62, false],
    ['x86-64', 62, true],
    ['another processor (number 243 in ELF headers)', 243, false],
  ])(
    'that says nothing of it and has programs for %s (%i, packed: %s) is refused',
    async (said, machine, packed) => {
      const { changes } = await engineOn({ Arch: 'arm64' });
      const unlabelled = [{ tags: [own], architecture: 'arm64' }];
      const file = archive(`programs-${machine}-${packed}.tar`, unlabelled, packed, elf(machine));
      expect((await refusal(importImage(file))).message).toContain(
        `${file} holds the image of a node for ${said}, and`,
      );
      expect(changes).toEqual([]);
    },
  );

  it.each([false, true])('that has programs for it is given to it (packed: %s)', async (packed) => {
    const images: Record<string, Image> = {};
    const { changes } = await engineOn({ Arch: 'arm64' }, images, (_, response) => {
      images[own] = { Architecture: 'arm64' };
      send(response, { stream: 'Loaded' });
    });
    await importImage(archive(`programs-${packed}.tar`, right, packed, elf(183)));
    expect(changes).toHaveLength(1);
  });

  it('that the engine reads otherwise than it was looked at here is not left on it', async () => {
    const images: Record<string, Image> = {};
    const { changes } = await engineOn({ Arch: 'arm64' }, images, (_, response) => {
      images[own] = { Architecture: 'amd64' };
      send(response, { stream: 'Loaded' });
    });
    await refusal(importImage(archive('two faces.tar', right)));
    expect(changes).toEqual([expect.stringMatching(/^POST/), `DELETE /images/${own}?force=true`]);
  });
});

it.each(PROCESSORS)(
  'an image of this version is refused by an engine on any other than %s',
  async (processor) => {
    const other = PROCESSORS.find((p) => p !== processor) as Processor;
    const { changes } = await engineOn({ Arch: other });
    const file = archive(`${processor}.tar`, [{ tags: [nodeImage(processor)], architecture: processor }]);
    expect((await refusal(importImage(file))).message).toContain(
      `holds the image of a node for ${processorText(processor)}`,
    );
    expect(changes).toEqual([]);
  },
);
