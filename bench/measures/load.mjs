const SECONDS = 5;
/** As many as `lab load` holds open where it is not told otherwise. */
const CONNECTIONS = 8;
/** The same load without a network between: wrk asks the web server of its own node. */
const LOOP = `wrk -t 1 -c ${CONNECTIONS} -d ${SECONDS}s --timeout 2s -H 'Connection: close' http://127.0.0.1/`;

export default {
  title: '`lab load nat`',
  about: `New connections a second, ${CONNECTIONS} at once, for ${SECONDS} seconds. The floor is wrk and nginx in one node, without director, network or counting.`,
  summary: [
    {
      what: '`lab load nat`, new connections',
      of: { name: 'lab load', figure: 'rate' },
      beside: [['wrk and nginx in one node', { name: 'wrk', figure: 'rate' }]],
    },
  ],
  measure: (workplace, { kernels, local }) => {
    const load = async (name) => {
      const { stdout } = await workplace.lab(
        ...['load', name, '--duration', String(SECONDS), '--connections', String(CONNECTIONS), '--json'],
      );
      return { rate: JSON.parse(stdout).rate };
    };
    const rate = { rate: '1/s' };
    return workplace.race('New connections a second through a NAT lab', [
      ...kernels.flatMap((kernel) => {
        const name = `bench-${kernel.id}`;
        const { lacks } = kernel;
        return [
          {
            name: `wrk and nginx in one node, ${kernel.name}`,
            ...{ role: 'floor', lacks, units: rate },
            prepare: () => workplace.labOn(kernel, 'up', 'nat', '--name', name, '--machine', 'embedded'),
            run: () => loop(workplace, name),
          },
          { name: `lab load nat, ${kernel.name}`, lacks, units: rate, run: () => load(name) },
        ];
      }),
      {
        name: 'the same in namespaces on this host’s kernel',
        ...{ role: 'peer', lacks: local, units: rate },
        prepare: () =>
          workplace.lab('up', 'nat', '--name', 'bench-local', '--machine', 'local', '--runtime', 'netns'),
        run: () => load('bench-local'),
      },
    ]);
  },
};

async function loop(workplace, name) {
  const { stdout } = await workplace.lab('exec', `${name}/rs1`, '--', 'sh', '-c', LOOP);
  const errors = /^ *(Socket errors|Non-2xx).*/m.exec(stdout);
  if (errors !== null) throw new Error(errors[0].trim());
  return { rate: Number(/^Requests\/sec: *([\d.]+)/m.exec(stdout)?.[1]) };
}
