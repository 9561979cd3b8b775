import type { DraftQuality } from '../fields/draft.ts';
import { show, type Problems } from '../reading/problems.ts';
import { QUALITY_KEYS, allowedFor, qualityFault } from '../fields/quality.ts';
import type { Quality } from '../types.ts';

/** The measures that make sense, in the plan's units. */
export function measured(draft: DraftQuality): Quality {
  const quality: Quality = {};
  for (const key of QUALITY_KEYS) {
    const value = draft[key]?.value;
    if (value !== undefined) quality[key] = value;
  }
  return quality;
}

/**
 * Checks the measures of a network's links, or of one interface.
 * @param inherited what the interface's network says
 */
export function checkQuality(draft: DraftQuality, inherited: DraftQuality, problems: Problems): void {
  for (const key of QUALITY_KEYS) {
    const given = draft[key];
    if (given !== undefined && given.value === undefined)
      problems.add(given.text.at, `${key} ${show(given.text.value)} is not one`, allowedFor(key));
  }
  const fault = qualityFault({ ...measured(inherited), ...measured(draft) });
  // Said of the network itself already, where this interface has no part in it.
  const place = draft.jitter ?? draft.delay;
  if (fault !== undefined && place !== undefined) problems.add(place.text.at, fault.why, fault.fix);
}
