/**
 * The client ports that requests come from: each is new for a long time, on its node.
 *
 * A director keeps an entry of a connection for a while after its end: over UDP for 300 s, and for two minutes where it
 * never sees the replies (in DR and TUN). A connection from a port that has an entry goes where that entry says, and
 * not where the scheduler would send it. The kernel gives out a port again much sooner than that, now and then.
 */
export const CLIENT_PORTS = {
  /** Below those that the kernel gives out, so that no other program has them. */
  first: 10_000,
  count: 20_000,
  /** Where a node remembers the last one. */
  file: '/run/lab-client-port',
};
