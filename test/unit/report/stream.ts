/** A stream that keeps what is written to it: a pipe, or a terminal of that many columns. */
export function stream(columns?: number): { stream: NodeJS.WriteStream; written: () => string } {
  let text = '';
  const fake = {
    isTTY: columns !== undefined,
    columns,
    write: (chunk: string) => {
      text += chunk;
      return true;
    },
  };
  return { stream: fake as unknown as NodeJS.WriteStream, written: () => text };
}
