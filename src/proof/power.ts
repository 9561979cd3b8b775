/** When something happened: between these two moments, in milliseconds since 1970. */
export interface Written {
  from: number;
  until: number;
}

/** Which nodes have power, and which had none when. */
export interface Power {
  lost: (node: string, time: number) => void;
  /** From then on it is heard again. @param node undefined: all */
  back: (node: string | undefined, time: number) => void;
  /** The moment at which something on a node is told to have happened; undefined: it had no power, so it says nothing. */
  told: (node: string, written: Written) => number | undefined;
}

/**
 * Keeps account of the nodes' power. What is known late, such as a line of a log that is read a moment after it was
 * written, is told of the time before the power went, if it may be from then.
 */
export function powerOf(): Power {
  const cuts: { node: string; lost: number; back: number }[] = [];
  return {
    lost: (node, time) => {
      cuts.push({ node, lost: time, back: Infinity });
    },
    back: (node, time) => {
      for (const cut of cuts)
        if (node === undefined || cut.node === node) cut.back = Math.min(cut.back, Math.max(cut.lost, time));
    },
    told: (node, { from, until }) => {
      const cut = cuts.find((each) => each.node === node && until >= each.lost && until < each.back);
      if (cut === undefined) return until;
      return from < cut.lost ? cut.lost - 1 : undefined;
    },
  };
}
