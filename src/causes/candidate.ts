/** A setting of a node that explains a loss. */
export interface CauseCandidate {
  /** A stable name for its kind, whatever node and values it is about. */
  id: string;
  /** One clause: the setting, its value, and why that loses the packet. */
  text: string;
  /** Facts of drift that it rests on: a kind alone, or kind and name. */
  facts: string[];
}

export function candidate(id: string, text: string, facts: string[] = []): CauseCandidate {
  return { id, text, facts };
}
