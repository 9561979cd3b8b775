/** One thing that was looked at. */
export interface HostFinding {
  title: string;
  /** `missing`: the tool or the user can add it; `unknown`: not known yet; `cannot` lies in the machine. */
  state: 'ok' | 'missing' | 'unknown' | 'cannot';
  detail: string;
  fix?: string;
}

/** What a machine can do, and what it cannot. */
export interface Diagnosis {
  /**
   * Whether a lab with virtual services can run here, as things are or after `up` has installed what is missing; null
   * where only the first `up` on the engine at hand tells.
   */
  ready: boolean | null;
  findings: HostFinding[];
}
