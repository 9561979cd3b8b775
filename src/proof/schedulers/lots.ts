import type { HeldStep } from './held-steps.ts';
import { overhead } from './least.ts';
import type { ServerLoad } from './load.ts';
import { NEVER, RARE } from './odds.ts';
import type { SchedulerRule } from './rule.ts';
import { HELD_RULES } from './rules.ts';
import { roundOf, weightUnit } from './turns.ts';

/**
 * Whether connections went as lots of `twos` may fall. Any real server may be drawn twice, so no single connection can
 * be wrong: what is judged is how much better another scheduler explains them all. By Ville's inequality lots make any
 * other explanation a million times likelier than themselves in one run of a million at most.
 */
export interface LotsVerdict {
  outcome: 'pass' | 'fail' | 'unknown';
  /** What explains them best, and how many times better than lots do. */
  best: { name: string; better: number };
  /** Who might have done the same: what lots do not explain a thousand times better. */
  others: string[];
}

/** What a scheduler would do: the logarithm of how likely it was to do just what was done; -Infinity: it does not. */
type Explanation = (steps: HeldStep[]) => number;

/** Holds connections against the lots of `twos`, and against every other way to schedule. */
export function judgeLots(steps: HeldStep[]): LotsVerdict {
  const own = twosLikelihood(steps);
  const all = Object.entries(EXPLANATIONS).map(([name, explain]) => ({
    name,
    better: Math.exp(explain(steps) - own),
  }));
  const best = all.reduce((one, other) => (other.better > one.better ? other : one));
  // The mean of explanations is an explanation as well; the best of several would be right too often by chance.
  const better = all.reduce((sum, other) => sum + other.better, 0) / all.length;
  const outcome = better * NEVER >= 1 ? 'fail' : better * RARE >= 1 ? 'unknown' : 'pass';
  return { outcome, best, others: all.filter((other) => other.better > RARE).map(({ name }) => name) };
}

/**
 * Source: ip_vs_twos.c. Two lots from 0 to the sum W of all weights, both included, each fall on the server within whose
 * stretch they lie; the first of the list has 0 as well, so that its part is (w + 1) / (W + 1). The second one wins if it
 * has fewer connections for its weight. Which server is first in the kernel's list is not to be seen from outside: the
 * likeliest counts.
 */
function twosLikelihood(steps: HeldStep[]): number {
  const servers = steps[0]?.servers ?? [];
  return Math.max(
    ...servers.map((_, first) => steps.reduce((sum, step) => sum + Math.log(oddsOf(step, first)), 0)),
  );
}

/** How likely `twos` was to choose that server, at most; 1 where that cannot be told. */
function oddsOf({ servers, taken }: HeldStep, first: number): number {
  const own = taken === undefined ? undefined : servers[taken];
  const weighty = servers.filter((server) => server.weight > 0);
  const unsure = weighty.some((server) => server.full === 'maybe') || servers[first]?.full !== 'no';
  if (own === undefined || unsure) return 1;
  const drawn = weighty.filter((server) => server.full === 'no');
  const sum = drawn.reduce((all, { weight }) => all + weight, 0);
  const part = (server: ServerLoad) => (server.weight + (server === servers[first] ? 1 : 0)) / (sum + 1);
  return drawn.reduce(
    (odds, other) => odds + part(own) * part(other) * (other === own ? 1 : wins(own, other)),
    0,
  );
}

/** In how many of the two orders in which both can be drawn the first one wins, at most. */
function wins(own: ServerLoad, other: ServerLoad): 0 | 1 | 2 {
  const mine = overhead(own).least * other.weight;
  const others = overhead(other).most * own.weight;
  return mine < others ? 2 : mine === others ? 1 : 0;
}

const EXPLANATIONS: Record<string, Explanation> = {
  rr: (steps) =>
    inTurns(
      steps,
      weightsOf(steps).map((weight) => Math.min(weight, 1)),
    ),
  wrr: (steps) => inTurns(steps, weightsOf(steps)),
  'a hash of the client': alwaysTheSame,
  'a hash of client and port': (steps) =>
    steps.reduce((sum, step) => sum + Math.log(shareOf(step, weightsOf(steps))), 0),
  ...Object.fromEntries(
    Object.entries(HELD_RULES)
      .filter(([name]) => name !== 'twos')
      .map(([name, rule]) => [name, (steps: HeldStep[]) => byRule(steps, rule)]),
  ),
};

function weightsOf(steps: HeldStep[]): number[] {
  return (steps[0]?.servers ?? []).map((server) => server.weight);
}

/** What a lot among servers that have so many parts each gives to the one that was taken. */
function shareOf({ taken }: HeldStep, parts: number[]): number {
  return (parts[taken ?? -1] ?? 0) / parts.reduce((sum, part) => sum + part, 0);
}

/** The first round in any order; then each like the one a round before it. */
function inTurns(steps: HeldStep[], weights: number[]): number {
  const unit = weightUnit(weights);
  const left = weights.map((weight) => weight / unit);
  const round = roundOf(weights);
  let sum = 0;
  for (const [index, step] of steps.entries()) {
    const share = shareOf(step, left);
    const same = step.taken === steps[index - round]?.taken;
    if (index < round ? share === 0 : !same) return -Infinity;
    if (index >= round) continue;
    if (step.taken !== undefined) left[step.taken] = (left[step.taken] ?? 0) - 1;
    sum += Math.log(share);
  }
  return sum;
}

function alwaysTheSame(steps: HeldStep[]): number {
  const [first] = steps;
  if (first === undefined || steps.some((step) => step.taken !== first.taken)) return -Infinity;
  return Math.log(shareOf(first, weightsOf(steps)));
}

/** Of those that a rule allows next each is as likely. */
function byRule(steps: HeldStep[], rule: SchedulerRule): number {
  const start = { memories: rule.start(steps[0]?.servers ?? []), sum: 0 };
  return steps.reduce(({ memories, sum }, { servers, taken }) => {
    const choices = memories.flatMap((memory) => rule.next(memory, servers));
    const fitting = choices.filter((choice) => choice.server === taken);
    return {
      memories: [...new Set(fitting.map((choice) => choice.memory))],
      sum: fitting.length === 0 ? -Infinity : sum - Math.log(new Set(choices.map((c) => c.server)).size),
    };
  }, start).sum;
}
