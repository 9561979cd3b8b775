import { listText } from './evidence.ts';

/** What one kind of error was, in the words of the first, and to whom it happened. */
interface Kind {
  text: string;
  clients: string[];
}

/**
 * What went wrong with requests, counted by kind: numbers of milliseconds and of ports make no difference.
 * @param bad those that went wrong, with what is to be said of each
 * @param asking every client that asked; where there are several, each kind says whose requests it befell
 */
export function errorsText(bad: { client: string; text: string }[], asking: string[]): string {
  const kinds = new Map<string, Kind>();
  for (const { client, text } of bad) {
    const key = text.replaceAll(/\d+(\.\d+)? (milliseconds|ms|seconds|s)\b|port \d+/g, '#');
    const kind = kinds.get(key) ?? { text, clients: [] };
    kinds.set(key, kind);
    kind.clients.push(client);
  }
  const several = new Set(asking).size > 1;
  return [...kinds.values()]
    .map(({ text, clients }) => {
      const count = kinds.size > 1 ? `${clients.length} × ` : '';
      return `${count}${text}${several ? ` (${countsText(clients)})` : ''}`;
    })
    .join('; ');
}

function countsText(clients: string[]): string {
  return listText(
    [...new Set(clients)].map((name) => `${name} ${clients.filter((one) => one === name).length}`),
  );
}
