import { findEndpoint, mayListen } from '../docker/endpoint.ts';
import { connectEngine } from '../docker/engine.ts';
import { LABEL, labelFilter } from '../docker/labels.ts';
import { recordIn } from '../runtime/docker/record-labels.ts';
import { LabError } from '../errors.ts';
import { readableRecords, writeRecord } from '../records/lab.ts';

/**
 * Writes a record of each lab that is on the Docker engine at hand but not known here: one made from another account or
 * host, or whose record was lost. What exists is what the engine has, not what somebody wrote down.
 * @param name only this one; none that is known is looked for
 */
export async function adoptLabs(name?: string): Promise<void> {
  const known = readableRecords().map((record) => record.name);
  if (name !== undefined && known.includes(name)) return;
  let endpoint;
  let objects;
  try {
    endpoint = findEndpoint();
    if (!mayListen(endpoint)) return;
    const { docker } = await connectEngine(endpoint);
    const filters = labelFilter(name);
    objects = [
      ...(await docker.listContainers({ all: true, filters })),
      ...(await docker.listNetworks({ filters })),
    ];
  } catch (error) {
    // No engine, no labs on it; whoever needs it hears the reason.
    if (error instanceof LabError) return;
    throw error;
  }
  for (const { Labels } of objects) {
    const labels = (Labels as Record<string, string> | undefined) ?? {};
    const lab = labels[LABEL.lab] ?? '';
    const record = recordIn(labels);
    if (record === undefined || record.name !== lab || known.includes(lab)) continue;
    try {
      writeRecord({ ...record, machine: 'local', engine: endpoint });
    } catch (error) {
      // Something else has the place of its folder; that is no reason to do without the other labs.
      if (!(error instanceof LabError)) throw error;
    }
    known.push(lab);
  }
}
