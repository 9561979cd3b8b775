/** One thing that was looked at. */
export interface Finding {
  title: string;
  /** `missing` is mended by the tool or the user; `cannot` lies in the machine. */
  state: 'ok' | 'missing' | 'cannot';
  detail: string;
  mend?: string;
}

/** What a machine can do, and what it cannot. */
export interface Diagnosis {
  /** Whether a lab with virtual services can run here, as things are or after `up` has installed what is missing. */
  ready: boolean;
  findings: Finding[];
}
