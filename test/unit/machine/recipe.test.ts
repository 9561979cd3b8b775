import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { machineRecipe } from '../../../src/machine/embedded/recipe.ts';

const ODD = `/it's 100%h $(x) "a"`;

it('has folders as one word of a hook each, whatever they are called', () => {
  const hooks = machineRecipe('netns', `${ODD}/work`, `${ODD}/images`, ['iproute2']).flatMap((argument) => {
    const [, hook] = /^--customize-hook=((?:upload|download|copy-out) .*)$/.exec(argument) ?? [];
    return hook === undefined ? [] : [hook];
  });
  expect(hooks.length).toBeGreaterThan(4);
  for (const hook of hooks) {
    const words = execFileSync('sh', ['-c', `printf '%s\\n' ${hook}`], { encoding: 'utf8' }).split('\n');
    expect(words.filter((word) => word.startsWith(`${ODD}/`))).toHaveLength(1);
  }
});
