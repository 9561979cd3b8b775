import { execa } from 'execa';

/**
 * Runs a program of this host. Unlike plain execa it kills nothing when this process exits: for a program that could
 * not be started (ENOENT) execa 9 would then send SIGTERM to process 0, which is the whole process group, the user's
 * shell script included. What must not outlive this process is tied to it by other means (a pipe, a death signal).
 */
export const hostCommand = execa({ cleanup: false });
