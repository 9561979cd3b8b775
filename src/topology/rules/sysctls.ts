import type { DraftNode } from '../fields/draft.ts';
import { show, type Problems } from '../reading/problems.ts';
import type { References } from './references.ts';

/** Checks a node's kernel settings: each must be the network's, and there to be set. */
export function checkSysctls(node: DraftNode, { draft }: References, problems: Problems): void {
  for (const { key, value } of node.sysctls) {
    if (!/^net(\.[A-Za-z0-9_-]+)+$/.test(key.value))
      problems.add(key.at, `sysctl ${show(key.value)} ${faultOf(key.value)}`, fixOf(key.value));
    else if (key.value.startsWith('net.ipv4.vs.') && draft.services.length === 0)
      problems.add(
        key.at,
        `sysctl ${show(key.value)} is of ip_vs, and the lab has no virtual service`,
        'the kernel has such settings only where ip_vs is loaded: add a service, or leave it out',
      );
    if (!/^[\w .,:/-]+$/.test(value.value))
      problems.add(
        value.at,
        `sysctl ${key.value} cannot be ${show(value.value)}`,
        'a value is of letters, digits, spaces and . , : / - _, on one line',
      );
  }
}

function faultOf(key: string): string {
  return /^net\b/.test(key) || key.includes('/')
    ? 'is not written as names with dots between them'
    : 'is not the network’s, and a node may set no other';
}

function fixOf(key: string): string {
  return key.includes('/')
    ? `write ${key.replaceAll('/', '.').replace(/^\.proc\.sys\./, '')}`
    : 'such as net.ipv4.vs.expire_nodest_conn or net.ipv4.ip_forward';
}
