/** One request to a VIP, an HTTP request or a DNS question, and who answered it. */
export interface Reply {
  /** Node that asked. */
  client: string;
  /** The address that it asked from; empty where no connection came about. */
  clientAddress: string;
  /** The client's port, with the address what the director's table and captures know the connection by. */
  clientPort: number;
  /** Real server that answered, by its own account; undefined where none did. */
  server: string | undefined;
  /** Of HTTP; 0 where there is none. */
  status: number;
  /** What went wrong, in the client program's words; empty where nothing did. */
  error: string;
}

/** Fills up replies to as many as were asked for: what left no line was not answered, for this reason. */
export function complete(client: string, replies: Reply[], count: number, error: string): Reply[] {
  const none: Reply = { client, clientAddress: '', clientPort: 0, server: undefined, status: 0, error };
  return [...replies, ...Array.from({ length: Math.max(0, count - replies.length) }, () => none)];
}
