import * as z from 'zod/mini';
import { MODES, PROTOCOLS, SCHEDULERS, SCHEDULER_FLAGS, persistenceSchema } from '../topology/types.ts';

/** What a director's table has of a virtual service: as planned, and as its step has it. What is absent, ipvsadm is not told. */
export const SERVICE_KEYS = {
  vip: z.string(),
  port: z.number(),
  protocol: z.enum(PROTOCOLS),
  /** Firewall mark: the director knows the service by this alone, and all services with this mark are one. */
  mark: z.exactOptional(z.number()),
  scheduler: z.enum(SCHEDULERS),
  flags: z.exactOptional(z.array(z.enum(SCHEDULER_FLAGS))),
  /** `ipvsadm -o`: every datagram is scheduled by itself. */
  onePacket: z.exactOptional(z.literal(true)),
  /** Absent where each connection is scheduled anew. */
  persistence: z.exactOptional(persistenceSchema),
};

/** What it has of a real server of the service. */
export const SERVER_KEYS = {
  /** The real server's address that IPVS sends to. */
  address: z.string(),
  port: z.number(),
  mode: z.enum(MODES),
  weight: z.number(),
  /** Connections; absent where there is no limit. */
  upper: z.exactOptional(z.number()),
  lower: z.exactOptional(z.number()),
};

type Stated<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Of something these keys, without those that have no value. */
export function take<K extends string, T extends object>(
  keys: Record<K, unknown>,
  from: T,
): Stated<Pick<T, K & keyof T>> {
  const stated = Object.entries(from).filter(
    ([key, value]) => Object.hasOwn(keys, key) && value !== undefined,
  );
  return Object.fromEntries(stated) as Stated<Pick<T, K & keyof T>>;
}
