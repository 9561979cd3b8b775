import type { Placed } from './positions.ts';

/**
 * What the file gives for a key: a value with its place, nothing, or something that the schema refuses. The last is
 * told apart from nothing so that one mistake does not cause a second complaint.
 */
export type Given<T> = Placed<T> | 'unreadable' | undefined;

/** What a file writes for a subnet that it leaves open. */
export const OPEN = 'auto';
