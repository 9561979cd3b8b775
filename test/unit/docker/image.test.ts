import type { RequestListener, ServerResponse } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isEngineGone } from '../../../src/docker/engine-errors.ts';
import { follow } from '../../../src/docker/follow.ts';
import { ensureNodeImage } from '../../../src/docker/image.ts';
import { runOnce } from '../../../src/docker/one-shot.ts';
import { LabError } from '../../../src/errors.ts';
import { hostProcessor } from '../../../src/host/processor.ts';
import { createProgress } from '../../../src/terminal/progress.ts';
import { stream } from '../report/stream.ts';
import { failingEngine } from './failing-engine.ts';

const cache = mkdtempSync(join(tmpdir(), 'lvslab-image-'));
beforeAll(() => {
  vi.stubEnv('XDG_CACHE_HOME', cache);
  // So that what is put together here ends before it begins, with a message of its own.
  vi.stubEnv('LVSLAB_MIRROR', '-');
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

const refuse = (response: ServerResponse, status: number, message: string) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
const says = (response: ServerResponse, ...events: object[]) =>
  response.end(events.map((event) => `${JSON.stringify(event)}\n`).join(''));

/** What becomes of a wish for the image, where the engine has the base or not and answers so to the rest. */
async function wanted(hasBase: boolean, answer: RequestListener): Promise<LabError> {
  const { docker, end } = await failingEngine((request, response) => {
    if (request.url?.includes('/images/debian') === true && hasBase) says(response, {});
    else if (request.method === 'GET') refuse(response, 404, 'no such image');
    else {
      request.resume();
      answer(request, response);
    }
  });
  try {
    const engine = { docker, url: 'unix:///engine', processor: hostProcessor(), arch: process.arch };
    await ensureNodeImage(engine, createProgress(stream().stream));
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  } finally {
    end();
  }
  return expect.fail('it was made');
}

describe('the image of a node', () => {
  it.each<[string, boolean, RequestListener, RegExp]>([
    [
      'a registry that is out of reach',
      false,
      (_, response) => refuse(response, 500, 'Get "https://registry.invalid/v2/": no such host'),
      /debian:\S+ could not be pulled \(Get "https:\/\/registry.invalid\/v2\/": no such host\)/,
    ],
    [
      'a base that is not there',
      false,
      (_, response) => refuse(response, 404, 'manifest unknown'),
      /could not be pulled \(manifest unknown\)/,
    ],
    [
      'a registry that fails in the middle',
      false,
      (_, response) => says(response, { status: 'Pulling' }, { error: 'unexpected EOF' }),
      /could not be pulled \(unexpected EOF\)/,
    ],
    [
      'packages that cannot be fetched',
      true,
      (_, response) =>
        says(response, { stream: 'Step 1' }, { error: 'The command returned a non-zero code: 100' }),
      /images\/Dockerfile could not be built on debian:\S+ \(The command returned a non-zero code: 100\)/,
    ],
  ])(
    'is put together elsewhere because of %s, and a failure of that tells both',
    async (_, hasBase, answer, why) => {
      const error = await wanted(hasBase, answer);
      expect(error.message).toContain('LVSLAB_MIRROR "-" is no package mirror');
      expect(error.message).toMatch(why);
      expect(error.exitCode).toBe(2);
    },
  );

  it.each<[string, boolean, RequestListener, string, string | undefined]>([
    [
      'has no room for it',
      false,
      (_, response) =>
        says(
          response,
          { status: 'Extracting' },
          { error: 'write /var/lib/docker/x: no space left on device' },
        ),
      'could not be pulled: write /var/lib/docker/x: no space left on device',
      'free some GB on the disk of the engine',
    ],
    [
      'has no room for what is built',
      true,
      (_, response) => refuse(response, 500, 'mkdir /var/lib/docker/tmp/x: no space left on device'),
      'could not be built on debian:forky-slim: mkdir /var/lib/docker/tmp/x: no space left on device',
      'free some GB on the disk of the engine',
    ],
    [
      'may not be asked for it',
      false,
      (_, response) => refuse(response, 403, 'authorization denied by plugin'),
      'could not be pulled: authorization denied by plugin',
      undefined,
    ],
    [
      'ends in the middle of it',
      true,
      (_, response) => {
        response.write(`${JSON.stringify({ stream: 'Step 1' })}\n`, () => response.destroy());
      },
      'the Docker engine stopped answering (',
      'once it runs again',
    ],
    [
      'ends before it',
      false,
      (request) => request.socket.destroy(),
      'the Docker engine stopped answering (',
      'once it runs again',
    ],
  ])('is not put together elsewhere where the engine %s', async (_, hasBase, answer, message, fix) => {
    const error = await wanted(hasBase, answer);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('LVSLAB_MIRROR');
    if (fix === undefined) expect(error.fix).toBeUndefined();
    else expect(error.fix).toContain(fix);
  });

  it('is not waited for without end', async () => {
    const { docker, end } = await failingEngine((_, response) => {
      response.write(`${JSON.stringify({ status: 'Downloading' })}\n`);
    });
    const heard: string[] = [];
    const task = { update: (text: string) => heard.push(text) };
    await expect(follow(docker, await docker.pull('x'), task, 100)).rejects.toThrow('timed out: not a word');
    expect(heard).toEqual(['Downloading']);
    end();
  });
});

describe('a container that is run once', () => {
  it('may say no more than anybody reads', async () => {
    const removed: string[] = [];
    const { docker, end } = await failingEngine(
      (request, response) => {
        request.resume();
        if (request.url?.includes('/create') === true) says(response, { Id: 'abc' });
        else if (request.method === 'DELETE') removed.push(request.url ?? '');
        // It does not end, and so there is no answer to how it ended.
        if (request.method === 'DELETE' || request.url?.includes('/start') === true)
          response.writeHead(204).end();
      },
      (socket) => {
        const piece = Buffer.alloc(1024 * 1024 + 8, 'x');
        piece.writeUInt32BE(0x01000000, 0);
        piece.writeUInt32BE(1024 * 1024, 4);
        const more = () => {
          while (socket.writable && socket.write(piece));
        };
        socket.on('drain', more).on('error', () => undefined);
        more();
      },
    );
    try {
      await expect(runOnce(docker, 'image', ['yes'], {})).rejects.toThrow(
        'a container to run yes once: it said more than 16777216 bytes',
      );
      expect(removed).toEqual(['/containers/abc?force=true']);
    } finally {
      end();
    }
  });
});

it('a container whose programs are for another processor is no answer of theirs, but told as what it is', async () => {
  const said = Buffer.from('exec /usr/bin/sh: exec format error\n');
  const header = Buffer.from([2, 0, 0, 0, 0, 0, 0, said.length]);
  let done = () => undefined as unknown;
  const { docker, end } = await failingEngine(
    (request, response) => {
      request.resume();
      if (request.url?.includes('/create') === true) says(response, { Id: 'abc' });
      else if (request.url?.includes('/wait') === true) done = () => says(response, { StatusCode: 255 });
      else {
        response.writeHead(204).end();
        if (request.url?.includes('/start') === true) done();
      }
    },
    (socket) => socket.end(Buffer.concat([header, said])),
  );
  try {
    await expect(runOnce(docker, 'image', ['sh'], {})).rejects.toMatchObject({
      message: 'a container to run sh once: exec /usr/bin/sh: exec format error',
      fix: expect.stringContaining('for another processor') as string,
    });
  } finally {
    end();
  }
});

describe('an engine', () => {
  it.each([
    [{ code: 'ECONNREFUSED', syscall: 'connect', message: '' }, true],
    [{ code: 'ENOENT', syscall: 'connect', message: '' }, true],
    [{ code: 'ECONNRESET', message: 'read ECONNRESET' }, true],
    [{ message: 'socket hang up' }, true],
    [{ code: 'ENOENT', syscall: 'open', message: 'no such file' }, false],
    [{ code: 'ENOSPC', syscall: 'write', message: 'no space left on device' }, false],
    [{ statusCode: 500, message: 'request timed out' }, false],
    [new Error('something else'), false],
  ])('is gone where nobody answers, and not where this host fails: %j', (error, gone) => {
    expect(isEngineGone(error)).toBe(gone);
  });
});
