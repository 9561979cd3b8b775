import pc from 'picocolors';
import type { Handout } from '../commands/class/open.ts';

/** What to hand out to a student, on paper or by mail. */
export function handoutText({
  seat,
  name,
  lab,
  host,
  port,
  user,
  password,
  fingerprint,
  nodes,
}: Handout): string {
  const login = `ssh -p ${port} ${user}@${host}`;
  return [
    pc.bold(name === seat ? `Seat ${seat}` : `${name} · seat ${seat}`) + pc.dim(` · lab ${lab}`),
    `  ${login}`,
    `  password     ${pc.bold(password)}`,
    `  its key is   ${fingerprint} (ED25519)`,
    `  at once to   ssh -t -p ${port} ${user}@${host} ${nodes.find((n) => n !== 'client') ?? 'client'}`,
    `  nodes        ${nodes.join(', ')}`,
    '  on each      lab story · lab test · lab trace · lab hint · lab check',
  ].join('\n');
}
