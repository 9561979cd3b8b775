import { availableParallelism } from 'node:os';
import { bootContestant } from '../kernels.mjs';
import { processorSeconds } from '../ruler.mjs';

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
  summary: [
    {
      what: 'a class of 40, until all answer',
      of: { name: '40 seats', figure: 'all answering' },
      beside: [
        ['40 bare boots', { name: '40 bare' }],
        ['a seat has', { name: '40 seats', figure: 'a seat' }],
        ['down', { name: '40 seats', figure: 'down' }],
      ],
    },
  ],
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
          ...{
            lacks,
            units: {
              'all answering': 's',
              'a seat': 'MiB',
              ...(count === Math.max(...SEATS) && BOARD),
              down: 's',
            },
          },
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
            const board = count === Math.max(...SEATS) ? await boardFigures(workplace) : {};
            began = performance.now();
            await workplace.lab('class', 'down', 'bench');
            const down = (performance.now() - began) / 1000;
            return { 'all answering': up, 'a seat': sum / count, ...board, down };
          },
        },
      ]),
    );
  },
};

/** Of the board: until its first look is there, with its own start, and what each further one takes of a processor. */
const BOARD = { 'the board’s first look': 's', 'the board, from then on': '% of a processor' };
const LOOKS = 11;

async function boardFigures(workplace) {
  const looks = async (count) => {
    const had = processorSeconds();
    const began = performance.now();
    await workplace.lab('class', 'board', '--json', '--count', String(count));
    return { took: (performance.now() - began) / 1000, processor: processorSeconds() - had };
  };
  const first = await looks(1);
  const all = await looks(LOOKS);
  return {
    'the board’s first look': first.took,
    'the board, from then on': (100 * (all.processor - first.processor)) / (all.took - first.took),
  };
}

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
