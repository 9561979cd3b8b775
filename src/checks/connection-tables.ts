import { parseConnections, type ConnectionRow } from '../proof/director-table.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** The connections that each of some directors knows (`ipvsadm -Lnc`), in the same order. */
export async function connectionTables(runtime: Runtime, directors: string[]): Promise<ConnectionRow[][]> {
  const tables = await runtime.exec(directors.map((node) => ({ node, argv: ['ipvsadm', '-Lnc'] })));
  return tables.map((table) => parseConnections(table.stdout.toString()));
}
