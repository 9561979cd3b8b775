import type { ServiceAddress } from '../plan/service-name.ts';
import type { Source } from './connections.ts';
import { clientPerl } from './perl.ts';
import { complete, type Reply } from './replies.ts';

/**
 * The command that asks a DNS service `count` times, one after the other.
 * @param ports `many`: from a port of its own each; `one`: all from one; or from which
 * @param limit seconds for each
 */
export function questionCommand(
  { protocol, vip, port }: ServiceAddress,
  count: number,
  ports: 'one' | 'many' | Required<Source>[],
  limit: number,
): string[] {
  const from = Array.isArray(ports) ? ports.map((each) => `${each.address}/${each.port}`).join(',') : ports;
  return clientPerl('questions.pl', protocol, vip, String(port), String(count), from, String(limit));
}

/** Reads what the questions printed; those that left no line count as not answered. */
export function parseAnswers(client: string, output: string, count: number, stderr = ''): Reply[] {
  const replies = output
    .split('\n')
    .slice(0, -1)
    .map((row): Reply => {
      const [clientAddress = '', port = '0', server = '', error = ''] = row.split('\t');
      return {
        client,
        clientAddress,
        clientPort: Number(port),
        server: error === '' && server !== '' ? server : undefined,
        status: 0,
        error: error === '' && server === '' ? 'an empty answer' : error,
      };
    });
  return complete(client, replies, count, stderr.trim() || 'no answer from perl');
}
