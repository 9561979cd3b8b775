import type { Announced, Did } from '../proof/noticed.ts';
import { powerOf, type Written } from '../proof/power.ts';
import type { Done, ScenarioStep } from './scenario.ts';

export interface TimelineEvent {
  /** ISO 8601. */
  time: string;
  /** Whence it is known: what was done, what clients saw, a director's table, a daemon's log, a captured packet. */
  source: 'action' | 'requests' | 'ipvs' | 'log' | 'announcement';
  node: string;
  text: string;
  /** Of an action. */
  did?: Did;
  /** Of an announcement. */
  announced?: Announced;
}

/** What is known of something that happened, beside the words for it. */
interface Details {
  /** Milliseconds since 1970; now, where it is not said. */
  time?: number;
  /** Instead of a time: between which moments a line was written. */
  written?: Written;
  announced?: Announced;
}

/** Takes something that happened. */
export type Note = (
  source: Exclude<TimelineEvent['source'], 'action'>,
  node: string,
  text: string,
  details?: Details,
) => void;

/** What happens to a lab, as it is noted down. */
export interface Journal {
  /** As they were told. */
  events: TimelineEvent[];
  note: Note;
  /** Does something to the lab: it is told before whatever comes of it, though it is known only when it is done. */
  act: (step: ScenarioStep, work: () => Promise<Done[]>) => Promise<void>;
  /** When something was begun to be done between these two moments. */
  begunBetween: (from: number, until: number) => number | undefined;
}

/** Of these a node without power has nothing to tell; clients ask by programs of the timeline's own. */
const OF_THE_NODE: TimelineEvent['source'][] = ['ipvs', 'log'];

/**
 * Milliseconds within which all is known here that a node did before it lost its power. Whatever is heard of it later
 * is from a node that somebody has healed meanwhile, in another shell.
 */
const KNOWN = 5000;

/** Begins to note down what happens. @param onEvent called with each event as soon as it may be told */
export function openJournal(onEvent: (event: TimelineEvent) => void): Journal {
  const events: TimelineEvent[] = [];
  const power = powerOf();
  const begun: number[] = [];
  let waiting: TimelineEvent[] | undefined;
  const tell = (event: TimelineEvent) => {
    if (waiting !== undefined) {
      waiting.push(event);
      return;
    }
    events.push(event);
    onEvent(event);
  };
  return {
    events,
    note: (
      source,
      node,
      text,
      { time = Date.now(), written = { from: time, until: time }, announced } = {},
    ) => {
      const told = OF_THE_NODE.includes(source) ? power.told(node, written) : written.until;
      if (told === undefined) return;
      const rest = announced === undefined ? {} : { announced };
      tell({ time: new Date(told).toISOString(), source, node, text, ...rest });
    },
    act: async ({ verb, node, what }, work) => {
      const time = Date.now();
      begun.push(time);
      if (verb === 'fail' && what === undefined) power.lost(node, time);
      if (verb === 'heal' && what === undefined) power.back(node === '' ? undefined : node, time);
      const held: TimelineEvent[] = [];
      waiting = held;
      try {
        const done = await work();
        if (verb === 'fail' && what === undefined) power.back(node, Date.now() + KNOWN);
        waiting = undefined;
        for (const each of done) tell({ time: new Date(time).toISOString(), source: 'action', ...each });
      } finally {
        waiting = undefined;
        held.forEach(tell);
      }
    },
    begunBetween: (from, until) => begun.find((time) => time > from && time <= until),
  };
}
