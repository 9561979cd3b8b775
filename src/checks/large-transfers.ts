import { clientsOf } from '../plan/clients.ts';
import type { Plan, PlannedService } from '../plan/types.ts';
import type { Check } from '../proof/check.ts';
import { requestsFor } from '../proof/distribution.ts';
import { hasStuckSegments, judgePathMtu } from '../proof/judge-path-mtu.ts';
import { NODE_MTU_SCRIPT, readNodeMtu, since, type NodeMtu } from '../proof/node-mtu.ts';
import { observe } from '../proof/observe.ts';
import { judgeTransfers } from '../proof/transfers.ts';
import type { Observation } from '../proof/types.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { captureDuring } from '../traffic/capture.ts';
import type { Reply } from '../traffic/replies.ts';
import { SMALL_SIZE, TRANSFER_SIZE, smallTransfers, transfer, type Transfer } from '../traffic/transfer.ts';

/** Seconds of a look at transfers that hang: a lost segment is sent again after 0.2, 0.6 and 1.4 of them. */
const LOOK = 3;
/** Small transfers in each direction at most. */
const MOST = 8;

/** What single requests to a service came to. */
export interface TransferAsked {
  service: PlannedService;
  replies: Reply[];
  /** Whether a connection more could be refused, because the plan limits them. */
  limited: boolean;
}

/**
 * Whether large transfers come through, from the first client: one in each direction, and a small one with each real
 * server. Where they do not, a short look at the packets says whether the path's MTU is the reason.
 * @param observations what was captured while single requests were sent
 * @param limit seconds for a large transfer
 */
export async function checkTransfers(
  plan: Plan,
  runtime: Runtime,
  asked: TransferAsked,
  observations: Observation[],
  limit?: number,
): Promise<Check[]> {
  const { service, replies } = asked;
  // DNS has no large answers, and UDP no stream to send them in.
  if (service.application === 'dns') return [];
  const unanswered = replies.filter((reply) => reply.server === undefined);
  const answered = replies.length > 0 && unanswered.length === 0;
  const client = unanswered[0]?.client ?? clientsOf(plan, service)[0]?.name;
  const full: Transfer[] = [];
  const small: Transfer[] = [];
  if (client !== undefined && answered) {
    full.push(...(await transfer(runtime, client, service, TRANSFER_SIZE, limit)));
    // One that hangs says enough, and others would each take their time limit.
    if (isWhole(full, TRANSFER_SIZE) && !asked.limited)
      small.push(...(await smallTransfers(runtime, client, service, smallCount(service), limit)));
  }
  const failed = answered
    ? !isWhole(full, TRANSFER_SIZE) || !isWhole(small, SMALL_SIZE)
    : unanswered.length < replies.length || hasStuckSegments(plan, service, observations);
  const look =
    client === undefined || !failed || asked.limited
      ? undefined
      : await lookAt(plan, runtime, client, service);
  return [
    judgeTransfers(service, full, TRANSFER_SIZE, {
      small: { transfers: answered ? small : (look?.transfers ?? []), size: SMALL_SIZE },
      pathMtu: look?.pathMtu,
    }),
    ...(look?.pathMtu === undefined ? [] : [look.pathMtu]),
  ];
}

function isWhole(transfers: Transfer[], size: number): boolean {
  return transfers.every(({ bytes }) => bytes === size);
}

/** As many as reach every real server, where the scheduler lets them; the first of each direction is the large one. */
function smallCount(service: PlannedService): number {
  return service.servers.length < 2 ? 0 : Math.min(MOST, requestsFor(service), 2 * service.servers.length);
}

/** Sends transfers that hang once more, captured, and judges the packets. */
async function lookAt(
  plan: Plan,
  runtime: Runtime,
  client: string,
  service: PlannedService,
): Promise<{ transfers: Transfer[]; pathMtu: Check | undefined }> {
  const before = await nodeMtus(plan, runtime);
  const { result, captures } = await captureDuring(runtime, plan, () =>
    smallTransfers(runtime, client, service, Math.min(MOST, 2 * service.servers.length), LOOK),
  );
  const after = await nodeMtus(plan, runtime);
  const nodes = after.map((now, index) => since(before[index], now));
  return { transfers: result, pathMtu: judgePathMtu(plan, service, observe(captures).observations, nodes) };
}

async function nodeMtus(plan: Plan, runtime: Runtime): Promise<NodeMtu[]> {
  const names = plan.nodes.map(({ name }) => name);
  const read = await runtime.exec(names.map((node) => ({ node, argv: ['sh', '-c', NODE_MTU_SCRIPT] })));
  return names.map((node, index) => readNodeMtu(node, read[index]?.stdout.toString() ?? ''));
}
