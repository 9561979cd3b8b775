import { serviceName } from '../plan/service-name.ts';
import type { LinkReport } from '../commands/link.ts';
import type { ResetReport } from '../commands/reset.ts';
import type { NodeDifference, StatusReport } from '../commands/status.ts';
import { columns } from '../terminal/columns.ts';
import { paint } from '../terminal/paint.ts';
import { visibleLine } from '../terminal/visible.ts';

/** The links that do not send plainly, a row each, under a heading; nothing where all do. */
export function linkLines({ links }: Pick<StatusReport, 'links'>): string[] {
  if (links.length === 0) return [];
  const rows = links.map(({ node, device, quality }) => {
    const { discipline, ...measures } = quality;
    const words = Object.entries(measures).map(([name, value]) => `${name} ${value}`);
    return [`  ${node}`, device, words.length === 0 ? (discipline ?? '') : words.join(' ')];
  });
  return ['links that are not plain (each measure is of what the interface sends):', columns(rows), ''];
}

/** Interfaces and how they send, a row each. */
export function linkTable(links: LinkReport[]): string {
  return columns([
    ['NODE', 'LINK', 'NETWORK', 'STATE', 'SENDS'],
    ...links.map(({ node, device, network, state, quality }) => {
      const words = Object.entries(quality).map(([name, value]) => `${name} ${value}`);
      return [node, device, network, state, words.length === 0 ? 'plainly' : words.join(' ')];
    }),
  ]);
}

/** Real servers that are not in a director's table as they should be, and why; nothing where all are. */
export function healthLines({ health }: Pick<StatusReport, 'health'>): string[] {
  const several = new Set(health.map(({ director }) => director)).size > 1;
  const lines = health.flatMap((state) =>
    state.troubles.map((text) =>
      paint.red(visibleLine(`${several ? `${state.director}: ` : ''}${serviceName(state.service)}: ${text}`)),
    ),
  );
  return lines.length === 0 ? [] : [...lines, ''];
}

/** What differs from the plan, a row each, and how to put it back. */
export function differenceLines({
  name,
  differences,
  unread,
  health,
}: Pick<StatusReport, 'name' | 'differences' | 'unread' | 'health'>): string[] {
  return [
    ...(differences.length === 0
      ? unread.length === 0
        ? [
            health.some(({ troubles }) => troubles.length > 0)
              ? 'all else is as the plan says'
              : 'everything is as the plan says',
          ]
        : []
      : [
          paint.yellow('differs from the plan:'),
          differenceTable(differences),
          `put it back: lab reset ${name}`,
        ]),
    ...unread.map(({ node, why }) => `${node}: not compared: ${why}`),
  ];
}

function differenceTable(differences: NodeDifference[]): string {
  return columns(differences.map(differenceRow));
}

/** What a reset found and did; or, of a dry run, the commands that it would run. */
export function resetText(report: ResetReport): string {
  const { lab, dryRun, differences, commands, left, dead, failures, unread } = report;
  const notes = [
    ...unread.map(({ node, why }) => `${node}: not compared: ${why}`),
    ...dead.map((node) => `${node} does not run`),
    ...(dead.length + left.length === 0
      ? []
      : [`only making the lab anew helps: lab down ${lab}, then lab up`]),
  ];
  if (dryRun && differences.length > 0)
    return [
      `lab ${lab} differs from the plan:`,
      differenceTable(differences),
      '',
      'these commands would put it back:',
      ...commands.map(({ node, command }) => `  ${node}# ${command}`),
      ...notes,
    ].join('\n');
  const isLeft = (d: NodeDifference) =>
    left.some((l) => l.node === d.node && l.kind === d.kind && l.name === d.name);
  const done = differences.filter((d) => !isLeft(d));
  const after = dead.length > 0 ? 'what runs of' : 'lab';
  return [
    ...(done.length === 0 ? [] : [paint.green('put back:'), differenceTable(done)]),
    ...(left.length > 0
      ? [paint.red('still differs from the plan:'), differenceTable(left)]
      : [`${after} ${lab} is as the plan says${done.length > 0 ? ' again' : ''}`]),
    ...(left.length === 0 ? [] : failures.map(({ node, said }) => `${node}: ${said}`)),
    ...notes,
  ].join('\n');
}

function differenceRow({ node, kind, name, state, changes }: NodeDifference): string[] {
  return [
    `  ${node}`,
    `${kind} ${name}`,
    state === 'changed' ? changes.map(changeText).join('; ') : kind === 'daemon' ? 'stopped' : STATES[state],
  ];
}

const STATES = { missing: 'missing', extra: 'not in the plan' };

function changeText({ attribute, planned, found }: NodeDifference['changes'][number]): string {
  if (attribute === 'content') return 'its content differs';
  const what = attribute === 'value' ? '' : `${attribute} `;
  if (planned === undefined) return `${what}${found ?? ''}, and the plan has none`;
  return `${what}${found ?? 'none'}, not ${planned}`;
}
