import { Option, type Command } from 'commander';
import { EXIT } from '../errors.ts';
import {
  aside,
  json,
  jsonOption,
  out,
  progressFor,
  writePicture,
  type Common,
  type Finish,
} from './output.ts';

/** What a lab does: test, trace, compare, draw. */
export function addProofCommands(program: Command, finish: Finish): void {
  program
    .command('test')
    .summary('test a lab with real requests and say why it passes')
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .addOption(jsonOption())
    .action(async (lab: string | undefined, options: Common) => {
      const [{ testLab }, { checkTable }] = await Promise.all([
        import('../commands/test-lab.ts'),
        import('../report/text.ts'),
      ]);
      const tested = await testLab(lab, aside);
      const { outcome } = tested;
      if (options.json === true) json('test', tested);
      else out(checkTable(tested.checks));
      if (outcome !== 'pass') finish(outcome === 'fail' ? EXIT.testFailed : EXIT.testUnknown);
    });

  program
    .command('trace')
    .summary('follow one real connection through a lab, hop by hop')
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .option('--service <vip:port>', 'which service, over UDP VIP:PORT/udp (default: the first)')
    .option('--client <node>', 'from which client (default: the first)')
    .option('--pcap <folder>', 'keep the captures, one file for each interface')
    .option('--svg <file>', 'draw it on the topology')
    .addOption(jsonOption())
    .action(async (lab: string | undefined, options: TraceOptions) => {
      const [{ trace }, { findLab }, { traceText }] = await Promise.all([
        import('../commands/trace.ts'),
        import('../lifecycle/existing.ts'),
        import('../report/text.ts'),
      ]);
      const { service, client, pcap } = options;
      const found = await trace(await findLab(lab), { service, client, pcap });
      if (options.json === true) json('trace', { ...found, plan: undefined });
      else out(traceText(found));
      if (options.svg !== undefined && found.walk !== undefined) {
        const { walkSvg } = await import('../report/diagram/walk-svg.ts');
        await writePicture(options.svg, walkSvg(found.plan, found.walk), options);
      }
      if (found.answered === undefined) finish(EXIT.testFailed);
    });

  program
    .command('compare')
    .summary('measure side by side what the director carries in each mode')
    .argument('[topologies...]', 'topologies to compare', ['nat', 'tun', 'dr'])
    .option('--svg <file>', "draw the director's share as a chart")
    .addOption(jsonOption())
    .action(async (topologies: string[], options: Common & { svg?: string }) => {
      const [{ compare }, { compareText }] = await Promise.all([
        import('../commands/compare.ts'),
        import('../report/text.ts'),
      ]);
      const figures = await compare(topologies, progressFor(options));
      if (options.json === true) json('compare', { figures });
      else out(compareText(figures));
      if (options.svg !== undefined) {
        const [{ lineChartSvg }, { shareChart }] = await Promise.all([
          import('../report/diagram/chart.ts'),
          import('../report/text.ts'),
        ]);
        await writePicture(options.svg, lineChartSvg(shareChart(figures)), options);
      }
    });

  program
    .command('diagram')
    .summary('draw a topology: as text, SVG or Mermaid')
    .argument('<topology>', 'name of a shipped topology, or a YAML file')
    .addOption(
      new Option('--format <format>', 'what to print').choices(['text', 'svg', 'mermaid']).default('text'),
    )
    .action(async (topology: string, options: { format: string }) => {
      const [{ readPlan }, { diagramSvg }, { diagramMermaid }, { diagramText }] = await Promise.all([
        import('../files/topology-file.ts'),
        import('../report/diagram/svg.ts'),
        import('../report/diagram/mermaid.ts'),
        import('../report/diagram/text.ts'),
      ]);
      const draw =
        { svg: diagramSvg, mermaid: diagramMermaid, text: diagramText }[options.format] ?? diagramText;
      out(draw(readPlan(topology)));
    });
}

interface TraceOptions extends Common {
  service: string | undefined;
  client: string | undefined;
  pcap: string | undefined;
  svg: string | undefined;
}
