import type { Command } from 'commander';
import { EXIT } from '../errors.ts';
import { wholeNumber } from './numbers.ts';
import { json, jsonOption, out, progressFor, writePicture, type Common, type Finish } from './output.ts';

/** Load on a virtual service. */
export function addLoadCommand(program: Command, finish: Finish): void {
  program
    .command('load')
    .summary('drive a virtual service with wrk: rate, latency, errors, share by real server')
    .description(
      'Sends HTTP requests as fast as they are answered, each over a connection of its own, since IPVS balances connections.',
    )
    .argument('[lab]', 'the lab (default: the only one that is up)')
    .option('--duration <seconds>', 'how long', wholeNumber(1, 3600), 5)
    .option('--connections <count>', 'open at once, from each client', wholeNumber(1, 1000), 8)
    .option('--service <vip:port>', 'which service (default: the first)')
    .option('--client <node>', 'from this client alone (default: every one at once)')
    .option('--keep-alive', 'many requests over each connection', false)
    .option('--svg <file>', 'draw the answers of each real server over the time')
    .addOption(jsonOption())
    .action(async (lab: string | undefined, options: LoadOptions) => {
      const [{ load }, { findLab }, { loadText, loadChart }, { isFaultless }] = await Promise.all([
        import('../commands/load.ts'),
        import('../lifecycle/existing.ts'),
        import('../report/load.ts'),
        import('../traffic/load-figures.ts'),
      ]);
      const { service, client, duration: seconds, connections, keepAlive } = options;
      const report = await load(
        await findLab(lab),
        { service, client, seconds, connections, keepAlive },
        progressFor(options),
      );
      if (options.json === true) json('load', report);
      else out(loadText(report));
      if (options.svg !== undefined) {
        const { lineChartSvg } = await import('../report/diagram/chart.ts');
        await writePicture(options.svg, lineChartSvg(loadChart(report)), options);
      }
      if (!isFaultless(report)) finish(EXIT.testFailed);
    });
}

interface LoadOptions extends Common {
  service: string | undefined;
  client: string | undefined;
  duration: number;
  connections: number;
  keepAlive: boolean;
  svg: string | undefined;
}
