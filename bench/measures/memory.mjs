import { setTimeout as sleep } from 'node:timers/promises';
import { sleepingKernel } from '../kernels.mjs';

/** Milliseconds until a kernel that has nothing to do has come to rest. */
const REST = 3000;

export default {
  title: 'Memory of a lab',
  about:
    'Physical memory of every process of a NAT lab that is up (PSS: what several share is counted in part at each), deleted files included.',
  summary: [
    {
      what: 'one NAT lab of ten, every process counted',
      of: { name: '10 labs', figure: 'each' },
      beside: [
        ['a single lab', { name: 'one lab', figure: 'each' }],
        ['its kernel with one sleeping process', { name: 'one sleeping', figure: 'each' }],
      ],
    },
  ],
  measure: (workplace, { kernels }) =>
    workplace.race(
      'Memory of NAT labs, each',
      kernels.flatMap((kernel) => [
        {
          name: `one sleeping process, ${kernel.name}`,
          ...{ role: 'floor', lacks: kernel.lacks, units: { each: 'MiB' } },
          run: async () => {
            const kernelProcess = sleepingKernel(workplace, kernel);
            await Promise.race([sleep(REST), kernelProcess]);
            const each = workplace.treeMemory(kernelProcess.pid);
            await end(kernelProcess);
            return { each };
          },
        },
        ...[1, 10].map((count) => ({
          name: `${count === 1 ? 'one lab' : `${count} labs`}, ${kernel.name}`,
          ...{ lacks: kernel.lacks, units: { each: 'MiB' } },
          run: async () => {
            const names = Array.from({ length: count }, (_, index) => `bench-m${index + 1}`);
            for (const name of names)
              await workplace.labOn(kernel, 'up', 'nat', '--name', name, '--machine', 'embedded');
            const sum = names.reduce((all, name) => all + workplace.memory(name), 0);
            for (const name of names) await workplace.lab('down', name);
            return { each: sum / count };
          },
        })),
      ]),
    ),
};

/** Ends a kernel, and waits until it has. */
async function end(kernelProcess) {
  kernelProcess.kill('SIGKILL');
  try {
    await kernelProcess;
  } catch (error) {
    if (error.signal !== 'SIGKILL') throw error;
  }
}
