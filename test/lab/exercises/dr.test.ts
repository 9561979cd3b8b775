import { rounds } from './rounds.ts';

const ONE_SERVER = ['distribution', 'request-redirected', 'reply-from-vip', 'replies-bypass-director'];
const UNANSWERED = ['answers', 'distribution', 'transfers', 'reply-from-vip'];
const PAST_THE_DIRECTOR = [...ONE_SERVER, 'director'];

rounds('dr', {
  'weight-zero': { broken: [...ONE_SERVER, 'table'], wrong: ['distribution'] },
  'wrong-scheduler': {
    broken: [...ONE_SERVER, 'table', 'condition 1'],
    wrong: ['distribution', 'condition 1'],
  },
  'wrong-forwarding': { broken: [...UNANSWERED, 'request-redirected', 'table'], wrong: ['distribution'] },
  'vip-missing': { broken: [...UNANSWERED, 'replies-bypass-director'], wrong: ['distribution'] },
  'vip-mask': { broken: [...UNANSWERED, 'replies-bypass-director'], wrong: ['distribution'] },
  'vip-on-the-wire': {
    broken: ['one-arp-owner', 'condition 2'],
    perhaps: PAST_THE_DIRECTOR,
    wrong: ['condition 1', 'condition 2'],
  },
  'arp-not-suppressed': {
    broken: ['one-arp-owner', 'condition 2'],
    perhaps: PAST_THE_DIRECTOR,
    wrong: ['condition 1', 'condition 2'],
  },
  'stale-neighbour': {
    broken: [...PAST_THE_DIRECTOR, 'one-arp-owner', 'condition 1'],
    wrong: ['condition 1'],
  },
  'port-mismatch': { broken: UNANSWERED, wrong: ['request-redirected'] },
  'real-address-only': { broken: UNANSWERED, wrong: ['request-redirected'] },
});
