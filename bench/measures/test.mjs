export default {
  title: '`lab test nat`',
  about:
    'Every claim of the mode held against packets. The floor asks as many requests of the VIP as the test does, by curl on the client, and judges nothing.',
  summary: [
    {
      what: '`lab test nat`',
      of: { name: 'lab test nat' },
      beside: [['eight requests by curl, nothing judged', { name: 'eight' }]],
    },
  ],
  measure: (workplace, { kernels, local }) => {
    const up = (name, ...place) => workplace.lab('up', 'nat', '--name', name, ...place);
    return workplace.race('Proof of a NAT lab', [
      ...kernels.flatMap((kernel) => {
        const name = `bench-${kernel.id}`;
        const beside = () => workplace.processor(name);
        return [
          {
            name: `eight requests by curl, ${kernel.name}`,
            ...{ role: 'floor', lacks: kernel.lacks, beside },
            prepare: () => workplace.labOn(kernel, 'up', 'nat', '--name', name, '--machine', 'embedded'),
            run: () => workplace.lab('exec', `${name}/client`, '--', 'sh', '-ec', EIGHT),
          },
          {
            name: `lab test nat, ${kernel.name}`,
            ...{ lacks: kernel.lacks, beside },
            run: () => workplace.lab('test', name),
          },
        ];
      }),
      {
        name: 'the same in namespaces on this host’s kernel',
        role: 'peer',
        lacks: local,
        prepare: () => up('bench-local', '--machine', 'local', '--runtime', 'netns'),
        run: () => workplace.lab('test', 'bench-local'),
      },
    ]);
  },
};

const EIGHT = 'for i in 1 2 3 4 5 6 7 8; do curl -sSf -o /dev/null http://203.0.113.100/; done';
