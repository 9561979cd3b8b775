/** A sync daemon as `ipvsadm -l --daemon` shows it. */
export interface SyncDaemon {
  /** The master tells of its connections; the backup hears of them. */
  role: 'master' | 'backup';
  interface: string;
  id: number;
}

/** Reads the output of `ipvsadm -l --daemon`; nothing of it: there is no sync daemon. */
export function parseSyncDaemons(text: string): SyncDaemon[] {
  return Array.from(
    text.matchAll(/^(master|backup) sync daemon \(mcast=([^,]+), syncid=(\d+)/gm),
    ([, role, device = '', id]): SyncDaemon => ({
      role: role === 'master' ? 'master' : 'backup',
      interface: device,
      id: Number(id),
    }),
  );
}
