import { bootContestant } from '../kernels.mjs';

export default {
  title: '`lab up nat`',
  about:
    'From an empty hand to the first answered requests, with a warm cache; the start of the tool is included. The processor time is that of the tool and of the lab’s kernel.',
  summary: [
    {
      what: '`lab up nat`, first requests answered',
      of: { name: 'lab up nat' },
      beside: [['bare boot of the same kernel', { name: 'bare boot' }]],
    },
  ],
  measure: (workplace, { kernels, local }) =>
    workplace.race('A NAT lab, warm cache', [
      ...kernels.flatMap((kernel) => [
        bootContestant(workplace, kernel),
        {
          name: `lab up nat, ${kernel.name}`,
          lacks: kernel.lacks,
          beside: () => workplace.processor('bench-up'),
          run: () => workplace.labOn(kernel, 'up', 'nat', '--name', 'bench-up', '--machine', 'embedded'),
          after: () => workplace.lab('down', 'bench-up'),
        },
      ]),
      {
        name: 'the same in namespaces on this host’s kernel',
        role: 'peer',
        lacks: local,
        run: () =>
          workplace.lab('up', 'nat', '--name', 'bench-up', '--machine', 'local', '--runtime', 'netns'),
        after: () => workplace.lab('down', 'bench-up'),
      },
    ]),
};
