import { gunzipSync, gzipSync } from 'node:zlib';
import { labRecordSchema, type LabRecord } from '../lab.ts';

/** What marks a container or network as ours. Nothing without it is ever touched. */
export const LABEL = {
  lab: 'org.lvslab.lab',
  node: 'org.lvslab.node',
  network: 'org.lvslab.network',
  topology: 'org.lvslab.topology',
  version: 'org.lvslab.version',
  /** The lab's record, packed: with it a lab can be worked with from its labels alone. */
  record: 'org.lvslab.record',
  /** Of the image of a node: the processor that its programs are for. A container has it from its image. */
  processor: 'org.lvslab.processor',
} as const;

/** The labels of whatever belongs to a lab. */
export function labelsOf(record: LabRecord): Record<string, string> {
  return {
    [LABEL.lab]: record.name,
    [LABEL.topology]: record.topology,
    [LABEL.version]: record.toolVersion,
    [LABEL.record]: gzipSync(JSON.stringify(record)).toString('base64'),
  };
}

/** Bytes. Whoever may make containers on an engine writes their labels. */
const LARGEST_RECORD = 16 * 1024 * 1024;

/**
 * The record in an object's labels; undefined where they hold none that this version understands. It counts as
 * complete: what is not, `states` tells.
 */
export function recordIn(labels: Record<string, string>): LabRecord | undefined {
  try {
    const packed = Buffer.from(labels[LABEL.record] ?? '', 'base64');
    const text = gunzipSync(packed, { maxOutputLength: LARGEST_RECORD }).toString();
    const { data } = labRecordSchema.safeParse(JSON.parse(text));
    return data === undefined ? undefined : { ...data, complete: true };
  } catch {
    return undefined;
  }
}

/** The filter that finds a lab's objects, or with no name those of every lab, in Docker's form. */
export function labelFilter(lab?: string): { label: string[] } {
  return { label: [lab === undefined ? LABEL.lab : `${LABEL.lab}=${lab}`] };
}
