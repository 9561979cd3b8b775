const SECONDS = 5;
/** As many as `lab load` holds open where it is not told otherwise. */
const CONNECTIONS = 8;
/** wrk as `lab load` runs it, but that it counts by itself alone. */
const wrk = (url) => `wrk -t 1 -c ${CONNECTIONS} -d ${SECONDS}s --timeout 2s -H 'Connection: close' ${url}`;

export default {
  title: '`lab load nat`',
  about: `New connections a second, ${CONNECTIONS} at once, for ${SECONDS} seconds, and how many a second of processor time brings, which others that are busy change less. The floors are wrk and the web server of a real server without a director: in one node, and from the next node.`,
  summary: [
    {
      what: '`lab load nat`, new connections',
      of: { name: 'lab load', figure: 'rate' },
      beside: [
        ['wrk and nginx in one node', { name: 'wrk and nginx in one', figure: 'rate' }],
        ['in neighbours', { name: 'wrk and nginx in neigh', figure: 'rate' }],
      ],
    },
  ],
  measure: (workplace, { kernels, local }) =>
    workplace.race('New connections a second through a NAT lab', [
      ...kernels.flatMap((kernel) => onKernel(workplace, kernel)),
      {
        name: 'the same in namespaces on this host’s kernel',
        ...{ role: 'peer', lacks: local, units: { rate: '1/s' } },
        prepare: () =>
          workplace.lab('up', 'nat', '--name', 'bench-local', '--machine', 'local', '--runtime', 'netns'),
        run: async () => ({ rate: (await load(workplace, 'bench-local')).rate }),
      },
    ]),
};

function onKernel(workplace, kernel) {
  const name = `bench-${kernel.id}`;
  const common = { lacks: kernel.lacks, units: { rate: '1/s', 'by a processor second': '' } };
  /** The rate that `doing` comes to, and by how much of the processor. */
  const measured = async (doing) => {
    const had = workplace.processor(name);
    const { rate, requests } = await doing();
    return { rate, 'by a processor second': requests / (workplace.processor(name) - had) };
  };
  return [
    {
      name: `wrk and nginx in one node, ${kernel.name}`,
      ...{ ...common, role: 'floor' },
      prepare: () => workplace.labOn(kernel, 'up', 'nat', '--name', name, '--machine', 'embedded'),
      run: () => measured(() => direct(workplace, `${name}/rs1`)),
    },
    {
      name: `wrk and nginx in neighbours, ${kernel.name}`,
      ...{ ...common, role: 'floor' },
      run: () => measured(() => direct(workplace, `${name}/director`)),
    },
    { name: `lab load nat, ${kernel.name}`, ...common, run: () => measured(() => load(workplace, name)) },
  ];
}

async function load(workplace, name) {
  const { stdout } = await workplace.lab(
    ...['load', name, '--duration', String(SECONDS), '--connections', String(CONNECTIONS), '--json'],
  );
  return JSON.parse(stdout);
}

/** A load on the first real server itself, from a node. */
async function direct(workplace, node) {
  const { stdout } = await workplace.lab('exec', node, '--', 'sh', '-c', wrk('http://10.0.0.11/'));
  const errors = /^ *(Socket errors|Non-2xx).*/m.exec(stdout);
  if (errors !== null) throw new Error(errors[0].trim());
  return {
    rate: Number(/^Requests\/sec: *([\d.]+)/m.exec(stdout)?.[1]),
    requests: Number(/^ *(\d+) requests in/m.exec(stdout)?.[1]),
  };
}
