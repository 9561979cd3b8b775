import { availableParallelism } from 'node:os';
import { bootContestant } from '../kernels.mjs';

export const SEATS = [8, 16, 40];

export default {
  title: 'A class',
  about:
    'NAT labs on machines of their own, until all answer; memory as soon as they do; and down. The floor boots as many bare kernels, as many at once as there are processors.',
  chart: {
    title: 'A class as it grows',
    xLabel: 'seats',
    yLabel: 'seconds until all answer; hundreds of MiB',
    series: [
      { name: 'seconds', row: (count) => [`${count} seats`, 'all answering'] },
      {
        name: '100 MiB',
        row: (count) => [`${count} seats`, 'a seat'],
        value: (mebibytes, count) => (mebibytes * count) / 100,
      },
    ],
    x: SEATS,
  },
  measure: async (workplace, { kernels: [kernel] }) => {
    const { lacks } = kernel;
    await workplace.race(
      `A class of NAT labs, ${kernel.name}`,
      SEATS.flatMap((count) => [
        {
          name: `${count} bare boots`,
          ...{ role: 'floor', lacks },
          run: () => bootMany(workplace, kernel, count),
        },
        {
          name: `${count} seats`,
          ...{ lacks, units: { 'all answering': 's', 'a seat': 'MiB', down: 's' } },
          run: async () => {
            let began = performance.now();
            await workplace.labOn(
              kernel,
              'class',
              'up',
              'nat',
              '--students',
              String(count),
              '--name',
              'bench',
            );
            const up = (performance.now() - began) / 1000;
            const seats = workplace.labs();
            if (seats.length !== count) throw new Error(`${seats.length} of ${count} seats are up`);
            const sum = seats.reduce((all, seat) => all + workplace.memory(seat), 0);
            began = performance.now();
            await workplace.lab('class', 'down', 'bench');
            return { 'all answering': up, 'a seat': sum / count, down: (performance.now() - began) / 1000 };
          },
        },
      ]),
    );
  },
};

async function bootMany(workplace, kernel, count) {
  const { run } = bootContestant(workplace, kernel);
  let begun = 0;
  const worker = async () => {
    for (; begun < count;) {
      begun += 1;
      await run();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}
