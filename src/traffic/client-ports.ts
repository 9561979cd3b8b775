/**
 * The client ports that requests come from: each is new for a long time, on its node.
 *
 * A director keeps an entry of a connection for a while after its end: over UDP for 300 s, and for two minutes where it
 * never sees the replies (in DR and TUN). A connection from a port that has an entry goes where that entry says, and
 * not where the scheduler would send it. The kernel begins elsewhere among its ports every ten seconds, and so it gives
 * out a port again much sooner than that, now and then.
 */
export const CLIENT_PORTS = {
  /** Below those that the kernel gives out, so that no other program has them. */
  first: 10_000,
  count: 20_000,
  /** Where a node remembers the last one. */
  file: '/run/lab-client-port',
};

const { first: FIRST, count: COUNT, file: FILE } = CLIENT_PORTS;

/** Shell: takes `$1` client ports that are new on its node. `nth_port N` then puts the Nth of them, from 1, in `$port`. */
const TAKE_PORTS = String.raw`
read -r last 2>/dev/null <${FILE}
case $last in ''|*[!0-9]*) last=${FIRST - 1} ;; esac
echo $(((last + $1 - ${FIRST}) % ${COUNT} + ${FIRST})) >${FILE}
nth_port() { port=$(((last + $1 - ${FIRST}) % ${COUNT} + ${FIRST})); }`;

/**
 * Writes what curl's `--config` takes for `$1` requests to `$2` with its options `$3`, each from a client port of its
 * own. One curl for all: in the embedded kernel starting it takes longer than its request.
 */
export const NUMBERED_REQUESTS = String.raw`${TAKE_PORTS}
n=0
while [ $n -lt $1 ]; do
  [ $n -eq 0 ] || echo next
  n=$((n + 1))
  nth_port $n
  printf '%s\n' "$3" "url = \"$2/?$n\"" "local-port = $port"
done`;

/** A line of curl's configuration (`--config`) that `curlFromNewPorts` replaces. */
export const NEW_PORT = 'local-port = new';

const CURL = `${TAKE_PORTS}
shift
n=0
while IFS= read -r text; do
  [ "$text" != '${NEW_PORT}' ] || { n=$((n + 1)); nth_port $n; text="local-port = $port"; }
  printf '%s\\n' "$text"
done | curl "$@" -K -`;

/** The command that is curl with arguments and a configuration from stdin, in which as many lines are `NEW_PORT`. */
export function curlFromNewPorts(ports: number, args: readonly string[]): string[] {
  return ['sh', '-c', CURL, 'from-new-ports', String(ports), ...args];
}
