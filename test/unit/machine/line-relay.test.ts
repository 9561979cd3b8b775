import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/host/paths.ts';

const RELAY = join(packageRoot, 'images', 'line-relay');

/** What a guest in Perl needs to speak as guest-init does; it stands before what the guest of a test does. */
const GUEST = `use strict; $| = 1; binmode STDOUT;
sub frame { my ($type, $count, $bytes) = @_; syswrite STDOUT, pack('a N', $type, $count) . ($bytes // '') }
sub data { frame('d', length $_[0], $_[0]) }
`;

/** Runs the relay with a guest, which is no kernel here, and a client that says so much, and then stays or goes. */
async function relay(guest: string, says: string, goes = false) {
  const child = spawn('perl', [RELAY, '/no/console', 'perl', '-e', GUEST + guest], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [heard, complaint] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.write(says);
  if (goes) child.stdin.end();
  const [code] = (await once(child, 'close')) as [number];
  return { heard, complaint, code };
}

describe('the host’s end of the line', () => {
  it('hands to the client the bytes that frames hold, however they are cut', async () => {
    const guest = `my $all = pack('a N', 'd', 5) . 'hello' . pack('a N', 'd', 0) . pack('a N', 'd', 2) . "\\0\\n";
      for my $byte (split //, $all) { syswrite STDOUT, $byte; select undef, undef, undef, 0.002 }`;
    expect(await relay(guest, '')).toEqual({ heard: 'hello\0\n', complaint: '', code: 0 });
  });

  it('sends nothing before the guest has given credit, and never more than that', async () => {
    // Looks for a tenth of a second whether anything comes, gives ten bytes of credit, and looks again.
    const guest = `sub comes { my $set = ''; vec($set, 0, 1) = 1; return select $set, undef, undef, 0.1 }
      data(comes() ? 'early ' : 'nothing ');
      frame('c', 10);
      my $got = ''; while (comes()) { last unless sysread STDIN, $got, 4096, length $got }
      data(length($got) . ' ');
      frame('c', 3); $got = ''; while (comes()) { last unless sysread STDIN, $got, 4096, length $got }
      data($got);`;
    const { heard, code } = await relay(guest, 'abcdefghijklmnopqrstuvwxyz');
    expect({ heard, code }).toEqual({ heard: 'nothing 10 klm', code: 0 });
  });

  it('keeps to its window where it is given more credit', async () => {
    const guest = `frame('c', 100000); my $most = 0;
      while (my $read = sysread STDIN, my $bytes, 65536) { $most = $read if $read > $most; last if ($main::all += $read) >= 50000 }
      data($main::all >= 50000 ? 'all' : 'part');`;
    expect((await relay(guest, 'x'.repeat(50_000))).heard).toBe('all');
  });

  it('ends with the client, and its end of the line with it', async () => {
    const guest = `frame('c', 100); 1 while sysread STDIN, my $bytes, 4096; print STDERR "the line is gone\\n"`;
    const { code, complaint } = await relay(guest, 'bye', true);
    expect({ code, complaint }).toEqual({ code: 0, complaint: 'the line is gone\n' });
  });

  it('ends with the guest, and says which signal ended it', async () => {
    expect(await relay(`data('up'); kill 9, $$`, '')).toEqual({
      heard: 'up',
      complaint: 'the kernel was ended by signal 9\n',
      code: 0,
    });
    expect((await relay('exit 3', '')).complaint).toBe('');
  });

  it('is not disturbed by a word on memory that nothing can be done about, or by a type that it does not know', async () => {
    const guest = `frame('f', 50000); frame('f', 90000); frame('z', 7); data('still here')`;
    expect(await relay(guest, '')).toEqual({ heard: 'still here', complaint: '', code: 0 });
  });
});
