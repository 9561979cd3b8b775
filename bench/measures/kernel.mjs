import { bootContestant } from '../kernels.mjs';

export default {
  title: 'The kernel of a lab',
  about:
    'From the start of the process to its first process, which switches it off: nothing of the tool has a part in it. No lab that has a kernel of its own can be up sooner.',
  measure: (workplace, { kernels }) =>
    workplace.race(
      'Bare boot',
      kernels.map((kernel) => ({ ...bootContestant(workplace, kernel), name: kernel.name })),
    ),
};
