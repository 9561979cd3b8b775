import { EXIT, LabError } from '../errors.ts';
import type { Finished } from '../machine/machine.ts';

/** The agent's answer to `run`: for each job a line `code out-bytes err-bytes`, then the bytes. */
export function parseResults(bytes: Buffer, count: number): Finished[] {
  const results: Finished[] = [];
  let at = 0;
  while (results.length < count) {
    const end = bytes.indexOf(10, at);
    const head = bytes.toString('latin1', at, Math.max(end, at));
    const [code = 0, out = 0, err = 0] = head.split(' ').map(Number);
    at = end + 1;
    if (!/^\d+ \d+ \d+$/.test(head) || at + out + err > bytes.length)
      throw new LabError(EXIT.labFailed, 'the machine stopped answering in the middle of a command');
    results.push({
      code,
      stdout: bytes.subarray(at, at + out),
      stderr: bytes.toString('utf8', at + out, at + out + err),
    });
    at += out + err;
  }
  return results;
}
