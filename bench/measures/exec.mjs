import { bin } from '../workplace.mjs';

export default {
  title: '`lab exec rs1 -- true`',
  about: 'A command on a node, beside what no command of the tool can go below.',
  summary: [
    {
      what: '`lab exec rs1 -- true`',
      of: { name: 'lab exec' },
      beside: [
        ['Node doing nothing', { name: 'Node' }],
        ['`lab --version`', { name: 'the tool' }],
        ['the guest’s share', { name: 'the guest' }],
      ],
    },
  ],
  measure: (workplace, { kernels }) =>
    workplace.race('One command on a node', [
      { name: 'Node doing nothing', role: 'floor', run: () => workplace.run(['node', '-e', '0']) },
      {
        name: 'the tool doing nothing: --version',
        role: 'floor',
        run: () => workplace.run(['node', bin, '--version']),
      },
      ...kernels.flatMap((kernel) => [
        {
          name: `the guest’s share over its line, ${kernel.name}`,
          ...{ role: 'floor', lacks: kernel.lacks },
          beside: () => workplace.processor(`bench-${kernel.id}`),
          prepare: () =>
            workplace.labOn(kernel, 'up', 'nat', '--name', `bench-${kernel.id}`, '--machine', 'embedded'),
          run: () => workplace.inGuest(`bench-${kernel.id}`, 'true'),
        },
        {
          name: `lab exec, ${kernel.name}`,
          lacks: kernel.lacks,
          beside: () => workplace.processor(`bench-${kernel.id}`),
          run: () => workplace.lab('exec', `bench-${kernel.id}/rs1`, '--', 'true'),
        },
      ]),
    ]),
};
