import type { Handout } from '../commands/class/open.ts';
import { paint } from '../terminal/paint.ts';

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
    paint.bold(name === seat ? `Seat ${seat}` : `${name} · seat ${seat}`) + paint.dim(` · lab ${lab}`),
    `  ${login}`,
    `  password     ${paint.bold(password)}`,
    `  its key is   ${fingerprint} (ED25519)`,
    `  at once to   ssh -t -p ${port} ${user}@${host} ${nodes.find((n) => n !== 'client') ?? 'client'}`,
    `  nodes        ${nodes.join(', ')}`,
    '  on each      lab story · lab test · lab trace · lab hint · lab check',
  ].join('\n');
}
