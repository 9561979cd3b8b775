import { gunzipSync, gzipSync } from 'node:zlib';
import { LABEL } from '../../docker/labels.ts';
import { labRecordSchema, type LabRecord } from '../../records/lab.ts';

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
