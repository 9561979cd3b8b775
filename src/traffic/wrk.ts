import * as z from 'zod/mini';
import { ownProgram } from '../host/own-program.ts';
import { quote } from '../plan/script.ts';

/** A run of wrk on one node: what it is to do. */
export interface WrkOrder {
  url: string;
  /** Connections that are open at once. */
  connections: number;
  /** Whole seconds. */
  seconds: number;
  /** Whether a connection is used again after its first answer. */
  keepAlive: boolean;
}

const wrkReportSchema = z.object({
  /** Microseconds that it ran. */
  duration: z.number(),
  requests: z.number(),
  /** Bytes that came, headers included. */
  bytes: z.number(),
  errors: z.object({ connect: z.number(), read: z.number(), write: z.number(), timeout: z.number() }),
  /** Pairs of microseconds and how many requests took that long, ascending. */
  latency: z.array(z.tuple([z.number(), z.number()])),
  /** Answers by `SERVER SECOND`: the real server (`?` for one that names none), and the second since the start, from 0. */
  answers: z.record(z.string(), z.number()),
  /** How many answers had an HTTP status that is not 2xx, by status. */
  statuses: z.record(z.string(), z.number()),
});
/** What one run of wrk tells, as it counts. */
export type WrkReport = z.infer<typeof wrkReportSchema>;

/** Seconds after which wrk calls an answer late. */
export const LATE = 2;

/** Seconds before the end at which the node looks which connections still wait for an answer. */
const LOOK = 0.5;

/**
 * The shell script that runs wrk, and ends it when standard input ends: whoever wanted it is gone then. Shortly before the
 * end it lists the sockets, on the node itself: a command from outside could come after the end where the host is busy.
 */
export function wrkScript({ url, connections, seconds, keepAlive }: WrkOrder): string {
  const headers = keepAlive ? '' : "-H 'Connection: close' ";
  const { hostname, port, protocol } = new URL(url);
  // A scheme's own port is not in its URL.
  const where = `${hostname}:${port !== '' ? port : protocol === 'https:' ? 443 : 80}`;
  // wrk reads its script several times over: from a file that has no name any more, so that none is left.
  return `lua=$(mktemp /run/lvslab-load.XXXXXX) && sockets=$(mktemp /run/lvslab-load.XXXXXX) || exit 1
exec 4<"$lua" 5<"$sockets"
cat >"$lua" <<'END_OF_LUA'
${ownProgram('client/answers.lua')}END_OF_LUA
exec 6>"$sockets"
rm "$lua" "$sockets"
ulimit -n $(ulimit -Hn)
exec 3<&0
wrk -t 1 -c ${connections} -d ${seconds}s --timeout ${LATE}s ${headers}-s /proc/self/fd/4 ${quote(url)} </dev/null 3<&- &
wrk=$!
{ read -r _ <&3; kill $wrk; } 4<&- >/dev/null 2>&1 &
watch=$!
exec 3<&-
(
  trap 'kill $nap; exit' TERM
  sleep ${seconds - LOOK} </dev/null >/dev/null 2>&1 &
  nap=$!
  wait $nap
  ss -Htnio dst ${quote(where)} >&6
) &
look=$!
wait $wrk
code=$?
kill $watch
kill $look 2>/dev/null
wait $look
sed 's/^/@socket /' /proc/self/fd/5
exit $code
`;
}

/**
 * One line of what wrk and its script print.
 * @returns undefined for a line that is meant for people, or of which a part is missing
 */
export function readWrkLine(
  text: string,
): { second: number; answers: number } | { report: WrkReport } | { socket: string } | undefined {
  const [word, ...rest] = text.split(' ');
  if (word === '@socket') return { socket: rest.join(' ') };
  if (word === '@second') return { second: Number(rest[0]), answers: Number(rest[1]) };
  if (word === '@report') {
    const report = readReport(rest.join(' '));
    return report && { report };
  }
  return undefined;
}

/** Undefined for one of which a part is missing, or that another program wrote in wrk's place. */
function readReport(text: string): WrkReport | undefined {
  try {
    return wrkReportSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
