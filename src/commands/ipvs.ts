import { EXIT, LabError, TopologyError, type Problem } from '../errors.ts';
import { SAVE_WITH_LIMITS, savedLines } from '../ipvs/limits.ts';
import { parseRule, parseRules, type IpvsRule } from '../ipvs/rule.ts';
import { hereDocument } from '../plan/script.ts';
import type { RunningLab } from '../lifecycle/existing.ts';

/**
 * The director whose table is meant: the named one, or the only one.
 * @throws LabError badInput where there is none, or the choice is not clear
 */
export function chooseDirector({ record }: RunningLab, name: string | undefined): string {
  const directors = record.plan.nodes.filter((n) => n.role === 'director').map((n) => n.name);
  const fix = { fix: `its directors: ${directors.join(', ')}` };
  if (name !== undefined && !directors.includes(name))
    throw new LabError(EXIT.badInput, `lab ${record.name} has no director ${name}`, fix);
  if (name === undefined && directors.length > 1)
    throw new LabError(
      EXIT.badInput,
      `lab ${record.name} has several directors: name one by --director`,
      fix,
    );
  const chosen = name ?? directors[0];
  if (chosen === undefined)
    throw new LabError(EXIT.badInput, `lab ${record.name} has no director, and so no table of IPVS`);
  return chosen;
}

/** A director's table in ipvsadm's own format, limits included, which ipvsadm itself leaves out. */
export async function saveTable({ runtime }: RunningLab, director: string): Promise<string> {
  const [result] = await runtime.exec([{ node: director, argv: ['sh', '-c', SAVE_WITH_LIMITS] }]);
  if (result?.code !== 0)
    throw new LabError(EXIT.labFailed, `${director}: ${result?.stderr.trim() ?? 'no answer'}`);
  return savedLines(result.stdout.toString());
}

/**
 * Puts a saved table in the place of a director's present one. Where ipvsadm or the kernel refuses part of it, the
 * present table is put back whole: ipvsadm by itself would leave what came before the fault, and say that all is well.
 * @param file what the text is called in messages
 * @returns how many services and real servers the director has then
 * @throws LabError badInput with every line that cannot be read, or with the one that was refused
 */
export async function restoreTable(
  lab: RunningLab,
  director: string,
  text: string,
  file: string,
): Promise<{ services: number; servers: number }> {
  const { runtime } = lab;
  const lines = readLines(text, file);
  const old = await saveTable(lab, director);
  const [result] = await runtime.exec([{ node: director, argv: ['sh'], input: restoreScript(lines, old) }]);
  const output = result?.stdout.toString() ?? '';
  if (result?.code === 0) {
    const rules = lines.map((line) => line.rule);
    const services = rules.filter((rule) => rule.kind === 'service').length;
    return { services, servers: rules.length - services };
  }
  if (result?.code !== REFUSED)
    throw new LabError(EXIT.labFailed, `${director}: ${result?.stderr.trim() ?? 'no answer'}`);
  const got = new Set(parseRules(output).map(identity));
  const refused = lines.find(({ rule }) => !got.has(identity(rule)));
  const said = result.stderr.split('\n')[0]?.trim() ?? '';
  throw new LabError(
    EXIT.badInput,
    `${file}:${refused?.number ?? 1}: ipvsadm on ${director} refuses ${refused?.text ?? 'it'}${said === '' ? '' : `: ${said}`}`,
    { fix: 'the table is as it was before' },
  );
}

interface Line {
  number: number;
  text: string;
  rule: IpvsRule;
}

function readLines(text: string, file: string): Line[] {
  const problems: Problem[] = [];
  const lines: Line[] = [];
  for (const [index, row] of text.split('\n').entries()) {
    const number = index + 1;
    const trimmed = row.trim().replace(/^ipvsadm +/, '');
    if (trimmed === '') continue;
    const rule = parseRule(trimmed.split(/\s+/));
    if (typeof rule !== 'string') lines.push({ number, text: trimmed, rule });
    else problems.push({ line: number, column: row.indexOf(trimmed) + 1, message: rule, fix: undefined });
  }
  if (problems.length > 0) throw new TopologyError(file, problems);
  if (lines.length === 0)
    throw new LabError(EXIT.badInput, `${file} has no service in it`, {
      fix: 'a table is what lab ipvs save prints; to empty one: lab exec DIRECTOR -- ipvsadm -C',
    });
  return lines;
}

/** By what a rule is found again in a table. ipvsadm adds a port of its own where none is given. */
function identity({ service, server }: IpvsRule): string {
  return `${service} ${server?.replace(/:\d*$/, '') ?? ''}`;
}

const REFUSED = 9;

/**
 * ipvsadm goes on after a line that the kernel refuses, and ends with 0: only what it says betrays it. Nothing that
 * comes from outside ends the script between emptying the table and filling it.
 */
function restoreScript(lines: Line[], old: string): string {
  return `trap '' HUP INT TERM
ipvsadm -C || exit 1
said=$(${hereDocument('ipvsadm -R 2>&1', `${lines.map(({ text }) => text).join('\n')}\n`)}
) && [ -z "$said" ] && exit 0
ipvsadm -Sn
ipvsadm -C
${hereDocument('ipvsadm -R', old)}
printf '%s\\n' "$said" >&2
exit ${REFUSED}
`;
}
