import { InvalidArgumentError, Option, type Command } from 'commander';
import { EXIT, LabError } from '../errors.ts';
import { leaveByInterrupt } from '../host/interrupt.ts';
import { allowedFor, parseMeasure, QUALITY_KEYS, type QualityKey } from '../topology/fields/quality.ts';
import type { Quality } from '../topology/types.ts';
import { aside, json, jsonLine, jsonOption, out, outExactly, type Common, type Finish } from './output.ts';
import { watchOn } from './watch.ts';
import { secondsArgument, wholeNumber } from './numbers.ts';
import { untilUnread } from '../terminal/standard-output.ts';
import { counted } from '../topology/counted.ts';

/** Characters; more than a table of any lab has. */
const LARGEST_TABLE = 1024 * 1024;

/** A lab that is up: watch it, change it, put it back. */
export function addManageCommands(program: Command, finish: Finish): void {
  program
    .command('watch')
    .summary("the directors' tables, live: servers, weights, connections, rates, changes")
    .description(
      'Shows the directors’ tables until Ctrl-C: on a terminal as one screen, into a pipe as blocks of text, with --json as lines.',
    )
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .option('-i, --interval <seconds>', 'time from look to look', secondsArgument(0.2, 3600), 1)
    .option('-n, --count <looks>', 'how many looks (default: without end)', wholeNumber(1))
    .addOption(new Option('--json', 'print a line for machines at each look'))
    .action(
      async (lab: string | undefined, options: Common & { interval: number; count: number | undefined }) => {
        const [{ watch }, { findLab }] = await Promise.all([
          import('../commands/watch.ts'),
          import('../lifecycle/existing.ts'),
        ]);
        leaveByInterrupt();
        const frames = watch(await findLab(lab), { ...options, signal: untilUnread });
        if (options.json !== true) await watchOn(process.stdout, frames, out);
        else for await (const frame of frames) jsonLine('watch', frame);
      },
    );

  const link = program
    .command('link')
    .summary('how interfaces send: delay, jitter, loss, rate, up or down')
    .description(
      'Shows how interfaces send, after changing it where an option asks for that. Each measure is of what the interface sends, so a round trip between two interfaces with a delay of 20ms takes 40ms.',
    )
    .argument('[node]', 'NODE, NODE:eth1, a network or a lab; with LAB/ before it where several labs are up');
  for (const key of QUALITY_KEYS)
    link.option(
      `--${key} <${{ delay: 'time', jitter: 'time', loss: 'percent', rate: 'rate' }[key]}>`,
      allowedFor(key),
      measure(key),
    );
  link
    .option('--clear', 'forget delay, jitter, loss and rate that were set before', false)
    .addOption(new Option('--down', 'take the interface down').conflicts('up'))
    .option('--up', 'bring it up again, with the routes of the plan')
    .addOption(jsonOption())
    .action(async (reference: string | undefined, options: LinkOptions) => {
      const [{ link: run }, { linkTable }] = await Promise.all([
        import('../commands/link.ts'),
        import('../report/differences.ts'),
      ]);
      const quality: Quality = {};
      for (const key of QUALITY_KEYS) if (options[key] !== undefined) quality[key] = options[key];
      const state = options.up === true ? 'up' : options.down === true ? 'down' : undefined;
      const found = await run(reference, { quality, clear: options.clear, state });
      if (options.json === true) json('link', found);
      else out(linkTable(found.links));
    });

  program
    .command('reset')
    .summary('put back what differs from the plan, without taking the lab down')
    .argument('[lab]', 'the lab, or one NODE (default: the only lab that is up)')
    .argument('[node]', 'only this node')
    .option('--dry-run', 'only say what would be done', false)
    .addOption(jsonOption())
    .action(
      async (lab: string | undefined, node: string | undefined, options: Common & { dryRun: boolean }) => {
        const [{ resetLab }, { resetText }] = await Promise.all([
          import('../commands/reset.ts'),
          import('../report/differences.ts'),
        ]);
        const report = await resetLab(lab, node, options.dryRun, aside);
        if (options.json === true) json('reset', report);
        else out(resetText(report));
        if (report.left.length > 0 || report.dead.length > 0) finish(EXIT.labFailed);
        else if (report.unread.length > 0) finish(EXIT.testUnknown);
      },
    );

  addIpvsCommands(program);
}

function addIpvsCommands(program: Command): void {
  const ipvs = program.command('ipvs').summary("save or restore a director's table, in ipvsadm's own format");
  const director = () => new Option('--director <node>', 'which director (default: the only one)');
  ipvs
    .command('save')
    .summary('print the table')
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .addOption(director())
    .addOption(jsonOption())
    .action(async (name: string | undefined, options: Common & { director?: string }) => {
      const { lab, ipvs, node } = await ipvsOf(name, options.director);
      const table = await ipvs.saveTable(lab, node);
      if (options.json === true) json('ipvs-save', { lab: lab.record.name, director: node, table });
      // An empty table is an empty file.
      else if (table !== '') outExactly(table);
    });
  ipvs
    .command('restore')
    .summary('read a table from standard input and put it in the place of the present one')
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .addOption(director())
    .addOption(jsonOption())
    .action(async (name: string | undefined, options: Common & { director?: string }) => {
      const { lab, ipvs, node } = await ipvsOf(name, options.director);
      if (process.stdin.isTTY)
        throw new LabError(EXIT.badInput, 'the table is read from standard input, and this is a terminal', {
          fix: `give it a file: lab ipvs restore ${lab.record.name} < FILE`,
        });
      let text = '';
      for await (const chunk of process.stdin.setEncoding('utf8')) {
        text += chunk as string;
        if (text.length > LARGEST_TABLE)
          throw new LabError(EXIT.badInput, `standard input has more than ${LARGEST_TABLE} characters`, {
            fix: 'give it what lab ipvs save prints',
          });
      }
      const counts = await ipvs.restoreTable(lab, node, text, 'standard input');
      if (options.json === true) json('ipvs-restore', { lab: lab.record.name, director: node, ...counts });
      else
        out(
          `${node}: ${counted(counts.services, 'service')} and ${counted(counts.servers, 'real server')} restored`,
        );
    });
}

async function ipvsOf(name: string | undefined, director: string | undefined) {
  const [ipvs, { findLab }] = await Promise.all([
    import('../commands/ipvs.ts'),
    import('../lifecycle/existing.ts'),
  ]);
  const lab = await findLab(name);
  return { lab, ipvs, node: ipvs.chooseDirector(lab, director) };
}

type LinkOptions = Common &
  Partial<Record<QualityKey, number>> & { clear: boolean; down?: boolean; up?: boolean };

function measure(key: QualityKey): (text: string) => number {
  return (text) => {
    const value = parseMeasure(key, text);
    if (value === undefined) throw new InvalidArgumentError(`it must be ${allowedFor(key)}`);
    return value;
  };
}
