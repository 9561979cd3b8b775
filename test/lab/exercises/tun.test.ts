import { rounds } from './rounds.ts';

const UNANSWERED = ['answers', 'distribution', 'transfers', 'reply-from-vip'];
const NO_REPLY = [...UNANSWERED, 'replies-bypass-director'];

rounds('tun', {
  'vip-missing': { broken: NO_REPLY, wrong: ['distribution'] },
  'tunnel-down': { broken: NO_REPLY, wrong: ['distribution'] },
  'tunnel-rp-filter': { broken: NO_REPLY, wrong: ['answers'] },
  'ipip-filtered': {
    broken: [...NO_REPLY, 'director', 'request-encapsulated', 'servers-elsewhere'],
    wrong: ['request-encapsulated'],
  },
  'tunnel-mtu': { broken: ['transfers', 'path-mtu'], wrong: ['condition 1'] },
});
