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

/** The filter that finds a lab's objects, or with no name those of every lab, in Docker's form. */
export function labelFilter(lab?: string): { label: string[] } {
  return { label: [lab === undefined ? LABEL.lab : `${LABEL.lab}=${lab}`] };
}
