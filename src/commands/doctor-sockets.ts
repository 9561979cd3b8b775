import { findEndpoint } from '../docker/endpoint.ts';
import { knownSockets, offerOf } from '../docker/known-sockets.ts';
import type { Finding } from './diagnosis.ts';

/** Engines that a lab would be on if they were named, beside the one that is used unasked. Connects to none. */
export function otherEngines(): Finding[] {
  const offer = offerOf(knownSockets(findEndpoint()));
  return offer === undefined
    ? []
    : [{ title: 'other engines', state: 'ok', detail: `found also, used where they are named: ${offer}` }];
}
